/* From where on maintenance is due. */

/** Every run adds a fragment or two; 19 of them make a query a tenth slower than one does. */
export const MAX_SMALL_FRAGMENTS = 16;

/** A scan of this many rows that the full-text index misses adds about 30 ms to a query; the other indexes, less. */
export const MAX_UNINDEXED_ROWS = 5_000;
/** A large table is slow to merge into its indexes, so that it may miss more. */
export const MAX_UNINDEXED_SHARE = 0.02;

/**
 * Numbers in all vectors together from which a vector index pays: 250,000 vectors of 256 dimensions. Comparing a query
 * with that many takes 75 to 100 ms of processor time and reads 128 MB, with the index 6 ms. Below, an index has costs
 * alone: it finds 99 % of what comparing finds, and keeps fragments of different segments apart.
 */
export const MIN_INDEXED_VECTOR_VALUES = 64_000_000;
/**
 * LanceDB adds a segment to a vector index with every extension and merges them never, nor fragments of different
 * segments: with 75 of each, queries took ten times as long. Only an index made anew has one segment.
 */
export const MAX_VECTOR_SEGMENTS = 6;
/** When rows have become that many more or fewer, the partitions that the index was made with have the wrong size. */
export const MAX_VECTOR_DRIFT = 0.5;

/** Manifests of that many versions, written anew with every commit, take space and time of every opening. */
export const MAX_VERSIONS = 100;
/** Space is worth freeing from this share of the live data on, */
export const MAX_RECLAIMABLE_SHARE = 0.5;
/** and from this many bytes on. */
export const MIN_RECLAIMABLE_BYTES = 32_000_000;

/** Versions younger than this stay for those who read them. */
export const DEFAULT_RETENTION_DAYS = 7;
/** Share of the rows that an index may miss when maintenance is asked for. */
export const DEFAULT_STALE_SHARE = 0.1;
