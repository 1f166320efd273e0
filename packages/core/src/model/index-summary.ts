import type { SkipReason } from "./skip-reason.ts";

/** Failures named one by one; a folder that cannot be read may have any number. */
export const MAX_FAILURES_LISTED = 100;

/** Skipped files named of each reason, as examples: there may be very many. */
export const MAX_SKIPS_NAMED = 5;

/** What one indexing run did. */
export interface IndexSummary {
  /** `interrupted`: stopped by its signal; everything committed stays and the next run continues. */
  readonly status: "completed" | "interrupted";
  readonly filesFound: number;
  readonly filesUnchanged: number;
  readonly filesIndexed: number;
  readonly filesRemoved: number;
  /** Files that the index holds now, from this run and those before it. */
  readonly filesInIndex: number;
  readonly chunksWritten: number;
  /** Of these, how many were not embedded because a chunk of the same content had been. */
  readonly reusedEmbeddings: number;
  /** Commits. */
  readonly batchesProcessed: number;
  /** Chunks that the index holds now; compared with the file records at the end of a run. */
  readonly collectionCount: number;
  /** Chunks longer than the embedding model reads: their ends are found by their words only. */
  readonly truncatedChunks: number;
  /** Left out by an embedding service for their length: found by their words only. */
  readonly oversizedChunks: number;
  /** Tokens that the embedding model reads of a chunk; absent for a model that reads all of it. */
  readonly maxTokens?: number;
  /** Of all files found, by reason. */
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly filesFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly FileFailure[];
  readonly bytesRead: number;
  /** Commits embedded to keep the history current; absent where nobody has asked for it, or it was not possible. */
  readonly commitsIndexed?: number;
  readonly durationMs: number;
  /** Highest resident memory seen, in bytes. */
  readonly peakRssBytes: number;
}

/** A file that could not be indexed in this run; it is tried again in the next. */
export interface FileFailure {
  readonly path: string;
  readonly message: string;
}

/** What an index says of itself. */
export interface IndexDescription {
  readonly indexPath: string;
  readonly modelId: string;
  /** Absent for an index that does not say. */
  readonly modelName?: string;
  /** Absolute; absent for the built-in model. */
  readonly modelPath?: string;
  readonly dimension: number;
  readonly schemaVersion: number;
  /** ISO 8601; absent before the first completed run. */
  readonly lastIndexedAt?: string;
}

/** The size and the shape of an index's tables. */
export interface StorageStats {
  readonly chunks: number;
  /** Of these, without a vector, because an embedding service found them too long: found by their words only. */
  readonly oversizedChunks: number;
  /** LanceDB versions kept, over all tables. */
  readonly versions: number;
  readonly fragments: number;
  /** Rows of the chunk table that the full-text index does not cover yet. */
  readonly unindexedRows: number;
  /** Of the chunk table. */
  readonly indexes: readonly IndexCoverage[];
  readonly diskBytes: number;
}

/** How much of its table an index covers; queries scan the other rows one by one. */
export interface IndexCoverage {
  readonly column: string;
  readonly indexedRows: number;
  readonly unindexedRows: number;
  readonly bytes: number;
}

/** The state of a workspace's index, measured and not changed. */
export interface IndexStats extends IndexDescription, StorageStats {
  readonly workspace: string;
  readonly files: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
  /** Some of them: the first 5 of each reason. */
  readonly skippedPaths: Partial<Record<SkipReason, readonly string[]>>;
  readonly filesFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly FileFailure[];
  /** Commits of the history that can be searched; absent where nobody has asked for it, or they cannot be counted. */
  readonly commits?: number;
  /** Files and chunks by language. */
  readonly languages: readonly LanguageCount[];
}

export interface LanguageCount {
  readonly language: string;
  readonly files: number;
  readonly chunks: number;
}
