import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";

import { modelShapes, writeModel } from "@resona/test-models";
import { expect, it, onTestFinished } from "vitest";

import { type Engine, type IndexEvent, openEngine } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

async function engineWith(files: Readonly<Record<string, string>>): Promise<Engine> {
  const folder = await temporaryFolder();
  const [model, workspace] = [join(folder, "m.gguf"), join(folder, "w")];
  writeModel(model, { shape: { ...modelShapes["tiny-bert"], contextLength: 64 }, format: "Q8_0" });
  await mkdir(workspace);
  for (const [path, text] of Object.entries(files)) await writeFile(join(workspace, path), text);
  const engine = await openEngine({ workspace, model, modelThreads: 1 });
  onTestFinished(() => engine.close());
  return engine;
}

it("chunks that are longer than the model reads are counted, run by run", async () => {
  const long = "volcano ".repeat(150);
  const engine = await engineWith({ "long.txt": long, "short.txt": "a harbour" });
  expect(await engine.index()).toMatchObject({ filesIndexed: 2, truncatedChunks: 1, maxTokens: 64 });
  await writeFile(join(engine.workspace, "other.txt"), "a lighthouse");
  expect(await engine.index()).toMatchObject({ filesIndexed: 1, truncatedChunks: 0, maxTokens: 64 });
});

it("the built-in model reads all of any chunk", async () => {
  const workspace = await temporaryFolder();
  await writeFile(join(workspace, "a.txt"), "volcano ".repeat(150));
  const engine = await openEngine({ workspace });
  onTestFinished(() => engine.close());
  const summary = await engine.index();
  expect(summary).toMatchObject({ filesIndexed: 1, truncatedChunks: 0 });
  expect(summary).not.toHaveProperty("maxTokens");
});

it("a thread of the model that ends is replaced, and the run says so", async () => {
  const workers: Worker[] = [];
  const collect = (worker: Worker): number => workers.push(worker);
  process.on("worker", collect);
  onTestFinished(() => void process.off("worker", collect));
  const engine = await engineWith({ "first.txt": "a harbour" });
  await engine.index();
  // Those that parse end with the run, those of the model stay; one that has ended has no number.
  const [thread, ...others] = workers.filter(({ threadId }) => threadId !== -1);
  expect(others).toEqual([]);
  for (let n = 0; n < 40; n++) await writeFile(join(engine.workspace, `f${n}.txt`), `harbour number ${n}`);
  const notices: string[] = [];
  const onEvent = (event: IndexEvent): void => {
    if (event.type === "notice") notices.push(`${event.code} ${event.message}`);
    else if (event.type === "progress" && event.filesIndexed === 1) void thread?.terminate();
  };
  expect(await engine.index({ onEvent })).toMatchObject({ status: "completed", filesIndexed: 40, failures: [] });
  expect(notices).toEqual(["MODEL_THREADS_REPLACED 1 crashed thread of the embedding model was replaced."]);
  expect(await engine.index({ onEvent })).toMatchObject({ filesIndexed: 0 });
  expect(notices).toHaveLength(1);
});
