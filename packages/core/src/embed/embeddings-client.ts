import { embedderError } from "./embedder-errors.ts";
import type { EmbeddingEndpoint } from "./embedding-endpoint.ts";
import { type EmbeddingsAnswer, InvalidAnswerError, MAX_DIMENSION, readEmbeddings } from "./embeddings-response.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { ServiceFailure, failureOfRefusal, plainWords, serverWords } from "./service-failure.ts";

/** Bytes of a number in the widest JSON that is written: its digits, a comma, a line break and its indentation. */
const MAX_BYTES_PER_NUMBER = 40;
/** What surrounds the vectors, and what surrounds each. */
const MAX_BYTES_AROUND = 65_536;
const MAX_BYTES_AROUND_VECTOR = 256;
/** Whatever the number of texts; V8 has no longer strings than twice this. */
const MAX_ANSWER_BYTES = 268_435_456;
/** Of an error nobody reads more than a sentence. */
const MAX_ERROR_BYTES = 65_536;

/** Ends of a connection that say nothing of the next one, whether or not the service was ever reached. */
const passingErrors: ReadonlySet<unknown> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

export interface EmbeddingsClientOptions {
  readonly endpoint: EmbeddingEndpoint;
  readonly model: string | undefined;
  readonly key: string | undefined;
  /** Of the vectors, if it is known; else the first answer says it. */
  readonly dimension: number | undefined;
  /** For a whole request, its answer included, unless that has less. */
  readonly timeoutMs: number;
}

/**
 * Sends one request to `/v1/embeddings` and reads its answer: nothing is sent twice here, and no redirect is followed.
 * The key is in a private field and never leaves it but in the header of a request.
 */
export class EmbeddingsClient {
  readonly #endpoint: EmbeddingEndpoint;
  readonly #model: string | undefined;
  readonly #key: string | undefined;
  readonly #timeoutMs: number;
  #dimension: number | undefined;
  /** What the service calls a model that was not named. */
  #nameless: string | undefined;
  /** A third of the bytes of numbers in decimals, and exact. Services that do not know it answer with numbers. */
  #encoding: "base64" | "float" = "base64";
  /** A service that was never reached is rather misaddressed than restarting. */
  #wasReached = false;

  constructor({ endpoint, model, key, dimension, timeoutMs }: EmbeddingsClientOptions) {
    this.#endpoint = endpoint;
    this.#model = model;
    this.#key = key;
    this.#dimension = dimension;
    this.#timeoutMs = timeoutMs;
  }

  /** What messages call the service. */
  get service(): string {
    return this.#endpoint.service;
  }

