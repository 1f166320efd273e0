import { createHash } from "node:crypto";

import type { Embedder } from "../embed/embedder.ts";
import type { Chunk } from "../model/chunk.ts";
import type { EmbeddedChunk, VectorReader } from "../store/store.ts";
import { documentTerms } from "../text/identifier-terms.ts";

/** A chunk and the path of its file; an item has none. */
export type PlacedChunk = Chunk & { readonly path: string };

/**
 * Makes chunks ready to be stored. Where the model sees a chunk's content alone, a vector that the index has of the same
 * content is taken over, wherever it was: moved files, other branches and worktrees cost no embedding.
 */
export class ChunkEmbedder {
  readonly #embedder: Embedder;
  readonly #stored: VectorReader;
  #reused = 0;

  constructor(embedder: Embedder, stored: VectorReader) {
    this.#embedder = embedder;
    this.#stored = stored;
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
    const known = await this.#stored.vectorsOf([...new Set(keys)]);
    const missing = new Map<string, PlacedChunk>();
    for (const [at, key] of keys.entries()) if (!known.has(key)) missing.set(key, chunks[at]!);
    const made = missing.size === 0 ? [] : await this.#vectorsOf([...missing.values()], signal);
    const vectors = new Map(known);
    for (const [at, key] of [...missing.keys()].entries()) {
      const vector = made[at];
      if (vector) vectors.set(key, vector);
    }
    this.#reused += chunks.length - missing.size;
    return chunks.map((chunk, at) => {
      const vector = vectors.get(keys[at]!);
      return vector
        ? { ...embedded(chunk, vector), vectorKey: keys[at]! }
        : embedded(chunk, new Float32Array(dimension));
    });
  }

  /** Undefined for a chunk that is too long for the model: it is found by its words. */
  async #vectorsOf(
    chunks: readonly PlacedChunk[],
    signal: AbortSignal,
  ): Promise<readonly (Float32Array | undefined)[]> {
    const vectors = await this.#embedder.embedDocuments(chunks, signal);
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
