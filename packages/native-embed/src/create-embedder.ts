import { availableParallelism } from "node:os";

import { poolings } from "./architectures/text-model.ts";
import type { ModelInput, ModelMemory, ModelOutput, Pooling, TextModel } from "./architectures/text-model.ts";
import { defaultModelPath } from "./default-model.ts";
import { nativeEmbedError } from "./errors.ts";
import { leaseModel } from "./shared-models.ts";
import type { ModelLease } from "./shared-models.ts";
import type { TaskPrefixes } from "./task-prefixes.ts";

export interface EmbedderOptions {
  /** Path of a GGUF file; by default the model that ships with the package. */
  readonly model?: string | undefined;
  /**
   * Threads that compute vectors, 1 to 256; by default one less than there are processor cores, at least 1. The first
   * embedder of a file decides for all others of it. Static models need none.
   */
  readonly threads?: number | undefined;
  /** Texts are cut off after so many tokens, 8 or more; by default, and at most, after as many as the model takes. */
  readonly maxTokens?: number | undefined;
  /** How a text's vector is made of those of its tokens, instead of what the file says. Some files do not say. */
  readonly pooling?: Pooling | undefined;
  /** What is put before every query and every document, instead of what the model's card asks for. */
  readonly prefixes?: Partial<TaskPrefixes> | undefined;
  /** Ends the loading, not the embedder, once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A text to be found later, alone or with words about where it stands, such as the names of its file and folders. */
export type EmbedderDocument = string | { readonly text: string; readonly context?: string | undefined };

/** Text → vector. Vectors have length 1, so that their dot product is their cosine; unknown text gives zeros. */
export interface NativeEmbedder {
  /**
   * SHA-256 of the model file, 64 hexadecimal digits. Vectors of different ids must not be compared, nor those of
   * embedders with another `pooling`, other `prefixes` or another `maxTokens`.
   */
  readonly modelId: string;
  /** The model's own name. */
  readonly name: string;
  /** `general.architecture` of the file, such as `bert`. */
  readonly architecture: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Tokens after which a text is cut off; `Infinity` for static models, which read all of any text. */
  readonly maxTokens: number;
  /** Threads that compute vectors; 0 when that is done on the calling thread. */
  readonly threads: number;
  /** What is put before texts. */
  readonly prefixes: TaskPrefixes;
  /**
   * One vector of `dimension` numbers per document, in order. Timers and I/O get their turn at least every
   * 64 documents, or 131,072 characters if that is sooner. Rejects with the reason of `signal` once it is
   * aborted, with `EMBEDDER_CLOSED` after `close`, with `EMBED_WORKER_FAILED` when a text ends the thread that works
   * on it and the next one too.
   */
  embedDocuments(documents: readonly EmbedderDocument[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** The vector to compare those of documents with; goes before documents that wait. Rejects as `embedDocuments`. */
  embedQuery(text: string, signal?: AbortSignal): Promise<Float32Array>;
  /** Tokens of a document as the model is given it, with prefix, context and special tokens, before it is cut off. */
  countTokens(document: EmbedderDocument): number;
  /** What this embedder has done so far. */
  statistics(): EmbedderStatistics;
  memory(): EmbedderMemory;
  /**
   * Ends what this embedder has under way and gives the model back. Once every embedder that shares it is closed, its
   * threads have ended and its memory is V8's to collect. May be repeated.
   */
  close(): Promise<void>;
}

export interface EmbedderStatistics {
  readonly documents: number;
  readonly queries: number;
  /** Tokens that the vectors are made of. */
  readonly tokens: number;
  /** Documents that were longer than `maxTokens`: their vectors say nothing of their ends. */
  readonly truncatedDocuments: number;
  readonly truncatedQueries: number;
  /** Threads of the model, whoever used it, that ended by themselves and were replaced. */
  readonly replacedThreads: number;
}

/** What the model holds, in bytes, all of it outside the JavaScript heap; shared by the embedders of one file. */
export interface EmbedderMemory extends ModelMemory {
  readonly total: number;
}

/**
 * An embedder for a model file. The file is loaded for the first embedder of it in the process and shared with
 * the others that have the same `pooling` and `maxTokens`.
 * Rejects with a `NativeEmbedError` when the file is missing, damaged or not supported, or an option is out of its
 * bounds; with the reason of `signal` once it is aborted.
 */
export async function createEmbedder(options: EmbedderOptions = {}): Promise<NativeEmbedder> {
  const { model = defaultModelPath, threads = defaultThreads(), maxTokens, pooling, prefixes, signal } = options;
  checkInteger("threads", threads, 1, MOST_THREADS);
  if (maxTokens !== undefined) checkInteger("maxTokens", maxTokens, FEWEST_TOKENS, Number.MAX_SAFE_INTEGER);
  if (pooling !== undefined && !poolings.includes(pooling)) {
    throw nativeEmbedError("INVALID_OPTION", "pooling", `it must be one of ${poolings.join(", ")}`);
  }
  const lease = await leaseModel(model, { threads, maxTokens, pooling, signal });
  const { query, document } = lease.model.prefixes;
  return new SharedEmbedder(lease, { query: prefixes?.query ?? query, document: prefixes?.document ?? document });
}

const MOST_THREADS = 256;
/** Room for the special tokens and some text between them. */
const FEWEST_TOKENS = 8;

/** One core is left to the thread that reads, parses and stores. */
function defaultThreads(): number {
  return Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));
}

function checkInteger(option: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
  throw nativeEmbedError("INVALID_OPTION", option, `it must be a whole number ${bounds}, not ${String(value)}`);
}

class SharedEmbedder implements NativeEmbedder {
  readonly modelId: string;
  readonly name: string;
  readonly architecture: string;
  readonly dimension: number;
  readonly maxTokens: number;
  readonly threads: number;
  readonly prefixes: TaskPrefixes;
  /** Given up on closing, so that a closed embedder that is still referred to does not keep the model in memory. */
  #lease: ModelLease | undefined;
  #release: Promise<void> | undefined;
  readonly #closing = new AbortController();
  readonly #documents: Tally = { texts: 0, truncated: 0 };
  readonly #queries: Tally = { texts: 0, truncated: 0 };
  #tokens = 0;

