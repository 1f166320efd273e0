import { once } from "node:events";
import { readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, type EngineOptions, openEngine } from "../src/index.ts";
import { startIndexProcess } from "./index-process.ts";
import { temporaryFolder } from "./temp-folder.ts";

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

async function indexedWorkspace(options: EngineOptions = {}): Promise<string> {
  const workspace = await temporaryFolder();
  await writeFile(join(workspace, "retry.ts"), "export function retryUpload() {}\n");
  await (await engineFor(workspace, options)).index();
  return workspace;
}

async function codes(engine: Engine): Promise<string[]> {
  return (await engine.getDiagnostics({ deep: true })).findings.map(({ code, severity }) => `${severity} ${code}`);
}

describe("an engine's diagnosis", () => {
  it("finds nothing after indexing, and goes by the options and the model that the index remembers", async () => {
    const workspace = await indexedWorkspace({ chunkChars: 700 });
    expect(await codes(await engineFor(workspace))).toEqual([]);
    expect(await codes(await engineFor(workspace, { chunkChars: 700, model: "built-in" }))).toEqual([]);
    const other = await engineFor(workspace, { chunkChars: 900 });
    expect((await other.getDiagnostics()).findings).toMatchObject([
      {
        code: "FINGERPRINT_MISMATCH",
        severity: "warning",
        remedy: { kind: "rebuild", sentence: expect.stringContaining("`resona index --chunk-chars 900`") as string },
      },
    ]);
  });

  it("tells a model that is gone from one that is another", async () => {
    const workspace = await indexedWorkspace();
    const path = join(workspace, "model.gguf");
    expect(await codes(await engineFor(workspace, { model: path }))).toEqual(["error MODEL_UNUSABLE"]);
    const manifest = join(workspace, ".resona/index.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, text.replace(/"model": "[\da-f]{64}"/, `"model": "${"0".repeat(64)}"`));
    const [finding] = (await (await engineFor(workspace)).getDiagnostics()).findings;
    expect(finding).toMatchObject({
      code: "FINGERPRINT_MISMATCH",
      severity: "error",
      sentence: "The index does not match what is asked for: the built-in embedding model has changed.",
    });
  });

  it("is not stopped by what stops the engine: an index of another workspace, or none that can be opened", async () => {
    const workspace = await indexedWorkspace();
    const index = join(workspace, ".resona");
    const other = await engineFor(await temporaryFolder(), { index });
    await expect(other.stats()).rejects.toMatchObject({ code: "INDEX_OF_OTHER_WORKSPACE" });
    expect(await codes(other)).toEqual(["error SCHEMA_FOREIGN"]);
    await rm(join(index, "chunks.lance"), { recursive: true });
    const engine = await engineFor(workspace);
    await expect(engine.stats()).rejects.toMatchObject({ code: "INDEX_DAMAGED" });
    expect(await codes(engine)).toEqual(["error DATA_MISSING"]);
    const nothing = await engineFor(await temporaryFolder());
    await expect(nothing.getDiagnostics()).rejects.toMatchObject({ code: "NO_INDEX" });
  });

  it("of an index whose writer was killed says that, and nothing after the next run", async () => {
    const workspace = await temporaryFolder();
    const text = Array.from({ length: 400 }, (_, n) => `export function every_${n}() {}\n`).join("");
    for (let n = 0; n < 300; n++) await writeFile(join(workspace, `f${n}.ts`), text);
    const child = startIndexProcess(workspace);
    const ended = once(child, "exit");
    for await (const line of child.stdout?.setEncoding("utf8") ?? [])
      if (/"chunksIndexed":[1-9]/.test(String(line))) child.kill("SIGKILL");
    await ended;
    const engine = await engineFor(workspace);
    const found = await codes(engine);
    // How far the indexes of the tables were is a matter of luck.
    expect(found.filter((code) => !code.endsWith("INDEX_STALE"))).toEqual([
      "warning RUN_INTERRUPTED",
      "info LOCK_STALE",
    ]);
    await engine.index();
    expect(await codes(engine)).toEqual([]);
  });
});

describe("healing", () => {
  it("makes an index usable again whose newest version was torn, also for an engine that has it open", async () => {
    const workspace = await indexedWorkspace();
    await writeFile(join(workspace, "parse.ts"), "export function parseHeader() {}\n");
    const engine = await engineFor(workspace);
    await engine.index();
    expect((await engine.search("parseHeader")).hits[0]?.path).toBe("parse.ts");
    for (const name of ["chunks.lance", "files.lance"]) {
      const versions = join(workspace, ".resona", name, "_versions");
      const [newest = ""] = (await readdir(versions)).toSorted();
      await truncate(join(versions, newest), 0);
    }
    expect(await codes(engine)).toEqual(["error MANIFEST_TORN", "error MANIFEST_TORN"]);
    expect((await engine.heal()).tables.map(({ table }) => table)).toEqual(["chunks", "files"]);
    expect((await engine.search("retryUpload")).hits[0]?.path).toBe("retry.ts");
    expect(await codes(engine)).toEqual(["warning RUN_INTERRUPTED"]);
    await engine.index();
    expect((await engine.search("parseHeader")).hits[0]?.path).toBe("parse.ts");
    expect(await codes(engine)).toEqual([]);
  });
});
