import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  type EmbeddingRequest,
  type EmbeddingServer,
  type Reply,
  answer,
  expectedVector,
  silence,
  startEmbeddingServer,
  status,
  words,
} from "../../test/embedding-server.ts";
import { type Clock, systemClock } from "./clock.ts";
import { embeddingEndpoint } from "./embedding-endpoint.ts";
import { EmbeddingRequests } from "./embedding-requests.ts";
import { EmbeddingsClient } from "./embeddings-client.ts";
import { fakeClock } from "./fake-clock.test-helper.ts";

const never = new AbortController().signal;
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `text ${n}`);
const vectorsOf = (texts: readonly string[]) => texts.map((text) => expectedVector(text));
const sizes = ({ requests }: EmbeddingServer) => requests.map(({ body }) => body.input.length);
const closed: Reply = (_request, response) => void response.destroy();

function requestsTo<C extends Clock = ReturnType<typeof fakeClock>>(
  { url }: EmbeddingServer,
  given: { delayMs?: number; timeoutMs?: number; clock?: C } = {},
) {
  const { delayMs = 0, timeoutMs = 10_000, clock = fakeClock() as Clock as C } = given;
  const limits = { texts: 100, tokens: 10_000 };
  const endpoint = embeddingEndpoint(url);
  const client = new EmbeddingsClient({ endpoint, model: "m", key: undefined, dimension: undefined, timeoutMs });
  return { clock, requests: new EmbeddingRequests(client, limits, delayMs, clock) };
}

/** Refuses requests of too many characters, in all or in one text, as services do. */
function limited({ perRequest = Infinity, perText = Infinity }): Reply {
  const refuse = status(400, { error: { message: "maximum context length is 9 tokens" } });
  return (request: EmbeddingRequest, response) => {
    const lengths = request.body.input.map(({ length }) => length);
    const isRefused = lengths.reduce((sum, length) => sum + length, 0) > perRequest || Math.max(...lengths) > perText;
    return (isRefused ? refuse : answer)(request, response);
  };
}