  constructor(lease: ModelLease, prefixes: TaskPrefixes) {
    const { id, name, text } = lease.model;
    this.modelId = id;
    this.name = name;
    this.architecture = text.architecture;
    this.dimension = text.dimension;
    this.maxTokens = text.maxTokens;
    this.threads = text.threads;
    this.prefixes = prefixes;
    this.#lease = lease;
  }

  async embedDocuments(documents: readonly EmbedderDocument[], signal?: AbortSignal): Promise<Float32Array[]> {
    const inputs = documents.map((document) => this.#documentInput(document));
    const outputs = await this.#open().embed(inputs, { signal: this.#orClosing(signal) });
    return this.#counted(outputs, this.#documents);
  }

  async embedQuery(text: string, signal?: AbortSignal): Promise<Float32Array> {
    const inputs = [{ prefix: this.prefixes.query, context: "", text }];
    const outputs = await this.#open().embed(inputs, { signal: this.#orClosing(signal), urgent: true });
    return this.#counted(outputs, this.#queries)[0]!;
  }

  countTokens(document: EmbedderDocument): number {
    return this.#open().countTokens(this.#documentInput(document));
  }

  statistics(): EmbedderStatistics {
    return {
      documents: this.#documents.texts,
      queries: this.#queries.texts,
      tokens: this.#tokens,
      truncatedDocuments: this.#documents.truncated,
      truncatedQueries: this.#queries.truncated,
      replacedThreads: this.#open().crashes,
    };
  }

  memory(): EmbedderMemory {
    const memory = this.#open().memory();
    return { ...memory, total: memory.weights + memory.vocabulary + memory.scratch };
  }

  close(): Promise<void> {
    this.#closing.abort(nativeEmbedError("EMBEDDER_CLOSED", this.name));
    this.#release ??= this.#lease?.release();
    this.#lease = undefined;
    return this.#release ?? Promise.resolve();
  }

  #open(): TextModel {
    if (this.#lease === undefined) throw nativeEmbedError("EMBEDDER_CLOSED", this.name);
    return this.#lease.model.text;
  }

  #orClosing(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  #documentInput(document: EmbedderDocument): ModelInput {
    const { text, context = "" } = typeof document === "string" ? { text: document } : document;
    return { prefix: this.prefixes.document, context, text };
  }

  #counted(outputs: readonly ModelOutput[], tally: Tally): Float32Array[] {
    for (const { tokens, isTruncated } of outputs) {
      tally.texts++;
      if (isTruncated) tally.truncated++;
      this.#tokens += tokens;
    }
    return outputs.map(({ vector }) => vector);
  }
}

interface Tally {
  texts: number;
  truncated: number;
}
