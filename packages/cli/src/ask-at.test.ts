import { PassThrough } from "node:stream";

import { expect, test } from "vitest";

import { askAt } from "./ask-at.ts";
import { TextSink } from "./testing/fake-context.ts";

const never = new AbortController().signal;

test("an answer is the line that was typed, the question is shown where it is asked", async () => {
  const input = new PassThrough();
  const output = new TextSink({ columns: 80 });
  const first = askAt(input, output, "Really? ", never);
  input.write("y\n");
  expect(await first).toBe("y");
  const second = askAt(input, output, "Sure? ", never);
  input.write(" No \n");
  expect(await second).toBe(" No ");
  expect(output.text).toBe("Really? Sure? ");
});

test("the end of the input is an empty answer", async () => {
  const input = new PassThrough();
  const answer = askAt(input, new TextSink(), "Really? ", never);
  input.end();
  expect(await answer).toBe("");
});

test("an interruption ends the question", async () => {
  const controller = new AbortController();
  const answer = askAt(new PassThrough(), new TextSink(), "Really? ", controller.signal);
  controller.abort();
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
});