  /**
   * @param maxMs milliseconds that this request has at most.
   * @throws ServiceFailure; the signal's reason when it is aborted.
   */
  async embed(texts: readonly string[], signal: AbortSignal, maxMs: number = Infinity): Promise<EmbeddingsAnswer> {
    const timeoutMs = Math.min(this.#timeoutMs, maxMs);
    signal.throwIfAborted();
    // Not `AbortSignal.any` and `AbortSignal.timeout`: what joins them is kept until the time is over.
    const request = new AbortController();
    const stop = () => request.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const timer = setTimeout(() => request.abort(new Error("timed out")), timeoutMs);
    try {
      return await this.#exchange(texts, request.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (request.signal.aborted) {
        const seconds = timeoutMs / 1_000;
        throw new ServiceFailure("timed-out", embedderError("EMBEDDER_TIMED_OUT", { ...this.#named, seconds }));
      }
      throw error instanceof ServiceFailure ? error : this.#connectionFailure(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  async #exchange(texts: readonly string[], signal: AbortSignal): Promise<EmbeddingsAnswer> {
    const response = await fetch(this.#endpoint.url, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
      },
      body: JSON.stringify({ model: this.#model, input: texts, encoding_format: this.#encoding }),
      redirect: "manual",
      signal,
    });
    this.#wasReached = true;
    if (response.status >= 300 && response.status < 400) throw await this.#redirection(response);
    if (response.ok) {
      const text = await readText(response, maxAnswerBytes(texts.length, this.#dimension));
      if (text === undefined) throw this.#invalid("final", "it is longer than it can be");
      return this.#accept(text, texts.length);
    }
    const text = (await readText(response, MAX_ERROR_BYTES)) ?? "";
    const waitMs = parseRetryAfter(response.headers.get("retry-after"), response.headers.get("date"), Date.now());
    const words = serverWords(text, this.#key);
    if (this.#encoding === "base64" && response.status < 500 && /encoding_format|base64/i.test(words.signs)) {
      this.#encoding = "float";
      return this.#exchange(texts, signal);
    }
    throw this.#refusal(response.status, text, waitMs);
  }

  #accept(text: string, count: number): EmbeddingsAnswer {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      if (/^\s*</.test(text)) throw this.#invalid("final", "it is a web page");
      throw this.#invalid("transient", "it is no JSON, or was cut off");
    }
    // Some services and proxies say that all went well, and in the answer that it did not.
    if (typeof json === "object" && json !== null && "error" in json && !("data" in json)) {
      const { error } = json;
      const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : 500;
      throw this.#refusal(code >= 400 && code < 600 ? code : 500, text, undefined);
    }
    return this.#sameModel(this.#read(json, count));
  }

  /** Vectors of two models must not stand in one index; a service may have been restarted with another one. */
  #sameModel(answer: EmbeddingsAnswer): EmbeddingsAnswer {
    const length = answer.vectors[0]?.length ?? 0;
    const dimension = (this.#dimension ??= length);
    if (length !== dimension) {
      const details = { ...this.#named, expected: dimension, found: length };
      throw new ServiceFailure("final", embedderError("EMBEDDER_DIMENSION_CHANGED", details));
    }
    // It goes into the index, and must not take the key there.
    const found = plainWords(answer.model ?? "", this.#key);
    const expected = (this.#nameless ??= found);
    if (this.#model === undefined && found !== expected)
      throw new ServiceFailure("final", embedderError("EMBEDDER_MODEL_CHANGED", { ...this.#named, expected, found }));
    return { ...answer, model: found === "" ? undefined : found };
  }

  #read(json: unknown, count: number): EmbeddingsAnswer {
    try {
      return readEmbeddings(json, count);
    } catch (error) {
      if (error instanceof InvalidAnswerError) throw this.#invalid("final", error.message);
      throw error;
    }
  }

  #refusal(status: number, text: string, waitMs: number | undefined): ServiceFailure {
    const { url, service } = this.#endpoint;
    const words = serverWords(text, this.#key);
    const hasKey = this.#key !== undefined;
    return failureOfRefusal({ url, service, model: this.#model, hasKey, status, words, waitMs });
  }

  #invalid(kind: "transient" | "final", detail: string): ServiceFailure {
    return new ServiceFailure(kind, embedderError("EMBEDDER_INVALID_ANSWER", { ...this.#named, detail }));
  }

  async #redirection(response: Response): Promise<ServiceFailure> {
    await response.body?.cancel();
    const target = URL.parse(response.headers.get("location") ?? "", this.#endpoint.url);
    const place = target === null ? "nowhere" : plainWords(`${target.origin}${target.pathname}`, this.#key);
    return new ServiceFailure("final", embedderError("EMBEDDER_REDIRECTED", { ...this.#named, target: place }));
  }

  #connectionFailure(thrown: unknown): ServiceFailure {
    if (!(thrown instanceof TypeError)) throw thrown;
    // fetch says "fetch failed", and the reason in its cause.
    const reason = thrown.cause instanceof Error ? thrown.cause : thrown;
    const code = "code" in reason && typeof reason.code === "string" ? reason.code : "";
    const detail = plainWords(reason.message || code || "the connection failed", this.#key);
    const kind = this.#wasReached || passingErrors.has(code) ? "transient" : "final";
    return new ServiceFailure(kind, embedderError("EMBEDDER_UNREACHABLE", { ...this.#named, detail }));
  }

  get #named(): { readonly service: string } {
    return { service: this.#endpoint.service };
  }
}

/** Enough for any answer that is right; an endless one must not fill the memory. */
function maxAnswerBytes(count: number, dimension: number = MAX_DIMENSION): number {
  const vectors = count * (MAX_BYTES_AROUND_VECTOR + dimension * MAX_BYTES_PER_NUMBER);
  return Math.min(MAX_BYTES_AROUND + vectors, MAX_ANSWER_BYTES);
}

/** The body, unpacked; undefined and the connection closed if it is longer than `maxBytes`. */
async function readText({ body }: Response, maxBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
