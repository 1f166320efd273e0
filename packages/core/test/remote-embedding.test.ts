import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { systemClock } from "../src/embed/clock.ts";
import { type EmbedEvent, type Engine, type EngineOptions, openEmbeddingService, openEngine } from "../src/index.ts";
import { type Reply, answer, embeddingsOf, json, startEmbeddingServer, status } from "./embedding-server.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 30;

/** Of a file that is sent in a request of its own. */
const longText = Array.from({ length: 500 }, (_, n) => `line ${n} tells of harbours and of ships in them\n`).join("");

/** Waits between attempts take no time. */
function hurry(): void {
  const sleep = vi.spyOn(systemClock, "sleep").mockResolvedValue();
  onTestFinished(() => {
    sleep.mockRestore();
  });
}

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
    for (let n = 10; n < 20; n++) await writeFile(join(workspace, `f${n}.txt`), `${n}\n${longText}`);
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

  it.each<[string, Reply]>([
    ["says that it failed", status(500)],
    ["closes the connection", (_request, response) => void response.destroy()],
  ])("leaves out only files with whose text the service %s every time", async (_name, failure) => {
    hurry();
    const isBad = (text: string) => /number (?:7|12|29)$/m.test(text);
    const server = await startEmbeddingServer((request, response) =>
      (request.body.input.some(isBad) ? failure : answer)(request, response),
    );
    const workspace = await workspaceOf(FILES);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m", batchSize: 8 });
    const { failures, ...counts } = await engine.index();
    expect(counts).toMatchObject({ status: "completed", filesIndexed: FILES - 3, filesFailed: 3 });
    expect(failures.map(({ path }) => path).toSorted()).toEqual(["f12.txt", "f29.txt", "f7.txt"]);
    const first = server.requests.length;
    expect(await engine.index()).toMatchObject({ filesIndexed: 0, filesUnchanged: FILES - 3, filesFailed: 3 });
    const again = server.requests.slice(first).flatMap(({ body }) => body.input);
    expect(again.filter((text) => !isBad(text)).every((text) => text === "text")).toBe(true);
  });

  it("is given up where the service fails on every text", async () => {
    hurry();
    const server = await startEmbeddingServer(status(500));
    server.next(answer);
    const engine = await engineFor(await workspaceOf(FILES), { embeddingUrl: server.url, embeddingModel: "m" });
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
    expect(server.requests.length).toBeLessThanOrEqual(1 + 6 + 2);
  });

  it("keeps what was embedded behind what could not be, when the service changes its model", async () => {
    const server = await startEmbeddingServer(async (request, response) => {
      const isFirst = request.body.input.some((text) => text.startsWith("10\n"));
      if (!isFirst) return answer(request, response);
      // Others have been answered by then.
      await expect.poll(() => server.requests.length, { interval: 5 }).toBeGreaterThan(4);
      return json((late) => ({ data: embeddingsOf(late, 5) }))(request, response);
    });
    const workspace = await temporaryFolder();
    for (let n = 10; n < 14; n++) await writeFile(join(workspace, `f${n}.txt`), `${n}\n${longText}`);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m", chunkChars: 200 });
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_DIMENSION_CHANGED" });
    expect(await engine.stats()).toMatchObject({ files: 3 });
  });

  it("is not searched for long with a service that fails, whether or not that is known to the engine", async () => {
    hurry();
    const server = await startEmbeddingServer();
    const workspace = await workspaceOf(3);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
    await engine.index();
    for (const searching of [engine, await engineFor(workspace)]) {
      const before = server.requests.length;
      server.next(status(500), status(500), status(500));
      await expect(searching.search("harbour")).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
      expect(server.requests).toHaveLength(before + 3);
    }
  });

  it("holds no vectors of zeros", async () => {
    const server = await startEmbeddingServer(
      json((request) => ({ data: request.body.input.map((_, index) => ({ index, embedding: [0, 0, 0] })) })),
    );
    const engine = await engineFor(await workspaceOf(1), { embeddingUrl: server.url, embeddingModel: "m" });
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_INVALID_ANSWER" });
  });

  it("says how many chunks the service found too long, as long as they are so", async () => {
    const server = await startEmbeddingServer((request, response) =>
      request.body.input.some((text) => text.includes("too long"))
        ? status(400, { error: { message: "maximum context length is 25 tokens" } })(request, response)
        : answer(request, response),
    );
    const workspace = await workspaceOf(3);
    await writeFile(join(workspace, "long.txt"), "this is too long\n");
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
    expect(await engine.index()).toMatchObject({ filesIndexed: 4, oversizedChunks: 1 });
    expect(await engine.index()).toMatchObject({ filesUnchanged: 4, oversizedChunks: 0 });
    expect(await engine.stats()).toMatchObject({ chunks: 4, oversizedChunks: 1 });
    await rm(join(workspace, "long.txt"));
    await engine.index();
    expect(await engine.stats()).toMatchObject({ chunks: 3, oversizedChunks: 0 });
    const builtIn = await engineFor(workspace, { model: "built-in" });
    await builtIn.index();
    expect(await builtIn.stats()).toMatchObject({ chunks: 3, oversizedChunks: 0 });
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
