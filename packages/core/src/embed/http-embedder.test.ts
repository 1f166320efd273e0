import { inspect } from "node:util";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import {
  type EmbeddingServer,
  type Reply,
  answer,
  embeddingsOf,
  expectedVector,
  json,
  silence,
  startEmbeddingServer,
  status,
  words,
} from "../../test/embedding-server.ts";
import type { EmbeddingDocument } from "./embedder.ts";
import type { Embedder } from "./embedder.ts";
import { fakeClock } from "./fake-clock.test-helper.ts";
import { type HttpModel, createHttpEmbedder, httpModelId } from "./http-embedder.ts";

const host = "https://embeddings.example";
const remoteUrl = `${host}/v1`;

const plain = (text: string): EmbeddingDocument => ({ path: "", scope: [], symbols: [], text });
const numbered = (count: number) => Array.from({ length: count }, (_, n) => plain(`text ${n}`));
const vectorsOf = (documents: readonly EmbeddingDocument[]) => documents.map(({ text }) => expectedVector(text));
const sizes = ({ requests }: EmbeddingServer) => requests.map(({ body }) => body.input.length);

async function arrivals({ requests }: EmbeddingServer, count: number): Promise<void> {
  await expect.poll(() => requests.length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(count);
}

/** Opened without a request. */
function embedderOf(server: EmbeddingServer, model: Partial<HttpModel> = {}, clock = fakeClock()): Promise<Embedder> {
  return createHttpEmbedder({ url: server.url, model: "m", dimension: 8, ...model }, undefined, undefined, clock);
}

/** A host of the internet, which is the server in truth. */
function standIn(server: EmbeddingServer): void {
  const reach = globalThis.fetch;
  const fetch = vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
    if (typeof url !== "string" || !url.startsWith(`${host}/`)) throw new Error("Another host was asked.");
    return reach(url.replace(host, server.url), init);
  });
  onTestFinished(() => fetch.mockRestore());
}

