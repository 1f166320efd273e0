import { Worker } from "node:worker_threads";

import { describe, expect, it, onTestFinished } from "vitest";

import type { ModelInput, TextModel } from "../architectures/text-model.ts";
import { commands, FAKE_DIMENSION } from "./fake-embed-worker.test-helper.ts";
import type { FakeSetup } from "./fake-embed-worker.test-helper.ts";
import { createThreadedModel } from "./threaded-model.ts";

const FAKE_WORKER = new URL("./fake-embed-worker.test-helper.ts", import.meta.url);
const memory = { weights: 1, vocabulary: 2, scratch: 3 };

/** A token is the length of a word, or the command that the word is. */
function encode(text: string, limit: number): { ids: Int32Array; tokens: number } {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const all = words.map((word) => (word in commands ? commands[word as keyof typeof commands] : word.length));
  return { ids: Int32Array.from(all.slice(0, limit)), tokens: all.length };
}

function openModel({ threads = 2, maxTokens = 600, begun = counter() } = {}): TextModel {
  const accidents = new Int32Array(new SharedArrayBuffer(4)).fill(1_000);
  const model = createThreadedModel({
    architecture: "fake",
    name: "fake.gguf",
    tokenizer: { encode },
    dimension: FAKE_DIMENSION,
    maxTokens,
    batchTokens: Math.max(512, maxTokens),
    memory,
    threads,
    startWorker: (region) => {
      const workerData: FakeSetup = { region, accidents, begun };
      return new Worker(FAKE_WORKER, { workerData, execArgv: [] });
    },
  });
  onTestFinished(() => model.close());
  return model;
}

const counter = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));
const input = (text: string, parts: Partial<ModelInput> = {}): ModelInput => ({
  prefix: "",
  context: "",
  text,
  ...parts,
});

async function sumsOf(model: TextModel, inputs: readonly ModelInput[]): Promise<(number | undefined)[]> {
  return (await model.embed(inputs)).map(({ vector }) => vector[0]);
}

describe("embed", () => {
  it("gives each text its own vector in order, however texts were packed", async () => {
    const texts = Array.from({ length: 200 }, (_, n) => "x".repeat(1 + (n % 7)).concat(" y".repeat(n)));
    const outputs = await openModel().embed(texts.map((text) => input(text)));
    expect(outputs.map(({ vector }) => vector[0])).toEqual(texts.map((_, n) => 1 + (n % 7) + n));
    expect(outputs.map(({ tokens }) => tokens)).toEqual(texts.map((_, n) => n + 1));
    // What is kept of one does not keep the others.
    for (const { vector } of outputs) expect(vector.buffer.byteLength).toBe(FAKE_DIMENSION * 4);
  });

  it("spreads a batch over the threads", async () => {
    const outputs = await openModel().embed(Array.from({ length: 8 }, () => input(`sleep ${"x ".repeat(100)}`)));
    expect(new Set(outputs.map(({ vector }) => vector[1]))).toEqual(new Set([0, 1]));
  });

  it("puts the prefix first and the context on a line of its own", async () => {
    const model = openModel();
    const words: string[] = [];
    const spy = createThreadedModel({
      architecture: "fake",
      name: "fake.gguf",
      tokenizer: {
        encode: (text, limit) => {
          words.push(text);
          return encode(text, limit);
        },
      },
      dimension: FAKE_DIMENSION,
      maxTokens: 600,
      batchTokens: 600,
      memory,
      threads: 1,
      startWorker: () => {
        throw new Error("not needed");
      },
    });
    spy.countTokens(input("text", { prefix: "task: ", context: "a/b.ts" }));
    spy.countTokens(input("text", { prefix: "task: " }));
    expect(words).toEqual(["task: a/b.ts\ntext", "task: text"]);
    expect(await sumsOf(model, [input("abc", { prefix: "p ", context: "cc" })])).toEqual([6]);
  });

  it("says what was cut off, and what was not", async () => {
    const outputs = await openModel({ maxTokens: 8 }).embed([input("a ".repeat(8)), input("a ".repeat(9))]);
    expect(outputs.map(({ tokens, isTruncated }) => [tokens, isTruncated])).toEqual([
      [8, false],
      [8, true],
    ]);
    expect(outputs.map(({ vector }) => vector[0])).toEqual([8, 8]);
  });

  it("gives zeros for a text without tokens, and needs no thread for that", async () => {
    const model = openModel();
    expect(await sumsOf(model, [input(" "), input("abc"), input("")])).toEqual([0, 3, 0]);
    expect(await model.embed([])).toEqual([]);
  });

  it("counts all tokens of a text, also those that would be cut off", () => {
    expect(openModel({ maxTokens: 8 }).countTokens(input("a ".repeat(100), { context: "b", prefix: "c " }))).toBe(102);
  });

  it("gives other work its turn while it makes tokens", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    onTestFinished(() => clearInterval(timer));
    await openModel().embed(Array.from({ length: 1_000 }, () => input("")));
    expect(turns).toBeGreaterThan(0);
  });
});

describe("trouble", () => {
  it("fails a batch whose text ends every thread, without doing the rest, and goes on", async () => {
    const begun = counter();
    const model = openModel({ threads: 1, begun });
    const sleepers = Array.from({ length: 100 }, () => input(`sleep ${"x ".repeat(500)}`));
    await expect(model.embed([input(`throw ${"x ".repeat(500)}`), ...sleepers])).rejects.toMatchObject({
      code: "EMBED_WORKER_FAILED",
    });
    expect(model.crashes).toBe(2);
    expect(await sumsOf(model, [input("abc")])).toEqual([3]);
    // The text twice, what a thread was given before the others were dropped, and the last.
    expect(begun[0]).toBeLessThanOrEqual(5);
  });

  it("stops at once when it is cancelled", async () => {
    const begun = counter();
    const model = openModel({ threads: 1, begun });
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const batch = model.embed(
      Array.from({ length: 100 }, () => input(`sleep ${"x ".repeat(500)}`)),
      { signal: controller.signal },
    );
    const outcome = batch.catch((error: unknown) => error);
    await expect.poll(() => begun[0]).toBeGreaterThan(0);
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(await sumsOf(model, [input("abc")])).toEqual([3]);
    expect(begun[0]).toBeLessThan(50);
  });

  it("does nothing after it was closed", async () => {
    const model = openModel();
    const running = model.embed([input(`sleep ${"x ".repeat(500)}`)]).catch((error: unknown) => error);
    await new Promise(setImmediate);
    await model.close();
    expect(await running).toMatchObject({ code: "EMBEDDER_CLOSED" });
    await expect(model.embed([input("abc")])).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
  });
});
