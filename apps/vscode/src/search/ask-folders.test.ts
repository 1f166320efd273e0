import { expect, it, vi } from "vitest";

import { engineError } from "../protocol/engine-error.ts";
import { askFolders } from "./ask-folders.ts";
import { folderOf } from "./search-hits.test-helper.ts";

interface Question {
  readonly answer: PromiseWithResolvers<string>;
}

function ask(...names: readonly string[]) {
  const folders = names.map((name) => ({
    folder: folderOf(name),
    engine: { answer: Promise.withResolvers<string>() },
  }));
  const cancel = new AbortController();
  const answers = askFolders(folders, ({ answer }: Question) => answer.promise, cancel.signal);
  return { answers, cancel, questions: folders.map(({ engine }) => engine.answer) };
}

/** What an answer of all folders says, in short. */
async function next(answers: ReturnType<typeof ask>["answers"]): Promise<unknown> {
  const { done, value } = await answers.next();
  return done === true ? undefined : value.map((one) => ("result" in one ? one.result : one.error.code));
}

it("answers once if all do at about the same time", async () => {
  const { answers, questions } = ask("shop", "till");
  questions[1]?.resolve("from the till");
  questions[0]?.resolve("from the shop");
  expect(await next(answers)).toEqual(["from the shop", "from the till"]);
  expect((await answers.next()).done).toBe(true);
});

it("does not wait for a slow folder longer than a moment, and adds its answer in its place", async () => {
  vi.useFakeTimers();
  const { answers, questions } = ask("slow", "shop");
  questions[1]?.resolve("from the shop");
  const first = next(answers);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await first).toEqual(["from the shop"]);
  questions[0]?.resolve("at last");
  expect(await next(answers)).toEqual(["at last", "from the shop"]);
  expect((await answers.next()).done).toBe(true);
  vi.useRealTimers();
});

it("has the failure of a folder beside the answers of the others", async () => {
  const { answers, questions } = ask("shop", "till", "attic");
  questions[0]?.reject(engineError("ENGINE_STOPPED", {}));
  questions[1]?.resolve("from the till");
  questions[2]?.reject(new Error("of no kind that is known"));
  expect(await next(answers)).toEqual(["ENGINE_STOPPED", "from the till", "ENGINE_FAILED"]);
});

it("ends with the reason of its signal", async () => {
  const { answers, cancel, questions } = ask("shop");
  const first = next(answers);
  cancel.abort(new Error("typed on"));
  questions[0]?.reject(cancel.signal.reason);
  await expect(first).rejects.toThrow("typed on");
});

it("answers at once where there are no folders", async () => {
  const { answers } = ask();
  expect(await next(answers)).toEqual([]);
  expect((await answers.next()).done).toBe(true);
});