describe("an embedder over HTTP", () => {
  it("gives one unit vector for each document, in order, from requests of bounded size", async () => {
    const server = await startEmbeddingServer();
    const embedder = await embedderOf(server, { batchSize: 10 });
    const documents = numbered(34);
    expect(await embedder.embedDocuments(documents)).toEqual(vectorsOf(documents));
    expect(sizes(server)).toEqual([10, 10, 10, 4]);
    expect(await embedder.embedDocuments([])).toEqual([]);
    expect(sizes(server)).toHaveLength(4);
  });

  it("sends no more than 2,048 texts and a number of tokens, unless it is told otherwise", async () => {
    const server = await startEmbeddingServer();
    const embedder = await embedderOf(server);
    await embedder.embedDocuments(numbered(2_050));
    expect(sizes(server).toSorted((a, b) => a - b)).toEqual([2, 2_048]);
    await embedder.embedDocuments([plain("x".repeat(64_000)), plain("x".repeat(64_000)), plain("x")]);
    expect(sizes(server).slice(2)).toEqual([2, 1]);
    await (await embedderOf(server, { batchTokens: 2 })).embedDocuments(numbered(2));
    expect(sizes(server).slice(4)).toEqual([1, 1]);
  });

  it("says in what a document stands, before its text, and puts a model's prefixes first", async () => {
    const server = await startEmbeddingServer();
    const prefixes = { query: "search_query: ", document: "search_document: " };
    const embedder = await embedderOf(server, { prefixes });
    await embedder.embedDocuments([{ path: "src/a.ts", scope: ["Queue", "push"], symbols: ["x"], text: "body" }]);
    await embedder.embedDocuments([plain("an item")]);
    await embedder.embedQuery("where");
    expect(server.requests.map(({ body }) => body.input)).toEqual([
      ["search_document: Queue push\nbody"],
      ["search_document: an item"],
      ["search_query: where"],
    ]);
  });

  it("sends what every parser of JSON can read", async () => {
    const server = await startEmbeddingServer();
    const embedder = await embedderOf(server);
    await embedder.embedDocuments([plain("half \uD83D a pair, \0 and \u2028")]);
    await embedder.embedQuery("\uDE00");
    expect(server.requests.map(({ body }) => body.input)).toEqual([["half \uFFFD a pair, \0 and \u2028"], ["\uFFFD"]]);
  });

  it("gives back documents that are too long, and counts them", async () => {
    const server = await startEmbeddingServer((request, response) =>
      request.body.input.some(({ length }) => length > 100)
        ? status(400, { error: { message: "maximum context length is 25 tokens" } })(request, response)
        : answer(request, response),
    );
    const embedder = await embedderOf(server, { batchSize: 4 });
    const documents = [...numbered(3), plain("long ".repeat(50)), ...numbered(6)];
    const vectors = await embedder.embedDocuments(documents);
    expect(vectors).toEqual(documents.map(({ text }) => (text.length > 100 ? undefined : expectedVector(text))));
    expect(embedder.statistics()).toEqual({ truncatedDocuments: 0, replacedThreads: 0, oversizedDocuments: 1 });
    expect(embedder.maxTokens).toBe(Infinity);
    await expect(embedder.embedQuery("long ".repeat(50))).rejects.toMatchObject({ code: "EMBEDDER_REQUEST_REFUSED" });
  });

  it("keeps several requests under way, over all calls, and never more than it may", async () => {
    const server = await startEmbeddingServer(async (request, response) => {
      await arrivals(server, 3);
      await answer(request, response);
    });
    const embedder = await embedderOf(server, { batchSize: 1, concurrency: 3 });
    const calls = [numbered(7), numbered(1), numbered(5)];
    const results = await Promise.all(calls.map((documents) => embedder.embedDocuments(documents)));
    expect(results).toEqual(calls.map((documents) => vectorsOf(documents)));
    expect(server.mostAtOnce).toBe(3);
  });

  it("answers a query while documents occupy every slot", async () => {
    const server = await startEmbeddingServer((request, response) =>
      request.body.input.includes("query") ? answer(request, response) : silence(request, response),
    );
    const embedder = await embedderOf(server, { batchSize: 1, concurrency: 2 });
    const controller = new AbortController();
    const documents = embedder.embedDocuments(numbered(5), controller.signal);
    expect(await embedder.embedQuery("query")).toEqual(expectedVector("query"));
    controller.abort(new Error("stopped"));
    await expect(documents).rejects.toThrow("stopped");
  });

  it("ends a call with its first failure, and leaves nothing of it under way", async () => {
    const gone: Promise<unknown>[] = [];
    const server = await startEmbeddingServer(async (request, response) => {
      if (!request.body.input.includes("text 2")) {
        gone.push(new Promise((resolve) => response.once("close", resolve)));
        return;
      }
      await arrivals(server, 3);
      await status(400)(request, response);
    });
    const embedder = await embedderOf(server, { batchSize: 1, concurrency: 3 });
    await expect(embedder.embedDocuments(numbered(9))).rejects.toMatchObject({ code: "EMBEDDER_REQUEST_REFUSED" });
    await Promise.all(gone);
    expect(server.requests).toHaveLength(3);
    server.next(answer);
    expect(await embedder.embedDocuments(numbered(1))).toEqual(vectorsOf(numbered(1)));
  });

  it("stops when it is told to, whether a request is under way or waits for its turn", async () => {
    const server = await startEmbeddingServer(silence);
    const embedder = await embedderOf(server, { batchSize: 1, concurrency: 1 });
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => embedder.embedDocuments(numbered(2), signal));
    const settled = Promise.allSettled(calls);
    await arrivals(server, 1);
    const reasons = [new Error("first"), new Error("second")];
    // The one that waits is not kept until the other one is done.
    controllers[1]?.abort(reasons[1]);
    await expect(calls[1]).rejects.toBe(reasons[1]);
    controllers[0]?.abort(reasons[0]);
    expect(await settled).toMatchObject(reasons.map((reason) => ({ status: "rejected", reason })));
    expect(server.requests).toHaveLength(1);
  });

  it("ends what is under way when it is closed", async () => {
    const server = await startEmbeddingServer(silence);
    const embedder = await embedderOf(server);
    const work = Promise.allSettled([embedder.embedDocuments(numbered(1)), embedder.embedQuery("query")]);
    await arrivals(server, 2);
    await embedder.close();
    expect((await work).map(({ status: end }) => end)).toEqual(["rejected", "rejected"]);
    await expect(embedder.embedQuery("query")).rejects.toThrow("closed");
    expect(server.requests).toHaveLength(2);
  });
});

