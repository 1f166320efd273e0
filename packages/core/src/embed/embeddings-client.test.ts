import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";

import { describe, expect, it, onTestFinished } from "vitest";

import {
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
import { embeddingEndpoint } from "./embedding-endpoint.ts";
import { EmbeddingsClient, type EmbeddingsClientOptions } from "./embeddings-client.ts";
import type { FailureKind } from "./service-failure.ts";

const never = new AbortController().signal;

function clientOf(url: string, options: Partial<EmbeddingsClientOptions> = {}): EmbeddingsClient {
  const given = {
    endpoint: embeddingEndpoint(url),
    model: "m",
    key: undefined,
    dimension: undefined,
    timeoutMs: 10_000,
  };
  return new EmbeddingsClient({ ...given, ...options });
}

/** A server below HTTP: `answers` gets each connection once a request came. */
async function rawServer(answers: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => answers(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => void server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a request for embeddings", () => {
  it("is in OpenAI's form", async () => {
    const server = await startEmbeddingServer();
    const { vectors, model } = await clientOf(server.url, { key: "secret" }).embed(["one", "two"], never);
    expect(vectors).toEqual([expectedVector("one"), expectedVector("two")]);
    expect(model).toBe("m");
    expect(server.requests).toMatchObject([
      {
        path: "/v1/embeddings",
        headers: { "content-type": "application/json", authorization: "Bearer secret" },
        body: { model: "m", input: ["one", "two"], encoding_format: "base64" },
      },
    ]);
  });

  it("names no model and no key if there is none", async () => {
    const server = await startEmbeddingServer();
    const { model } = await clientOf(server.url, { model: undefined }).embed(["one"], never);
    expect(model).toBe("served-model");
    expect(server.requests[0]?.body).not.toHaveProperty("model");
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("takes numbers from a service that knows no base64, and asks one for them that refuses base64", async () => {
    const floats: Reply = (request, response) =>
      answer({ ...request, body: { ...request.body, encoding_format: "float" } }, response);
    const ignorant = await startEmbeddingServer(floats);
    expect((await clientOf(ignorant.url).embed(["one"], never)).vectors).toEqual([expectedVector("one")]);

    const refuse = status(422, { detail: [{ msg: "encoding_format: Input should be 'float'" }] });
    const strict = await startEmbeddingServer((request, response) =>
      (request.body.encoding_format === "base64" ? refuse : answer)(request, response),
    );
    const client = clientOf(strict.url);
    for (const text of ["one", "two"])
      expect((await client.embed([text], never)).vectors).toEqual([expectedVector(text)]);
    expect(strict.requests.map(({ body }) => body.encoding_format)).toEqual(["base64", "float", "float"]);
  });

  it("takes an answer packed in gzip, without usage, with more fields, out of order", async () => {
    const server = await startEmbeddingServer((request, response) => {
      const body = JSON.stringify({ data: embeddingsOf(request).toReversed(), id: "x", timings: {} });
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body));
    });
    const texts = ["a", "b", "c"];
    const { vectors } = await clientOf(server.url).embed(texts, never);
    expect(vectors).toEqual(texts.map((text) => expectedVector(text)));
  });
});

const withFirst = (change: object): Reply =>
  json((request) => {
    const [first, ...rest] = embeddingsOf(request);
    return { data: [{ ...first, ...change }, ...rest] };
  });

describe("an answer that is no answer", () => {
  it.each<[string, Reply, FailureKind, string]>([
    ["cut off inside the JSON", words('{"data":[{"index":0,"embed'), "transient", "EMBEDDER_INVALID_ANSWER"],
    ["empty", words(""), "transient", "EMBEDDER_INVALID_ANSWER"],
    ["a web page", words("\n<!doctype html><p>Log in", "text/html"), "final", "EMBEDDER_INVALID_ANSWER"],
    ["no list", json(() => ({ object: "list" })), "final", "EMBEDDER_INVALID_ANSWER"],
    ["one vector too few", json((r) => ({ data: embeddingsOf(r).slice(1) })), "final", "EMBEDDER_INVALID_ANSWER"],
    [
      "one vector too many",
      json((r) => ({ data: [...embeddingsOf(r), { index: 2, embedding: [1] }] })),
      "final",
      "EMBEDDER_INVALID_ANSWER",
    ],
    ["two vectors of one text", withFirst({ index: 1 }), "final", "EMBEDDER_INVALID_ANSWER"],
    ["null instead of a vector", withFirst({ embedding: null }), "final", "EMBEDDER_INVALID_ANSWER"],
    [
      "null instead of a number",
      withFirst({ embedding: [1, null, 1, 1, 1, 1, 1, 1] }),
      "final",
      "EMBEDDER_INVALID_ANSWER",
    ],
    [
      "NaN",
      words('{"data":[{"index":0,"embedding":[NaN]},{"index":1,"embedding":[1]}]}'),
      "transient",
      "EMBEDDER_INVALID_ANSWER",
    ],
    ["a vector of another length than the other", withFirst({ embedding: [1] }), "final", "EMBEDDER_INVALID_ANSWER"],
    [
      "vectors of another length than the first answer's",
      json((r) => ({ data: embeddingsOf(r, 9) })),
      "final",
      "EMBEDDER_DIMENSION_CHANGED",
    ],
    [
      "success with an error in it",
      json(() => ({ error: { message: "no provider", code: 502 } })),
      "transient",
      "EMBEDDER_FAILED",
    ],
    [
      "success with an error of size in it",
      json(() => ({ error: { message: "input is too long", code: 400 } })),
      "too-large",
      "EMBEDDER_REQUEST_REFUSED",
    ],
    ["success with an error in words", json(() => ({ error: "out of memory" })), "transient", "EMBEDDER_FAILED"],
    [
      "an error that tells nothing",
      (_, response) => void response.writeHead(500).end(),
      "transient",
      "EMBEDDER_FAILED",
    ],
    [
      "a page about an error",
      (_, response) => void response.writeHead(502).end("<h1>Bad gateway"),
      "transient",
      "EMBEDDER_FAILED",
    ],
    ["a connection that is closed", (_, response) => void response.destroy(), "transient", "EMBEDDER_UNREACHABLE"],
    [
      "a connection that is reset",
      (_, response) => void response.socket?.resetAndDestroy(),
      "transient",
      "EMBEDDER_UNREACHABLE",
    ],
    [
      "less than announced",
      (_, response) => {
        response.writeHead(200, { "content-length": 1_000 }).write('{"data":');
        setImmediate(() => response.destroy());
      },
      "transient",
      "EMBEDDER_UNREACHABLE",
    ],
    [
      "gzip that is none",
      (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip"),
      "transient",
      "EMBEDDER_UNREACHABLE",
    ],
  ])("is a failure, and never a vector: %s", async (_name, reply, kind, code) => {
    const server = await startEmbeddingServer();
    const client = clientOf(server.url);
    await client.embed(["first"], never);
    server.next(reply);
    await expect(client.embed(["one", "two"], never)).rejects.toMatchObject({ kind, error: { code } });
    expect((await client.embed(["one"], never)).vectors).toEqual([expectedVector("one")]);
  });

  it("is a service of one model that suddenly has another name for it", async () => {
    const server = await startEmbeddingServer();
    const renamed = json((request) => ({ data: embeddingsOf(request), model: "another" }));
    server.next(answer, renamed, answer, renamed);
    const nameless = clientOf(server.url, { model: undefined });
    await nameless.embed(["one"], never);
    await expect(nameless.embed(["two"], never)).rejects.toMatchObject({ error: { code: "EMBEDDER_MODEL_CHANGED" } });
    // Whoever asks by name gets what goes by that name; services spell it in several ways.
    const named = clientOf(server.url);
    await named.embed(["one"], never);
    await named.embed(["two"], never);
  });

  it.each([true, false])("has no end: it is read up to what a right one can have (packed: %s)", async (isPacked) => {
    const block = Buffer.alloc(65_536, " ");
    let sent = 0;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const server = await startEmbeddingServer((_request, response) => {
      response.once("close", resolve);
      if (isPacked) {
        const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
        response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
        return;
      }
      response.writeHead(200);
      const send = () => {
        while (!response.destroyed && response.write(block)) sent += block.length;
        sent += block.length;
      };
      response.on("drain", send);
      send();
    });
    const endless = clientOf(server.url, { dimension: 8 }).embed(["one"], never);
    await expect(endless).rejects.toMatchObject({ kind: "final", error: { code: "EMBEDDER_INVALID_ANSWER" } });
    await gone;
    // What two sockets hold on top of the bound.
    expect(sent).toBeLessThan(16_000_000);
  });

  it("is an error without an end: its status counts", async () => {
    const server = await startEmbeddingServer((_request, response) => {
      response.writeHead(400);
      const send = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, "x")));
      };
      response.on("drain", send);
      send();
    });
    await expect(clientOf(server.url).embed(["one"], never)).rejects.toMatchObject({
      error: { code: "EMBEDDER_REQUEST_REFUSED", message: expect.stringMatching(/\(400\)\.$/) as string },
    });
  });

  it("is no HTTP", async () => {
    const url = await rawServer((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n\r\n"));
    await expect(clientOf(url).embed(["one"], never)).rejects.toMatchObject({
      kind: "final",
      error: { code: "EMBEDDER_UNREACHABLE" },
    });
  });
});