describe("a failure that may pass", () => {
  it.each<[string, Reply]>([
    ["500", status(500)],
    ["502", status(502)],
    ["503", status(503)],
    ["504", status(504)],
    ["429", status(429)],
    ["a closed connection", closed],
    ["an answer that was cut off", words('{"data":[{"inde')],
  ])("is tried again, later each time: %s", async (_name, reply) => {
    const server = await startEmbeddingServer();
    server.next(reply, reply, reply);
    const { requests, clock } = requestsTo(server);
    expect(await requests.embedBatch(["one", "two"], never)).toEqual(vectorsOf(["one", "two"]));
    expect(sizes(server)).toEqual([2, 2, 2, 2]);
    expect(clock.waits).toEqual([250, 500, 1_000]);
  });

  it("is an error after some attempts", async () => {
    const server = await startEmbeddingServer(status(500, { error: "out of order" }));
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedBatch(["one", "two"], never)).rejects.toMatchObject({
      code: "EMBEDDER_FAILED",
      message: `The embedding service at ${server.url} failed (500): out of order.`,
    });
    expect(sizes(server)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(clock.waits).toEqual([250, 500, 1_000, 2_000, 4_000]);
  });

  it.each([429, 503])("is an error after more attempts if the service has too much to do: %i", async (code) => {
    const server = await startEmbeddingServer(status(code));
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedBatch(["one", "two"], never)).rejects.toMatchObject({
      code: code === 429 ? "EMBEDDER_RATE_LIMITED" : "EMBEDDER_FAILED",
    });
    expect(server.requests).toHaveLength(10);
    expect(clock.waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it("is tried again after as long as the service says, if that is not too long", async () => {
    const server = await startEmbeddingServer();
    const date = new Date().toUTCString();
    const later = new Date(Date.parse(date) + 20_000).toUTCString();
    server.next(
      status(429, {}, { "retry-after": "7" }),
      status(503, {}, { "retry-after": later, date }),
      status(429, {}, { "retry-after": "0" }),
      status(429, {}, { "retry-after": "soon" }),
    );
    const { requests, clock } = requestsTo(server);
    expect(await requests.embedBatch(["one"], never)).toEqual(vectorsOf(["one"]));
    expect(clock.waits).toEqual([7_000, 20_000, 1_000, 2_000]);
  });

  it.each(["3600", "9".repeat(400), new Date(Date.now() + 86_400_000).toUTCString()])(
    "is an error at once if the service wants to be left alone for too long: %s",
    async (wait) => {
      const server = await startEmbeddingServer(
        status(429, { message: "Come back tomorrow" }, { "retry-after": wait }),
      );
      const { requests, clock } = requestsTo(server);
      await expect(requests.embedBatch(["one", "two"], never)).rejects.toMatchObject({
        code: "EMBEDDER_RATE_LIMITED",
        message: expect.stringMatching(/for \S+ seconds: Come back tomorrow\.$/) as string,
      });
      expect(sizes(server)).toEqual([2]);
      expect(clock.waits).toEqual([]);
    },
  );

  it("is an error when several waits together are too long", async () => {
    const server = await startEmbeddingServer(status(429, {}, { "retry-after": "100" }));
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedBatch(["one"], never)).rejects.toMatchObject({ code: "EMBEDDER_RATE_LIMITED" });
    expect(clock.waits).toEqual([100_000, 100_000, 100_000]);
  });

  it("keeps every other request back as well, if the service has too much to do", async () => {
    const clock = fakeClock();
    const server = await startEmbeddingServer();
    server.next(status(429, {}, { "retry-after": "60" }));
    const { requests } = requestsTo(server, { clock });
    const sleep = clock.sleep.bind(clock);
    const { promise: other, resolve } = Promise.withResolvers<unknown>();
    // While the refused one waits, another one comes.
    clock.sleep = (ms, signal) => {
      clock.sleep = sleep;
      resolve(requests.embedQuery("another", signal));
      return sleep(ms, signal);
    };
    await requests.embedBatch(["one"], never);
    await other;
    expect(server.requests).toHaveLength(3);
    expect(clock.waits).toEqual([60_000, 60_000]);
  });
});

describe("a failure that cannot pass", () => {
  it.each<[string, Reply, string]>([
    ["400", status(400), "EMBEDDER_REQUEST_REFUSED"],
    ["401", status(401), "EMBEDDER_REFUSED"],
    ["403", status(403), "EMBEDDER_REFUSED"],
    ["404", status(404, { error: { message: "model not found" } }), "EMBEDDER_MODEL_NOT_FOUND"],
    ["405", status(405), "EMBEDDER_REQUEST_REFUSED"],
    ["418", status(418), "EMBEDDER_REQUEST_REFUSED"],
    ["501", status(501), "EMBEDDER_REQUEST_REFUSED"],
    ["a redirect", status(307, {}, { location: "http://127.0.0.1:9/" }), "EMBEDDER_REDIRECTED"],
    ["a web page", words("<html>"), "EMBEDDER_INVALID_ANSWER"],
    ["an answer with too little", words('{"data":[]}'), "EMBEDDER_INVALID_ANSWER"],
  ])("is an error at once: %s", async (_name, reply, code) => {
    const server = await startEmbeddingServer(reply);
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedBatch(["one", "two"], never)).rejects.toMatchObject({ code });
    expect(sizes(server)).toEqual([2]);
    expect(clock.waits).toEqual([]);
  });
});

