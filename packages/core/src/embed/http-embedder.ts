import { createHash } from "node:crypto";

import { type TaskPrefixes, taskPrefixes } from "@resona/native-embed";

import { concurrentMap } from "../support/concurrent-map.ts";
import { type Clock, systemClock } from "./clock.ts";
import { embedderError } from "./embedder-errors.ts";
import type { Embedder, EmbeddingDocument, OnNotice, Waiting } from "./embedder.ts";
import { type EmbeddingEndpoint, embeddingEndpoint, embeddingKey } from "./embedding-endpoint.ts";
import { EmbeddingRequests } from "./embedding-requests.ts";
import { EmbeddingsClient } from "./embeddings-client.ts";
import { requestBatches } from "./request-batches.ts";
import { RequestSlots } from "./request-slots.ts";

/** Raise when what is sent for a document changes. */
const DOCUMENT_LAYOUT = 2;
/** The limit of OpenAI, and of services that follow it. */
const MAX_TEXTS = 2_048;
/**
 * OpenAI takes 300,000 tokens in a request, and code has more than estimated. A service on a desk computes a few
 * thousand a second and should answer well within the timeout.
 */
const MAX_TOKENS = { remote: 200_000, local: 32_000 } as const;
const DELAY_MS = { remote: 500, local: 0 } as const;
const CONCURRENCY = { remote: 2, local: 4 } as const;
const TIMEOUT_MS = 120_000;

const noPrefixes: TaskPrefixes = { query: "", document: "" };