describe("a service that is not there", () => {
  it("is told so at once, as long as it was never reached", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => void server.close(resolve));
    await expect(clientOf(`http://127.0.0.1:${port}`).embed(["one"], never)).rejects.toMatchObject({
      kind: "final",
      error: {
        code: "EMBEDDER_UNREACHABLE",
        message: `The embedding service at http://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}.`,
      },
    });
  });

  it("may come back, if it was there before", async () => {
    let closed: Promise<unknown> | undefined;
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        closed = new Promise((resolve) => void server.close(resolve));
        socket.end("HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(client.embed(["one"], never)).rejects.toMatchObject({ error: { code: "EMBEDDER_FAILED" } });
    await closed;
    await expect(client.embed(["one"], never)).rejects.toMatchObject({
      kind: "transient",
      error: { code: "EMBEDDER_UNREACHABLE" },
    });
  });

  it.each<[string, Reply]>([
    ["before the answer", silence],
    ["within the answer", (_request, response) => void response.writeHead(200).write('{"data":[')],
    ["within an error", (_request, response) => void response.writeHead(500).write('{"error":')],
    [
      "in drops",
      (_request, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(" "), 5);
        response.once("close", () => clearInterval(drip));
      },
    ],
  ])("hangs %s: the request ends in time", async (_where, reply) => {
    const server = await startEmbeddingServer(reply);
    await expect(clientOf(server.url, { timeoutMs: 50 }).embed(["one"], never)).rejects.toMatchObject({
      kind: "timed-out",
      error: {
        code: "EMBEDDER_TIMED_OUT",
        message: `The embedding service at ${server.url} did not answer within 0.05 seconds.`,
      },
    });
  });

  it.each<[string, Reply]>([
    ["before the answer", silence],
    ["within the answer", (_request, response) => void response.writeHead(200).write('{"data":[')],
  ])("hangs %s: a signal ends the request with its reason", async (_where, reply) => {
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const server = await startEmbeddingServer(async (request, response) => {
      response.once("close", resolve);
      await reply(request, response);
      setImmediate(() => controller.abort(reason));
    });
    await expect(clientOf(server.url).embed(["one"], controller.signal)).rejects.toBe(reason);
    await gone;
    await expect(clientOf(server.url).embed(["one"], controller.signal)).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])("is not followed, with or without a key: %i", async (code) => {
    const other = await startEmbeddingServer();
    const location = `http://localhost:${other.port}/v1/embeddings?token=abc#x`;
    const server = await startEmbeddingServer(status(code, {}, { location }));
    for (const key of ["secret", undefined])
      await expect(clientOf(server.url, { key }).embed(["one"], never)).rejects.toMatchObject({
        kind: "final",
        error: {
          code: "EMBEDDER_REDIRECTED",
          message: `The embedding service at ${server.url} sends requests on to http://localhost:${other.port}/v1/embeddings; nothing was sent there.`,
        },
      });
    expect(other.requests).toHaveLength(0);
  });

  it("within the same host or to nowhere is not followed either", async () => {
    for (const headers of [{ location: "/elsewhere" }, { location: "http://" }, {}]) {
      const server = await startEmbeddingServer(status(307, {}, headers));
      await expect(clientOf(server.url).embed(["one"], never)).rejects.toMatchObject({
        error: { code: "EMBEDDER_REDIRECTED" },
      });
      expect(server.requests).toHaveLength(1);
    }
  });
});