describe("a request that is too large", () => {
  it("is cut in halves until it is small enough, and the next one is as small from the beginning", async () => {
    const server = await startEmbeddingServer(limited({ perRequest: 20 }));
    const { requests, clock } = requestsTo(server);
    const texts = numbered(9);
    expect(await requests.embedBatch(texts, never)).toEqual(vectorsOf(texts));
    expect(requests.limits.texts).toBe(2);
    expect(sizes(server).slice(0, 3)).toEqual([9, 5, 3]);
    expect(clock.waits).toEqual([]);
  });

  it("is cut also if the service says so with 413, with 429, or with 500", async () => {
    const texts = numbered(2);
    for (const refusal of [
      status(413),
      status(429, { error: { message: "Request too large for m on tokens per min" } }, { "retry-after": "60" }),
      status(500, { error: { message: "input is too large to process. increase the physical batch size" } }),
    ]) {
      const server = await startEmbeddingServer();
      server.next(refusal);
      const { requests, clock } = requestsTo(server);
      expect(await requests.embedBatch(texts, never)).toEqual(vectorsOf(texts));
      expect(sizes(server)).toEqual([2, 1, 1]);
      expect(clock.waits).toEqual([]);
    }
  });

  it("leaves out a text that alone is too long, and no other", async () => {
    const server = await startEmbeddingServer(limited({ perText: 50 }));
    const { requests } = requestsTo(server);
    const texts = ["one", "long ".repeat(20), "two", "three", "longer ".repeat(20)];
    expect(await requests.embedBatch(texts, never)).toEqual(
      texts.map((text) => (text.length > 50 ? undefined : expectedVector(text))),
    );
    // It was not the number of texts.
    expect(requests.limits.texts).toBe(100);
    await expect(requests.embedQuery("long ".repeat(20), never)).rejects.toMatchObject({
      code: "EMBEDDER_REQUEST_REFUSED",
      message: expect.stringContaining("maximum context length is 9 tokens") as string,
    });
  });

  it("gives every text that fits its own vector, whatever the limits and the texts are", async () => {
    let reply: Reply = answer;
    const server = await startEmbeddingServer((request, response) => reply(request, response));
    const text = fc.nat({ max: 40 }).map((length) => "x".repeat(length));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 40, max: 120 }),
        async (texts, perText, perRequest) => {
          reply = limited({ perText, perRequest });
          const vectors = await requestsTo(server).requests.embedBatch(texts, never);
          expect(vectors).toEqual(texts.map((given) => (given.length > perText ? undefined : expectedVector(given))));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("a service that does not answer in time", () => {
  // Long enough for a right answer on a busy machine.
  const timeoutMs = 500;

  it("is given less at a time", async () => {
    const server = await startEmbeddingServer((request, response) =>
      request.body.input.length > 2 ? silence(request, response) : answer(request, response),
    );
    const { requests } = requestsTo(server, { timeoutMs });
    const texts = numbered(4);
    expect(await requests.embedBatch(texts, never)).toEqual(vectorsOf(texts));
    expect(sizes(server)).toEqual([4, 2, 2]);
    expect(requests.limits.texts).toBe(2);
  });

  it("is asked for a single text again", async () => {
    const server = await startEmbeddingServer();
    server.next(silence);
    const { requests, clock } = requestsTo(server, { timeoutMs });
    expect(await requests.embedBatch(["one"], never)).toEqual(vectorsOf(["one"]));
    expect(clock.waits).toEqual([250]);
  });

  it("is given up after a time, however many texts there are", async () => {
    const clock = fakeClock();
    const server = await startEmbeddingServer(() => {
      clock.pass(120_000);
    });
    const { requests } = requestsTo(server, { timeoutMs, clock });
    await expect(requests.embedBatch(numbered(64), never)).rejects.toMatchObject({ code: "EMBEDDER_TIMED_OUT" });
    expect(sizes(server)).toEqual([64, 32, 16]);
  });

  it("has its time again once it has answered something", async () => {
    const clock = fakeClock();
    const server = await startEmbeddingServer((request, response) => {
      clock.pass(120_000);
      return request.body.input.length > 1 ? silence(request, response) : answer(request, response);
    });
    const { requests } = requestsTo(server, { timeoutMs, clock });
    const texts = numbered(4);
    expect(await requests.embedBatch(texts, never)).toEqual(vectorsOf(texts));
    expect(sizes(server)).toEqual([4, 2, 1, 1, 2, 1, 1]);
  });
});

describe("what somebody waits for, or can do without", () => {
  it("is not tried for long: a query", async () => {
    const server = await startEmbeddingServer(status(500));
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedQuery("one", never)).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
    expect(clock.waits).toEqual([250, 500]);
  });

  it("is refused at once where the service wants to be left alone for a minute", async () => {
    const server = await startEmbeddingServer(status(429, {}, { "retry-after": "60" }));
    const { requests, clock } = requestsTo(server);
    await expect(requests.embedQuery("one", never)).rejects.toMatchObject({
      code: "EMBEDDER_RATE_LIMITED",
      message: expect.stringContaining("for 60 seconds") as string,
    });
    expect(clock.waits).toEqual([]);
  });

  it("is not tried for long: texts that their caller can send otherwise", async () => {
    const server = await startEmbeddingServer(status(500));
    const { requests, clock } = requestsTo(server);
    const failing = requests.embedBatch(["one", "two"], never, { isBrief: true });
    await expect(failing).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
    expect(clock.waits).toEqual([250]);
    // A service that has too much to do is not one that fails on texts.
    server.next(...Array.from({ length: 5 }, () => status(429)), answer);
    expect(await requests.embedBatch(["one"], never, { isBrief: true })).toEqual(vectorsOf(["one"]));
  });

  it("waits in silence for less time than what is worth waiting for", async () => {
    const server = await startEmbeddingServer(silence);
    const timeoutMs = 50;
    const { requests } = requestsTo(server, { timeoutMs });
    const timedOut = { code: "EMBEDDER_TIMED_OUT" };
    await expect(requests.embedQuery("one", never)).rejects.toMatchObject(timedOut);
    await expect(requests.embedBatch(numbered(4), never, { isBrief: true })).rejects.toMatchObject(timedOut);
    await expect(requests.introduce("one", never)).rejects.toMatchObject(timedOut);
    expect(sizes(server)).toEqual([1, 4, 2, 1, 1, 1]);
  });
});

describe("a service that keeps its caller waiting", () => {
  it("is named after some seconds of silence, and then ever more rarely", async () => {
    const clock = fakeClock();
    const messages: string[] = [];
    const server = await startEmbeddingServer((request, response) => {
      clock.pass(4_000);
      expect(messages).toEqual([]);
      clock.pass(56_000);
      return answer(request, response);
    });
    const { requests } = requestsTo(server, { clock });
    const onNotice = ({ message }: { message: string }) => messages.push(message);
    await requests.embedBatch(["one"], never, { onNotice });
    expect(messages).toEqual(
      [5, 15, 35].map(
        (seconds) => `Waiting for the embedding service at ${server.url}, for ${seconds} seconds so far.`,
      ),
    );
  });

  it("is said to have failed, and how often it is tried", async () => {
    const server = await startEmbeddingServer(status(500, { error: "out of order" }));
    const { requests } = requestsTo(server);
    const notices: unknown[] = [];
    const failing = requests.embedBatch(["one"], never, { onNotice: (notice) => notices.push(notice) });
    await expect(failing).rejects.toMatchObject({ code: "EMBEDDER_FAILED" });
    const failed = `The embedding service at ${server.url} failed (500): out of order.`;
    expect(notices).toEqual([
      { type: "notice", code: "EMBEDDER_SLOW", message: `${failed} Waiting for ${server.url} (attempt 5 of 6).` },
    ]);
  });

  it("is said once however many requests wait, and not while others are answered", async () => {
    const clock = fakeClock();
    const messages: string[] = [];
    const onNotice = ({ message }: { message: string }) => messages.push(message);
    const server = await startEmbeddingServer();
    const { requests } = requestsTo(server, { clock });
    server.next(silence, silence);
    const controller = new AbortController();
    const hanging = ["one", "two"].map((text) => requests.embedBatch([text], controller.signal, { onNotice }));
    const settled = Promise.allSettled(hanging);
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(2);
    for (let n = 0; n < 4; n++) {
      clock.pass(4_000);
      await requests.embedBatch([`${n}`], never, { onNotice });
    }
    expect(messages).toEqual([]);
    clock.pass(6_000);
    controller.abort(new Error("stopped"));
    expect((await settled).map(({ status: end }) => end)).toEqual(["rejected", "rejected"]);
    expect(messages).toHaveLength(1);
  });
});

describe("requests", () => {
  it("are spaced by the delay, counted from start to start", async () => {
    const server = await startEmbeddingServer();
    const { requests, clock } = requestsTo(server, { delayMs: 500 });
    await requests.embedBatch(["one"], never);
    clock.pass(200);
    await requests.embedBatch(["two"], never);
    clock.pass(1_000);
    await requests.embedBatch(["three"], never);
    expect(clock.waits).toEqual([300]);
  });

  it("end with the signal's reason while they wait for another attempt", async () => {
    const server = await startEmbeddingServer(status(500));
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const { requests } = requestsTo(server, { clock: systemClock });
    const waiting = requests.embedBatch(["one"], controller.signal);
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(1);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});
