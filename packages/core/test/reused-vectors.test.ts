import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { connect } from "@lancedb/lancedb";
import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, openEmbeddingService, openEngine } from "../src/index.ts";
import { type EmbeddingServer, type Reply, answer, startEmbeddingServer, status } from "./embedding-server.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 12;
const FUNCTIONS = 6;

/** A file of as many chunks as it has functions. */
function source(name: string): string {
  const body = (n: number) =>
    Array.from({ length: 8 }, (_, line) => `  harbour(${n}, "${name} line ${line}");\n`).join("");
  return Array.from({ length: FUNCTIONS }, (_, n) => `export function ${name}${n}() {\n${body(n)}}\n`).join("\n");
}

async function workspaceOf(...names: readonly string[]): Promise<string> {
  const workspace = await temporaryFolder();
  await mkdir(join(workspace, "src"));
  for (const name of names) await writeFile(join(workspace, "src", `${name}.ts`), source(name));
  return workspace;
}

const names = Array.from({ length: FILES }, (_, n) => `ship${n}`);

async function engineFor(workspace: string, server: EmbeddingServer): Promise<Engine> {
  const options = { embeddingUrl: server.url, embeddingModel: "m", chunkChars: 400 };
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** Without the one that tells the dimension. */
function embedded({ requests }: EmbeddingServer): string[] {
  return requests.flatMap(({ body }) => body.input).filter((text) => text !== "dimension");
}

/** What the index holds of each chunk, by where it is. */
async function rows(workspace: string) {
  const db = await connect(join(workspace, ".resona"));
  const table = await db.openTable("chunks");
  const found = await table.query().select(["id", "text", "vector"]).toArray();
  db.close();
  return new Map(found.map((row) => [String(row.id), { text: String(row.text), vector: [...row.vector] }]));
}

describe("a text that the index has a vector of", () => {
  it("is not embedded again when its file is renamed or its folder moved", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf(...names);
    const engine = await engineFor(workspace, server);
    const { chunksWritten } = await engine.index();
    expect(chunksWritten).toBeGreaterThanOrEqual(FILES * FUNCTIONS);
    expect(embedded(server)).toHaveLength(chunksWritten);
    const before = await rows(workspace);
    await rename(join(workspace, "src/ship0.ts"), join(workspace, "src/boat.ts"));
    await rename(join(workspace, "src"), join(workspace, "library"));
    expect(await engine.index()).toMatchObject({
      filesIndexed: FILES,
      filesRemoved: FILES,
      chunksWritten,
      reusedEmbeddings: chunksWritten,
      collectionCount: chunksWritten,
    });
    expect(embedded(server)).toHaveLength(chunksWritten);
    const after = await rows(workspace);
    expect(after.size).toBe(before.size);
    for (const [id, { text, vector }] of before) {
      const moved = id.replace("src/", "library/").replace("ship0.ts", "boat.ts");
      expect(after.get(moved)).toEqual({ text, vector });
    }
    expect((await engine.search("boat")).hits[0]?.path).toBe("library/boat.ts");
  });

  it("is not embedded again when another part of its file has changed", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf("ship");
    const engine = await engineFor(workspace, server);
    const { chunksWritten } = await engine.index();
    const path = join(workspace, "src/ship.ts");
    await writeFile(path, (await readFile(path, "utf8")).replace('"ship line 3"', '"another line"'));
    expect(await engine.index()).toMatchObject({ chunksWritten, reusedEmbeddings: chunksWritten - 1 });
    expect(embedded(server).slice(chunksWritten)).toEqual([expect.stringContaining("another line")]);
  });

  it("is not embedded again in a copy of the workspace inside it, as worktrees are", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf(...names);
    const engine = await engineFor(workspace, server);
    const { chunksWritten } = await engine.index();
    await cp(join(workspace, "src"), join(workspace, "copy/src"), { recursive: true });
    expect(await engine.index()).toMatchObject({ filesIndexed: FILES, reusedEmbeddings: chunksWritten });
    expect(embedded(server)).toHaveLength(chunksWritten);
  });

  it("is embedded once where it comes many times at once", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf();
    for (const name of names) await writeFile(join(workspace, "src", `${name}.ts`), source("same"));
    const summary = await (await engineFor(workspace, server)).index();
    expect(new Set(embedded(server)).size).toBe(embedded(server).length);
    expect(summary.reusedEmbeddings).toBe(summary.chunksWritten - embedded(server).length);
  });

  it("is embedded again by another model, and by one that reads paths", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf("ship");
    const { chunksWritten } = await (await engineFor(workspace, server)).index();
    const other = await openEngine({ workspace, embeddingUrl: server.url, embeddingModel: "n", chunkChars: 400 });
    expect(await other.index()).toMatchObject({ chunksWritten, reusedEmbeddings: 0 });
    await other.close();
    const builtIn = await openEngine({ workspace, model: "built-in" });
    onTestFinished(() => builtIn.close());
    await builtIn.index();
    await rename(join(workspace, "src/ship.ts"), join(workspace, "src/boat.ts"));
    expect(await builtIn.index()).toMatchObject({ filesIndexed: 1, reusedEmbeddings: 0 });
  });

  it("is not embedded again as another item", async () => {
    const server = await startEmbeddingServer();
    const index = await temporaryFolder();
    const service = await openEmbeddingService({ index, embeddingUrl: server.url, embeddingModel: "m" });
    onTestFinished(() => service.close());
    await service.embedBatch([{ id: "a", text: "one harbour" }]);
    const items = [
      { id: "b", text: "one harbour" },
      { id: "c", text: "two harbours" },
    ];
    expect(await service.embedBatch(items)).toMatchObject({ totalEmbeddings: 2, reusedEmbeddings: 1 });
    expect(embedded(server)).toEqual(["one harbour", "two harbours"]);
  });
});

it("a text that was too long for the service is offered to it again", async () => {
  const tooLong: Reply = status(400, { error: { code: "context_length_exceeded", message: "8 tokens at most" } });
  const server = await startEmbeddingServer((request, response) =>
    (request.body.input.some((text) => text.includes("ship0")) ? tooLong : answer)(request, response),
  );
  const workspace = await workspaceOf("ship");
  const engine = await engineFor(workspace, server);
  expect(await engine.index()).toMatchObject({ oversizedChunks: 1, reusedEmbeddings: 0 });
  await rename(join(workspace, "src/ship.ts"), join(workspace, "src/boat.ts"));
  const { chunksWritten, ...others } = await engine.index();
  expect(others).toMatchObject({ oversizedChunks: 1, reusedEmbeddings: chunksWritten - 1 });
});