describe("what an embedder over HTTP is", () => {
  it("is asked for with one word: the dimension of its vectors and its name", async () => {
    const server = await startEmbeddingServer();
    const named = await createHttpEmbedder({ url: server.url, model: "m" });
    expect(named).toMatchObject({ dimension: 8, modelName: "m", modelId: httpModelId("m", 8) });
    const nameless = await createHttpEmbedder({ url: server.url });
    expect(nameless).toMatchObject({
      dimension: 8,
      modelName: "served-model",
      modelId: httpModelId("served-model", 8),
    });
    expect(sizes(server)).toEqual([1, 1]);
  });

  it("is not asked for if the index knows it, and must then be so", async () => {
    const server = await startEmbeddingServer();
    const embedder = await createHttpEmbedder({ url: server.url, model: "m", dimension: 9 });
    expect(embedder).toMatchObject({ dimension: 9, modelId: httpModelId("m", 9) });
    expect(server.requests).toHaveLength(0);
    await expect(embedder.embedQuery("query")).rejects.toMatchObject({
      code: "EMBEDDER_DIMENSION_CHANGED",
      message: `The embedding service at ${server.url} gives vectors of 8 numbers instead of 9.`,
    });
  });

  it("is its address if neither the caller nor the service has a name for the model", async () => {
    for (const model of [undefined, "", "gpt-3.5-turbo"]) {
      const server = await startEmbeddingServer(json((request) => ({ data: embeddingsOf(request), model })));
      expect(await createHttpEmbedder({ url: server.url })).toMatchObject({ modelName: `127.0.0.1:${server.port}` });
    }
  });

  it("is the same at another address, and another with another model, dimension or prefix", async () => {
    const [first, second] = [await startEmbeddingServer(), await startEmbeddingServer()];
    const identity = async (server: EmbeddingServer, model: Partial<HttpModel>) =>
      (await embedderOf(server, model)).modelId;
    const prefixes = { query: "query: ", document: "passage: " };
    expect(await identity(first, {})).toBe(await identity(second, { batchSize: 1, key: "secret" }));
    const ids = [
      await identity(first, {}),
      await identity(first, { model: "n" }),
      await identity(first, { dimension: 9 }),
      await identity(first, { prefixes }),
      await identity(first, { prefixes: { ...prefixes, query: "" } }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("cannot be told by a service that is stopped: opening ends with the signal's reason", async () => {
    const server = await startEmbeddingServer(silence);
    const controller = new AbortController();
    const opening = createHttpEmbedder({ url: server.url, model: "m" }, controller.signal);
    const reason = new Error("stopped by the user");
    setTimeout(() => controller.abort(reason), 20);
    await expect(opening).rejects.toBe(reason);
  });
});

describe("a service of the internet", () => {
  it("is sent nothing without consent", async () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    onTestFinished(() => fetch.mockRestore());
    for (const consent of [{}, { remoteEmbedding: false }])
      await expect(createHttpEmbedder({ url: remoteUrl, model: "m", dimension: 8, ...consent })).rejects.toMatchObject({
        code: "EMBEDDER_CONSENT_MISSING",
        message: expect.stringContaining("https://embeddings.example") as string,
      });
    expect(fetch).not.toHaveBeenCalled();
  });

  it("is not sent the key unencrypted, consent or not", async () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    onTestFinished(() => fetch.mockRestore());
    const url = "http://embeddings.example/v1";
    await expect(createHttpEmbedder({ url, key: "secret", remoteEmbedding: true })).rejects.toMatchObject({
      code: "EMBEDDER_KEY_UNPROTECTED",
    });
    expect(fetch).not.toHaveBeenCalled();
  });

  it("gets two requests at a time, half a second apart", async () => {
    const server = await startEmbeddingServer(async (request, response) => {
      await new Promise((resolve) => void setTimeout(resolve, 10));
      await answer(request, response);
    });
    standIn(server);
    const clock = fakeClock();
    const model = { url: remoteUrl, remoteEmbedding: true, key: "secret", batchSize: 1 };
    const embedder = await embedderOf(server, model, clock);
    const start = clock.now();
    const documents = numbered(6);
    expect(await embedder.embedDocuments(documents)).toEqual(vectorsOf(documents));
    expect(server.mostAtOnce).toBeLessThanOrEqual(2);
    expect(clock.now() - start).toBeGreaterThanOrEqual(2_500);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
  });

  it("waits as long between requests as it is told to, and a local one too", async () => {
    const server = await startEmbeddingServer();
    standIn(server);
    const hasty = fakeClock();
    const remote = { url: remoteUrl, remoteEmbedding: true, batchSize: 1, concurrency: 1 };
    await (await embedderOf(server, { ...remote, delayMs: 0 }, hasty)).embedDocuments(numbered(3));
    expect(hasty.waits).toEqual([]);
    vi.mocked(globalThis.fetch).mockRestore();
    const patient = fakeClock();
    await (
      await embedderOf(server, { batchSize: 1, concurrency: 1, delayMs: 70 }, patient)
    ).embedDocuments(numbered(3));
    expect(patient.waits).toEqual([70, 70]);
    const local = fakeClock();
    await (await embedderOf(server, { batchSize: 1 }, local)).embedDocuments(numbered(3));
    expect(local.waits).toEqual([]);
  });
});

describe("the key", () => {
  const key = "sk-proj-0123456789abcdefghijklmnop";
  const partOfKey = key.slice(0, 12);

  it("comes from the environment, and the one for OpenAI goes nowhere else", async () => {
    const server = await startEmbeddingServer();
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("OPENAI_API_KEY", "sk-openai");
    await (await embedderOf(server)).embedQuery("query");
    vi.stubEnv("RESONA_EMBEDDING_KEY", key);
    await (await embedderOf(server)).embedQuery("query");
    await (await embedderOf(server, { key: "given" })).embedQuery("query");
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      `Bearer ${key}`,
      "Bearer given",
    ]);
  });

  const echo =
    (code: number): Reply =>
    (request, response) =>
      status(code, { error: { message: `bad ${request.headers.authorization}`, code: key } })(request, response);

  it.each<[string, Reply]>([
    ["400", echo(400)],
    ["401", echo(401)],
    ["404", echo(404)],
    ["413", echo(413)],
    ["429", echo(429)],
    ["500", echo(500)],
    ["a page", (_, response) => void response.writeHead(403).end(`<p>${" ".repeat(3_980)}${key} is no key</p>`)],
    ["a redirect", status(302, {}, { location: `http://127.0.0.1:9/${key}?key=${key}` })],
    ["success with an error", json(() => ({ error: `bad ${key}` }))],
    ["a list of nothing", json(() => ({ data: [], key }))],
    ["broken JSON", words(`{"${key}`)],
    ["a vector of keys", json(() => ({ data: [{ index: 0, embedding: [key] }] }))],
    ["a name", json((request) => ({ data: embeddingsOf(request), model: key + String(request.body.input) }))],
    ["no HTTP", (_, response) => void response.socket?.end(`${key}\r\n\r\n`)],
    [
      "a cut answer",
      (_, response) => void response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${key}`),
    ],
    ["a closed connection", (_, response) => void response.destroy()],
    ["a bad header", (_, response) => void response.socket?.end(`HTTP/1.1 200 OK\r\nbad header ${key}\r\n\r\n`)],
    ["silence", silence],
  ])("is in nothing that is thrown or can be looked at, even if the service repeats it: %s", async (_name, reply) => {
    const server = await startEmbeddingServer(reply);
    const embedder = await embedderOf(server, { key, timeoutMs: 50, model: undefined }).catch(
      (error: unknown) => error,
    );
    const thrown = await (embedder instanceof Error
      ? embedder
      : (embedder as Embedder).embedDocuments([plain("one")]).catch((error: unknown) => error));
    expect(thrown).toMatchObject({ name: "ResonaError", code: expect.stringMatching(/^EMBEDDER_/) as string });
    for (const seen of [thrown, embedder]) {
      expect(inspect(seen, { depth: Infinity, showHidden: true, getters: true })).not.toContain(partOfKey);
      expect(JSON.stringify(seen)).not.toContain(partOfKey);
    }
    expect(String((thrown as Error).stack)).not.toContain(partOfKey);
  });
});
