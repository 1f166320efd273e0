import type { Index } from "@lancedb/lancedb";

import { loadLance } from "./lance.ts";

/** The kinds of index that Resona uses. `vector` is IVF with RaBitQ, 4 bits a dimension. */
export type IndexKind = "btree" | "bitmap" | "full-text" | "vector";

/** An index that a table should have. */
export interface WantedIndex {
  readonly column: string;
  readonly kind: IndexKind;
}

/** What LanceDB is told to make an index of a kind; its objects are good for one use. */
export async function indexConfig(kind: IndexKind): Promise<Index> {
  const { Index: make } = await loadLance();
  switch (kind) {
    case "btree":
      return make.btree();
    case "bitmap":
      return make.bitmap();
    case "full-text":
      // The terms are split already (`text/identifier-terms.ts`); positions made LanceDB's merging of indexes panic.
      return make.fts({
        baseTokenizer: "whitespace",
        stem: false,
        removeStopWords: false,
        asciiFolding: false,
        withPosition: false,
      });
    case "vector":
      return make.ivfRq({ distanceType: "cosine", numBits: VECTOR_INDEX_BITS });
  }
}

/** With one bit the index is a third of the size, and needs twice the candidates for the same recall. */
const VECTOR_INDEX_BITS = 4;

/**
 * Partitions of a vector index that a query looks into. LanceDB makes √rows of them and looks into 20, which finds 87 %
 * of the true neighbours among 450,000 chunks; an eighth finds 99 %.
 */
export function partitionsToProbe(rows: number): number {
  return Math.max(50, Math.ceil(Math.sqrt(rows) / 8));
}

/** Of this many times the candidates wanted, the exact distance decides. */
export const REFINE_FACTOR = 10;