/** A model that an embedding service runs. */
export interface HttpModel {
  /** http or https, with or without `/v1`, without a password or a query. */
  readonly url: string;
  /** What the service calls the model; services of one model (llama.cpp, TEI) need none. */
  readonly model?: string | undefined;
  /**
   * From a store of secrets. By default RESONA_EMBEDDING_KEY, and for api.openai.com OPENAI_API_KEY, from the
   * environment. Never logged, stored or repeated in an error.
   */
  readonly key?: string | undefined;
  /** Agrees to send texts to a host that is neither this machine nor in its private network; false by default. */
  readonly remoteEmbedding?: boolean | undefined;
  /** Of the vectors of the index to be searched: with it and `model`, no request is made before the first text. */
  readonly dimension?: number | undefined;
  /** What the model was trained to find before queries and documents; nothing by default. */
  readonly prefixes?: TaskPrefixes | undefined;
  /** Texts in a request at most, 2,048 by default; fewer if they are long. */
  readonly batchSize?: number | undefined;
  /**
   * Tokens in a request at most, estimated at 4 characters each; by default 200,000, and 32,000 for a local service. A
   * longer text is sent alone.
   */
  readonly batchTokens?: number | undefined;
  /** Milliseconds between the starts of two requests; by default 500, and 0 for a local service. */
  readonly delayMs?: number | undefined;
  /** Requests under way at a time; by default 2, and 4 for a local service. */
  readonly concurrency?: number | undefined;
  /**
   * Milliseconds for one request and its answer, 120,000 by default, and never more than 30,000 for a query or to learn
   * what the service is; `fetch` itself ends a silence of 300,000.
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * A model behind `/v1/embeddings` as OpenAI, Ollama, llama.cpp, vLLM and TEI speak it. Unless the dimension and the
 * model are given, one word is sent to learn them.
 *
 * Requests go out through Node's `fetch`, which uses the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY only if
 * NODE_USE_ENV_PROXY=1 is set (from Node 22.21 and 24.0 on), and then for localhost too unless NO_PROXY names it.
 *
 * @throws ResonaError EMBEDDER_URL_INVALID, EMBEDDER_CONSENT_MISSING, EMBEDDER_KEY_INVALID, EMBEDDER_KEY_UNPROTECTED
 * before anything is sent; from then on EMBEDDER_UNREACHABLE, EMBEDDER_TIMED_OUT, EMBEDDER_REFUSED,
 * EMBEDDER_MODEL_NOT_FOUND, EMBEDDER_ENDPOINT_NOT_FOUND, EMBEDDER_REDIRECTED, EMBEDDER_RATE_LIMITED, EMBEDDER_FAILED,
 * EMBEDDER_REQUEST_REFUSED, EMBEDDER_INVALID_ANSWER, EMBEDDER_DIMENSION_CHANGED, EMBEDDER_MODEL_CHANGED; the signal's
 * reason when it is aborted.
 * @param waiting for the answer to that word.
 */
export async function createHttpEmbedder(
  model: HttpModel,
  signal: AbortSignal = new AbortController().signal,
  waiting?: Waiting,
  clock: Clock = systemClock,
): Promise<Embedder> {
  const endpoint = embeddingEndpoint(model.url);
  const { service, isLocal } = endpoint;
  if (!isLocal && model.remoteEmbedding !== true) throw embedderError("EMBEDDER_CONSENT_MISSING", { service });
  const key = embeddingKey(endpoint, model.key);
  const place = isLocal ? "local" : "remote";
  const name = model.model?.trim() || undefined;
  const { dimension, timeoutMs = TIMEOUT_MS } = model;
  const client = new EmbeddingsClient({ endpoint, model: name, key, dimension, timeoutMs });
  const limits = { texts: model.batchSize ?? MAX_TEXTS, tokens: model.batchTokens ?? MAX_TOKENS[place] };
  const requests = new EmbeddingRequests(client, limits, model.delayMs ?? DELAY_MS[place], clock);
  const identity = await identify(endpoint, { model: name, dimension }, requests, signal, waiting);
  return new ServiceEmbedder(identity, requests, model.prefixes ?? noPrefixes, model.concurrency ?? CONCURRENCY[place]);
}

/** What a known model was trained to find before queries and documents. */
export function servicePrefixes(model: string | undefined): TaskPrefixes {
  return model === undefined ? noPrefixes : taskPrefixes({ name: model, metadata: new Map() });
}

/**
 * What stands for a model of a service in an index's fingerprint: its name and what is made of texts before they are
 * sent. Not the address: a service moves to another port or machine, or behind a proxy, and its vectors stay the same.
 * That two services mean the same model by a name cannot be told from outside; a name that one of them has reused for
 * another model neither, except by the dimension.
 *
 * @param name `modelName` of an embedder.
 */
export function httpModelId(name: string, dimension: number, prefixes: TaskPrefixes = noPrefixes): string {
  const parts = ["/v1/embeddings", DOCUMENT_LAYOUT, name, dimension, prefixes.query, prefixes.document];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

interface ModelIdentity {
  readonly name: string;
  readonly dimension: number;
}

async function identify(
  { url }: EmbeddingEndpoint,
  { model, dimension }: Pick<HttpModel, "model" | "dimension">,
  requests: EmbeddingRequests,
  signal: AbortSignal,
  waiting: Waiting | undefined,
): Promise<ModelIdentity> {
  if (model !== undefined && dimension !== undefined) return { name: model, dimension };
  const answer = await requests.introduce("dimension", signal, waiting);
  // Older llama.cpp calls whatever it runs by the name of a chat model.
  const answered = answer.model?.startsWith("gpt-") === true ? undefined : answer.model;
  // Nothing else tells two nameless models apart.
  return { name: model ?? answered ?? new URL(url).host, dimension: answer.vectors[0]?.length ?? 0 };
}

class ServiceEmbedder implements Embedder {
  readonly modelId: string;
  readonly modelName: string;
  readonly dimension: number;
  readonly readsPath: boolean = false;
  /** Nothing is cut off: what the model cannot read is given back. */
  readonly maxTokens: number = Number.POSITIVE_INFINITY;
  readonly #requests: EmbeddingRequests;
  readonly #prefixes: TaskPrefixes;
  readonly #concurrency: number;
  readonly #slots: RequestSlots;
  readonly #closing = new AbortController();
  #oversizedDocuments = 0;

  constructor(
    { name, dimension }: ModelIdentity,
    requests: EmbeddingRequests,
    prefixes: TaskPrefixes,
    concurrency: number,
  ) {
    this.modelId = httpModelId(name, dimension, prefixes);
    this.modelName = name;
    this.dimension = dimension;
    this.#requests = requests;
    this.#prefixes = prefixes;
    this.#concurrency = concurrency;
    this.#slots = new RequestSlots(concurrency);
  }

  async embedDocuments(
    documents: readonly EmbeddingDocument[],
    signal?: AbortSignal,
    waiting?: Waiting,
  ): Promise<(Float32Array | undefined)[]> {
    const failing = new AbortController();
    const stopped = AbortSignal.any([this.#orClosing(signal), failing.signal]);
    const batches = requestBatches(this.#textsOf(documents), this.#requests.limits);
    const embedded = concurrentMap(batches, this.#concurrency, async (batch) => {
      try {
        return await this.#slots.run(stopped, () => this.#requests.embedBatch(batch, stopped, waiting));
      } catch (error) {
        // The other requests of this call are of no use any more.
        failing.abort(error);
        throw error;
      }
    });
    const vectors: (Float32Array | undefined)[] = [];
    for await (const batch of embedded) vectors.push(...batch);
    this.#oversizedDocuments += vectors.filter((vector) => vector === undefined).length;
    return vectors;
  }

  /** Waits for no slot: a search must not stand behind the requests of a run. */
  async embedQuery(query: string, signal?: AbortSignal, onNotice?: OnNotice): Promise<Float32Array> {
    const text = `${this.#prefixes.query}${query}`.toWellFormed();
    const { vectors } = await this.#requests.embedQuery(text, this.#orClosing(signal), onNotice);
    // An answer without a vector for each text was refused before.
    return vectors[0] ?? new Float32Array(this.dimension);
  }

  statistics(): ReturnType<Embedder["statistics"]> {
    return { truncatedDocuments: 0, replacedThreads: 0, oversizedDocuments: this.#oversizedDocuments };
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("The embedder was closed."));
  }

  #orClosing(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  /** A first line says in what a text stands, as a reader would want to know. */
  *#textsOf(documents: readonly EmbeddingDocument[]): Generator<string> {
    for (const { scope, text } of documents) {
      const place = scope.join(" ");
      // A lone surrogate is no JSON that every service reads.
      yield `${this.#prefixes.document}${place === "" ? "" : `${place}\n`}${text}`.toWellFormed();
    }
  }
}
