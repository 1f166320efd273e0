import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { defaultModelPath } from "@resona/native-embed";
import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, type EngineOptions, type IndexEvent, openEngine } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

const NAME = "resona-code-static-v0";

/** The built-in model with another name, which makes it another model. */
async function writeModel(folder: string, name: string): Promise<string> {
  const bytes = await readFile(defaultModelPath);
  const at = bytes.indexOf(NAME);
  bytes.write(name.padEnd(NAME.length, "-"), at, NAME.length);
  const path = join(folder, `${name}.gguf`);
  await writeFile(path, bytes);
  return path;
}

async function workspaceWithModel(): Promise<{ workspace: string; model: string; folder: string }> {
  const folder = await temporaryFolder();
  const workspace = await temporaryFolder();
  await writeFile(join(workspace, "upload.ts"), "export function uploadWithRetry(): void {}\n");
  return { workspace, folder, model: await writeModel(folder, "other-model") };
}

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** Indexes and says what was done and told. */
async function index(engine: Engine): Promise<{ filesIndexed: number; notices: string[] }> {
  const events: IndexEvent[] = [];
  const { filesIndexed } = await engine.index({ onEvent: (event) => events.push(event) });
  return { filesIndexed, notices: events.flatMap((event) => (event.type === "notice" ? [event.message] : [])) };
}

