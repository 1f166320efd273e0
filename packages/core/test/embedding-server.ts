import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { onTestFinished } from "vitest";

/** What a client has asked for. */
export interface EmbeddingRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly model?: string; readonly input: readonly string[]; readonly encoding_format?: string };
}

/** Answers a request, or does not. */
export type Reply = (request: EmbeddingRequest, response: ServerResponse) => void | Promise<void>;

/** A server of `/v1/embeddings` on loopback that does what it is told, however wrong. */
export interface EmbeddingServer {
  readonly port: number;
  /** Without a path. */
  readonly url: string;
  /** In order of arrival. */
  readonly requests: readonly EmbeddingRequest[];
  /** The most requests that were being answered at one time. */
  readonly mostAtOnce: number;
  /** Replies to the next requests, one each; then the usual reply goes on. */
  next(...replies: readonly Reply[]): void;
}

const SERVED_DIMENSION = 8;

/** The vector of a text, not normalised: another one for another text. */
function servedVector(input: string, dimension: number = SERVED_DIMENSION): Float32Array {
  let state = 2_166_136_261;
  for (const char of input) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return Float32Array.from({ length: dimension }, () => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1;
    return (state % 1_000) / 10;
  });
}

/** What every embedder is to make of a text that this server embeds. */
export function expectedVector(input: string, dimension: number = SERVED_DIMENSION): Float32Array {
  const vector = servedVector(input, dimension);
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

/** The embeddings of a request in OpenAI's shape, in the format that was asked for. */
export function embeddingsOf(
  { body }: EmbeddingRequest,
  dimension: number = SERVED_DIMENSION,
): { object: string; index: number; embedding: number[] | string }[] {
  return body.input.map((input, index) => {
    const vector = servedVector(input, dimension);
    const embedding = body.encoding_format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return { object: "embedding", index, embedding };
  });
}

/** Answers as it should. */
export const answer: Reply = (request, response) => {
  const data = embeddingsOf(request);
  const usage = { prompt_tokens: 1, total_tokens: 1 };
  sendJson(response, { object: "list", data, model: request.body.model ?? "served-model", usage });
};

/** Answers with a status, a body of JSON and headers. */
export function status(code: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Reply {
  return (_request, response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** Answers 200 with what is made of the request. */
export function json(make: (request: EmbeddingRequest) => unknown): Reply {
  return (request, response) => {
    sendJson(response, make(request));
  };
}

/** Answers 200 with these words. */
export function words(body: string, type = "application/json"): Reply {
  return (_request, response) => {
    response.writeHead(200, { "content-type": type }).end(body);
  };
}

/** Takes the request and says nothing. */
export const silence: Reply = () => undefined;

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Runs until the test ends; requests that are still open then are cut off. */
export async function startEmbeddingServer(usual: Reply = answer): Promise<EmbeddingServer> {
  const requests: EmbeddingRequest[] = [];
  const queue: Reply[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    response.once("close", () => atOnce--);
    const body = JSON.parse(await text(incoming)) as EmbeddingRequest["body"];
    const request = { path: incoming.url ?? "", headers: incoming.headers, body };
    requests.push(request);
    await (queue.shift() ?? usual)(request, response);
  };
  const server = createServer((incoming, response) => {
    // A client that goes away is what some tests are about.
    response.on("error", () => undefined);
    serve(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    get mostAtOnce() {
      return mostAtOnce;
    },
    next: (...replies) => void queue.push(...replies),
  };
}
