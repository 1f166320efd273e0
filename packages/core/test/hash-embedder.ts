import { createHash } from "node:crypto";

import type { Embedder } from "../src/embed/embedder.ts";

/**
 * A deterministic embedder without a model, for tests: texts that share words get similar vectors. Each word adds a
 * direction taken from its hash.
 */
export function createHashEmbedder(dimension = 32): Embedder {
  const embed = (text: string): Float32Array => {
    const vector = new Float32Array(dimension);
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
      const hash = createHash("sha256").update(word).digest();
      for (let i = 0; i < dimension; i++) vector[i] = (vector[i] ?? 0) + (hash[i % hash.length] ?? 0) - 127.5;
    }
    const norm = Math.hypot(...vector);
    return norm === 0 ? vector : vector.map((value) => value / norm);
  };
  return {
    modelId: `hash-${dimension}`,
    modelName: "hash",
    dimension,
    readsPath: false,
    maxTokens: Number.POSITIVE_INFINITY,
    embedDocuments: async (documents) => documents.map(({ text }) => embed(text)),
    embedQuery: async (query) => embed(query),
    statistics: () => ({ truncatedDocuments: 0, oversizedDocuments: 0, replacedThreads: 0 }),
    close: async () => undefined,
  };
}