describe("an index made with a model of the user's", () => {
  it("is searched, kept up to date and described with that model when no model is named", async () => {
    const { workspace, model } = await workspaceWithModel();
    const made = await engineFor(workspace, { model });
    expect((await made.index()).filesIndexed).toBe(1);
    const engine = await engineFor(workspace);
    expect(await index(engine)).toEqual({ filesIndexed: 0, notices: [] });
    expect((await engine.search("upload")).hits).toHaveLength(1);
    const modelName = expect.stringContaining("other-model") as string;
    expect(await engine.stats()).toMatchObject({ modelPath: model, modelName });
  });

  it("stays with that model when it is built anew as asked", async () => {
    const { workspace, model } = await workspaceWithModel();
    await (await engineFor(workspace, { model })).index();
    const engine = await engineFor(workspace);
    await engine.index({ rebuild: true });
    expect(await engine.stats()).toMatchObject({ modelPath: model });
  });

  it("is built anew with another model when that is named, and says so", async () => {
    const { workspace, model, folder } = await workspaceWithModel();
    await (await engineFor(workspace, { model })).index();
    const third = await writeModel(folder, "third-model");
    const { filesIndexed, notices } = await index(await engineFor(workspace, { model: third }));
    expect(filesIndexed).toBe(1);
    expect(notices).toEqual([
      expect.stringMatching(
        /^The index is built anew: it was made with the embedding model other-model-+ \(\w{12}\), not with third-model-+ \(\w{12}\)\.$/,
      ),
    ]);
    const builtIn = await engineFor(workspace, { model: "built-in" });
    expect((await index(builtIn)).filesIndexed).toBe(1);
    const stats = await (await engineFor(workspace)).stats();
    expect(stats.modelName).toBe(NAME);
    expect(stats).not.toHaveProperty("modelPath");
  });

  it("is not searched with another model: the message names both", async () => {
    const { workspace, model } = await workspaceWithModel();
    await (await engineFor(workspace, { model })).index();
    const builtIn = await engineFor(workspace, { model: "built-in" });
    await expect(builtIn.search("upload")).rejects.toMatchObject({
      code: "INDEX_OUTDATED",
      message: expect.stringMatching(
        /was made with the embedding model other-model-+ \(\w{12}\), not with resona-code-static-v0 \(\w{12}\)\.$/,
      ) as string,
      nextStep: "Run `resona index --model built-in` to build it anew, or leave --model out to use it as it is.",
    });
    await expect(builtIn.index({ ifOutdated: "refuse" })).rejects.toMatchObject({ code: "INDEX_OUTDATED" });
    expect(await builtIn.stats()).toMatchObject({ modelPath: model, files: 1 });
  });

  it("is not searched with what its file has become: the message names the file", async () => {
    const { workspace, model, folder } = await workspaceWithModel();
    const made = await engineFor(workspace, { model });
    await made.index();
    // While somebody uses a model, it is in memory.
    await made.close();
    await rename(await writeModel(folder, "third-model"), model);
    const engine = await engineFor(workspace);
    const outdated = {
      code: "INDEX_OUTDATED",
      message: `The index at ${engine.indexPath} does not match: the model file ${model} has changed since.`,
      nextStep: "Run `resona index` to build it anew, or put the old file back to use it as it is.",
    };
    await expect(engine.search("upload")).rejects.toMatchObject(outdated);
    await expect(engine.index({ ifOutdated: "refuse" })).rejects.toMatchObject(outdated);
    const { notices } = await index(engine);
    expect(notices).toEqual([`The index is built anew: the model file ${model} has changed since.`]);
  });

  it("of the package has no pooling to choose", async () => {
    const { workspace } = await workspaceWithModel();
    const engine = await engineFor(workspace, { modelPooling: "cls" });
    await expect(engine.index()).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: "--model-pooling is of no use with the built-in model, which has no pooling to choose.",
    });
  });

  it("asks for the model when its file is gone, and leaves the index alone", async () => {
    const { workspace, model } = await workspaceWithModel();
    const made = await engineFor(workspace, { model });
    await made.index();
    // While somebody uses a model, it is in memory.
    await made.close();
    await rename(model, `${model}.away`);
    const engine = await engineFor(workspace);
    const missing = {
      code: "MODEL_NOT_FOUND",
      message: `There is no model file ${model}, with which the index was made.`,
      nextStep: expect.stringContaining("--model <new path> where it is now, which rebuilds nothing") as string,
    };
    await expect(engine.search("upload")).rejects.toMatchObject(missing);
    await expect(engine.index()).rejects.toMatchObject(missing);
    expect(await engine.stats()).toMatchObject({ files: 1, modelPath: model });
    // The failure is not remembered, and the same content in another place is the same model.
    await rename(`${model}.away`, model);
    expect((await engine.search("upload")).hits).toHaveLength(1);
    await engine.close();
    await rename(model, `${model}.moved`);
    const moved = await engineFor(workspace, { model: `${model}.moved` });
    expect(await index(moved)).toEqual({ filesIndexed: 0, notices: [] });
    expect(await (await engineFor(workspace)).stats()).toMatchObject({ modelPath: `${model}.moved` });
  });

  it("is built anew with that model when the format of the index has changed", async () => {
    const { workspace, model } = await workspaceWithModel();
    await (await engineFor(workspace, { model })).index();
    const manifest = join(workspace, ".resona/index.json");
    const older = { ...(JSON.parse(await readFile(manifest, "utf8")) as object), schemaVersion: 0 };
    await writeFile(manifest, JSON.stringify(older));
    const engine = await engineFor(workspace);
    expect((await index(engine)).filesIndexed).toBe(1);
    expect(await engine.stats()).toMatchObject({ modelPath: model });
  });
});

describe("an engine that is open", () => {
  it("answers with the model that another process has made the index with meanwhile", async () => {
    const { workspace, model } = await workspaceWithModel();
    const open = await engineFor(workspace);
    await open.index();
    await (await engineFor(workspace, { model })).index();
    expect(await open.stats()).toMatchObject({ modelPath: model });
    expect(await index(open)).toEqual({ filesIndexed: 0, notices: [] });
  });

  it("ends the loading of its model when it is closed, or told to stop", async () => {
    const { workspace, model } = await workspaceWithModel();
    const engine = await openEngine({ workspace, model });
    const outcome = engine.index().catch((error: unknown) => error);
    await engine.close();
    expect(await outcome).toMatchObject({ name: "AbortError" });
    const other = await engineFor(workspace, { model });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(other.index({ signal })).rejects.toThrow("enough");
    expect((await index(other)).filesIndexed).toBe(1);
  });

  it("creates nothing for a model that cannot be used", async () => {
    const { workspace, folder } = await workspaceWithModel();
    const engine = await engineFor(workspace, { model: join(folder, "none.gguf") });
    await expect(engine.index()).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await expect(readFile(join(workspace, ".resona/.gitignore"))).rejects.toMatchObject({ code: "ENOENT" });
    await rm(folder, { recursive: true });
  });
});
