import { createHash } from "node:crypto";

import type { Embedder, EmbeddingDocument, OnNotice } from "../embed/embedder.ts";
import type { Chunk } from "../model/chunk.ts";
import type { EmbeddedChunk, VectorReader } from "../store/store.ts";
import { documentTerms } from "../text/identifier-terms.ts";

/** A chunk and the path of its file; an item has none. */
export type PlacedChunk = Chunk & { readonly path: string };

/** Vectors that are kept at hand: what comes many times is looked up once. */
const MAX_RECENT = 2_048;
/** Nothing is wrong with it. */
const plainText: EmbeddingDocument = { path: "", scope: [], symbols: [], text: "text" };

/**
 * Makes chunks ready to be stored. Where the model sees a chunk's content alone, a vector that the index has of the same
 * content is taken over, wherever it is: moved and copied files, and what two branches share, cost no embedding.
 */
export class ChunkEmbedder {
  readonly #embedder: Embedder;
  readonly #stored: VectorReader;
  /** By key, the one that was used last at the end. */
  readonly #recent = new Map<string, Float32Array>();
  readonly #onNotice: OnNotice | undefined;
  #reused = 0;

  constructor(embedder: Embedder, stored: VectorReader, onNotice?: OnNotice) {
    this.#embedder = embedder;
    this.#stored = stored;
    this.#onNotice = onNotice;
  }

  /** Chunks so far that were not embedded, because their content had been before. */
  get reused(): number {
    return this.#reused;
  }

  /**
   * @returns the chunks, in order.
   * @throws what the embedder throws; the signal's reason when it is aborted.
   */
  async embed(chunks: readonly PlacedChunk[], signal: AbortSignal): Promise<EmbeddedChunk[]> {
    if (chunks.length === 0) return [];
    const { readsPath, dimension } = this.#embedder;
    if (readsPath) {
      const vectors = await this.#vectorsOf(chunks, signal);
      return chunks.map((chunk, at) => embedded(chunk, vectors[at] ?? new Float32Array(dimension)));
    }
    const keys = chunks.map(contentKey);
    const vectors = await this.#known(new Set(keys));
    const missing = new Map<string, PlacedChunk>();
    for (const [at, chunk] of chunks.entries()) if (!vectors.has(keys[at]!)) missing.set(keys[at]!, chunk);
    const made = missing.size === 0 ? [] : await this.#vectorsOf([...missing.values()], signal);
    for (const [at, key] of [...missing.keys()].entries()) {
      // What is kept must not keep the buffer of its whole batch.
      const vector = made[at]?.slice();
      if (vector) vectors.set(key, vector);
    }
    this.#remember(vectors);
    this.#reused += chunks.length - missing.size;
    return chunks.map((chunk, at) => {
      const vector = vectors.get(keys[at]!);
      return vector
        ? { ...embedded(chunk, vector), vectorKey: keys[at]! }
        : embedded(chunk, new Float32Array(dimension));
    });
  }

  /**
   * Embeds a plain text, to see whether that can be done at all. What `embed` does not try for long this does: a service
   * that is down for a moment is waited for here.
   *
   * @throws what the embedder throws; the signal's reason when it is aborted.
   */
  async check(signal: AbortSignal): Promise<void> {
    await this.#embedder.embedDocuments([plainText], signal, { onNotice: this.#onNotice });
  }

  async #known(keys: ReadonlySet<string>): Promise<Map<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const key of keys) {
      const recent = this.#recent.get(key);
      if (recent) vectors.set(key, recent);
    }
    const others = [...keys].filter((key) => !vectors.has(key));
    for (const [key, vector] of await this.#stored.vectorsOf(others)) vectors.set(key, vector);
    return vectors;
  }

  #remember(vectors: ReadonlyMap<string, Float32Array>): void {
    for (const [key, vector] of vectors) {
      this.#recent.delete(key);
      this.#recent.set(key, vector);
    }
    for (const key of this.#recent.keys()) {
      if (this.#recent.size <= MAX_RECENT) break;
      this.#recent.delete(key);
    }
  }

  /** Undefined for a chunk that is too long for the model: it is found by its words. */
  async #vectorsOf(
    chunks: readonly PlacedChunk[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]> {
    const waiting = { isBrief: true, onNotice: this.#onNotice };
    const vectors = await this.#embedder.embedDocuments(chunks, signal, waiting);
    if (vectors.length !== chunks.length)
      throw new RangeError(`The embedder gave ${vectors.length} vectors for ${chunks.length} chunks.`);
    return vectors;
  }
}

function embedded({ path, ...chunk }: PlacedChunk, vector: Float32Array): EmbeddedChunk {
  return { ...chunk, terms: documentTerms({ ...chunk, path }), vector };
}

/** 128 bits of SHA-256 over all that a model which does not read the path is given, in 22 characters of base64url. */
function contentKey({ scope, text }: Chunk): string {
  const content = JSON.stringify([scope, text]);
  return createHash("sha256").update(content).digest().subarray(0, 16).toString("base64url");
}
