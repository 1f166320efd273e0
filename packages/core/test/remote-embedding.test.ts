import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { type EmbedEvent, type Engine, type EngineOptions, openEmbeddingService, openEngine } from "../src/index.ts";
import { answer, embeddingsOf, json, startEmbeddingServer, status } from "./embedding-server.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 30;

async function workspaceOf(files: number): Promise<string> {
  const workspace = await temporaryFolder();
  for (let n = 0; n < files; n++) await writeFile(join(workspace, `f${n}.txt`), `harbour number ${n}\n`);
  return workspace;
}

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

describe("an index made with an embedding service", () => {
  it("is made with few requests, remembers the service, and is searched with it", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf(FILES);
    const engine = await engineFor(workspace, { embeddingUrl: `${server.url}/v1`, embeddingModel: "m" });
    expect(await engine.index()).toMatchObject({ status: "completed", filesIndexed: FILES, collectionCount: FILES });
    expect(server.requests.length).toBeLessThan(5);
    const later = await engineFor(workspace);
    expect((await later.search("harbour number 7")).hits).toHaveLength(10);
    expect(await later.index()).toMatchObject({ filesIndexed: 0, filesUnchanged: FILES });
    expect(await later.stats()).toMatchObject({ modelName: "m", dimension: 8 });
    expect((await later.getDiagnostics()).findings.filter(({ severity }) => severity !== "info")).toEqual([]);
  });

  it("is the same under another address, and is made anew with another model", async () => {
    const [server, moved] = [await startEmbeddingServer(), await startEmbeddingServer()];
    const workspace = await workspaceOf(3);
    await (await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" })).index();
    const after = await engineFor(workspace, { embeddingUrl: moved.url, embeddingModel: "m" });
    expect(await after.index()).toMatchObject({ filesUnchanged: 3 });
    const other = await engineFor(workspace, { embeddingUrl: moved.url, embeddingModel: "n" });
    await expect(other.index({ ifOutdated: "refuse" })).rejects.toMatchObject({ code: "INDEX_OUTDATED" });
    expect(await other.index()).toMatchObject({ filesIndexed: 3 });
    const builtIn = await engineFor(workspace, { model: "built-in" });
    expect(await builtIn.index()).toMatchObject({ filesIndexed: 3 });
  });

  it("keeps what it has when the service dies, and goes on with the next run", async () => {
    const server = await startEmbeddingServer();
    const workspace = await temporaryFolder();
    // Each is a request of its own.
    const text = Array.from({ length: 500 }, (_, n) => `line ${n} tells of harbours and of ships in them\n`).join("");
    for (let n = 10; n < 20; n++) await writeFile(join(workspace, `f${n}.txt`), `${n}\n${text}`);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m", chunkChars: 200 });
    let requests = 0;
    server.next(
      ...Array.from(
        { length: 40 },
        () => (request: Parameters<typeof answer>[0], response: Parameters<typeof answer>[1]) =>
          ++requests > 8
            ? status(401, { error: { message: "no more" } })(request, response)
            : answer(request, response),
      ),
    );
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_REFUSED" });
    const { files } = await engine.stats();
    expect(files).toBeGreaterThan(0);
    expect(files).toBeLessThan(10);
    requests = -1_000;
    expect(await engine.index()).toMatchObject({
      status: "completed",
      filesUnchanged: files,
      filesIndexed: 10 - files,
    });
  });

  it("leaves out only the file whose text the service cannot embed", async () => {
    const server = await startEmbeddingServer(
      json((request) => ({
        data: embeddingsOf(request).map((entry, n) =>
          request.body.input[n]?.includes("number 7") === true ? { ...entry, embedding: [Number.NaN] } : entry,
        ),
      })),
    );
    const engine = await engineFor(await workspaceOf(FILES), { embeddingUrl: server.url, embeddingModel: "m" });
    expect(await engine.index()).toMatchObject({
      status: "completed",
      filesIndexed: FILES - 1,
      failures: [{ path: "f7.txt", message: expect.stringContaining("cannot be used") as string }],
    });
  });

  it("goes on leaving out many files that the service cannot embed, run after run", async () => {
    const server = await startEmbeddingServer((request, response) =>
      (request.body.input.some((text) => text.includes("poison")) ? status(400) : answer)(request, response),
    );
    const workspace = await workspaceOf(2);
    for (let n = 0; n < 5; n++) await writeFile(join(workspace, `bad${n}.txt`), `poison number ${n}\n`);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
    expect(await engine.index()).toMatchObject({ filesIndexed: 2, filesFailed: 5 });
    await rm(join(workspace, "f0.txt"));
    expect(await engine.index()).toMatchObject({ filesUnchanged: 1, filesRemoved: 1, filesFailed: 5 });
  });

  it("leaves out only the item whose text the service cannot embed, and tries it again", async () => {
    let refused = "number 7";
    const server = await startEmbeddingServer(
      json((request) => ({
        data: embeddingsOf(request).map((entry, n) =>
          request.body.input[n]?.includes(refused) === true ? { ...entry, embedding: [Number.NaN] } : entry,
        ),
      })),
    );
    const index = await temporaryFolder();
    const service = await openEmbeddingService({ index, embeddingUrl: server.url, embeddingModel: "m" });
    onTestFinished(() => service.close());
    const items = Array.from({ length: 10 }, (_, n) => ({ id: `i${n}`, text: `harbour number ${n}` }));
    const failed: unknown[] = [];
    const onEvent = (event: EmbedEvent) => event.type === "item-failed" && failed.push(event.item);
    expect(await service.embedBatch(items, { onEvent })).toMatchObject({
      status: "completed",
      itemsEmbedded: 9,
      itemsFailed: 1,
      failures: [{ position: 8, id: "i7", message: expect.stringContaining("cannot be used") as string }],
    });
    expect(failed).toEqual([items[7]]);
    refused = "none";
    expect(await service.embedBatch(items)).toMatchObject({ itemsUnchanged: 9, itemsEmbedded: 1, itemsFailed: 0 });
  });

  it("is not made where nothing that the service says can be used", async () => {
    const server = await startEmbeddingServer();
    const engine = await engineFor(await workspaceOf(FILES), { embeddingUrl: server.url, embeddingModel: "m" });
    server.next(answer, ...Array.from({ length: 200 }, () => json(() => ({ data: "none" }))));
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_INVALID_ANSWER" });
  });

  it("sends nothing away from this machine before somebody has agreed", async () => {
    const engine = await engineFor(await workspaceOf(1), { embeddingUrl: "https://api.example.com/v1" });
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_CONSENT_MISSING" });
  });
});
