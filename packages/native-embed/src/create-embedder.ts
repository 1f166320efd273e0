import { setImmediate } from "node:timers/promises";

import type { ModelMemory, TextModel } from "./architectures/text-model.ts";
import { defaultModelPath } from "./default-model.ts";
import { nativeEmbedError } from "./errors.ts";
import { leaseModel } from "./shared-models.ts";
import type { ModelLease } from "./shared-models.ts";

export interface EmbedderOptions {
  /** Path of a GGUF file; by default the model that ships with the package. */
  readonly model?: string | undefined;
}

/** A text to be found later, alone or with words about where it stands, such as the names of its file and folders. */
export type EmbedderDocument = string | { readonly text: string; readonly context?: string | undefined };

/** Text → vector. Vectors have length 1, so that their dot product is their cosine; unknown text gives zeros. */
export interface NativeEmbedder {
  /** SHA-256 of the model file, 64 hexadecimal digits: differs whenever vectors may. */
  readonly modelId: string;
  /** The model's own name. */
  readonly name: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /**
   * One vector of `dimension` numbers per document, in order. Timers and I/O get their turn at least every
   * 64 documents, or 131,072 characters if that is sooner. Rejects with the reason of `signal` once it is
   * aborted, with `EMBEDDER_CLOSED` after `close`.
   */
  embedDocuments(documents: readonly EmbedderDocument[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** The vector to compare those of documents with. Rejects with `EMBEDDER_CLOSED` after `close`. */
  embedQuery(text: string): Promise<Float32Array>;
  memory(): EmbedderMemory;
  /** Gives the model back; its memory is free once every embedder of the same file is closed. May be repeated. */
  close(): Promise<void>;
}

/** What the model holds, in bytes, all of it outside the JavaScript heap; shared by the embedders of one file. */
export interface EmbedderMemory extends ModelMemory {
  readonly total: number;
}

/**
 * An embedder for a model file. The file is loaded for the first embedder of it in the process and shared with
 * the others.
 * Rejects with a `NativeEmbedError` when the file is missing, damaged or not supported.
 */
export async function createEmbedder(options: EmbedderOptions = {}): Promise<NativeEmbedder> {
  return new SharedEmbedder(await leaseModel(options.model ?? defaultModelPath));
}

const SLICE_DOCUMENTS = 64;
const SLICE_CHARACTERS = 131_072;

class SharedEmbedder implements NativeEmbedder {
  readonly modelId: string;
  readonly name: string;
  readonly dimension: number;
  /** Given up on closing, so that a closed embedder that is still referred to does not keep the model in memory. */
  #lease: ModelLease | undefined;

  constructor(lease: ModelLease) {
    this.modelId = lease.model.id;
    this.name = lease.model.name;
    this.dimension = lease.model.text.dimension;
    this.#lease = lease;
  }

  async embedDocuments(documents: readonly EmbedderDocument[], signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    let sliceDocuments = 0;
    let sliceCharacters = 0;
    for (const document of documents) {
      if (sliceDocuments === SLICE_DOCUMENTS || sliceCharacters >= SLICE_CHARACTERS) {
        await setImmediate();
        sliceDocuments = 0;
        sliceCharacters = 0;
      }
      signal?.throwIfAborted();
      const { text, context = "" } = typeof document === "string" ? { text: document } : document;
      vectors.push(this.#open().embedDocument(text, context));
      sliceDocuments++;
      sliceCharacters += text.length + context.length;
    }
    return vectors;
  }

  async embedQuery(text: string): Promise<Float32Array> {
    return this.#open().embedQuery(text);
  }

  memory(): EmbedderMemory {
    const memory = this.#open().memory();
    return { ...memory, total: memory.weights + memory.vocabulary + memory.scratch };
  }

  async close(): Promise<void> {
    this.#lease?.release();
    this.#lease = undefined;
  }

  #open(): TextModel {
    if (this.#lease === undefined) throw nativeEmbedError("EMBEDDER_CLOSED", this.name);
    return this.#lease.model.text;
  }
}
