import type { SkipReason } from "./skip-reason.ts";

/** Failures named one by one; a folder that cannot be read may have any number. */
export const MAX_FAILURES_LISTED = 100;

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
  /** Chunks longer than the embedding model reads: their ends are found by their words only. */
  readonly truncatedChunks: number;
  /** Tokens that the embedding model reads of a chunk; absent for a model that reads all of it. */
  readonly maxTokens?: number;
  /** Of all files found, by reason. */
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly filesFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly FileFailure[];
  readonly bytesRead: number;
  readonly durationMs: number;
  /** Highest resident memory seen, in bytes. */
  readonly peakRssBytes: number;
}

/** A file that could not be indexed in this run; it is tried again in the next. */
export interface FileFailure {
  readonly path: string;
  readonly message: string;
}

/** The state of an index, measured and not changed. */
export interface IndexStats {
  readonly indexPath: string;
  readonly workspace: string;
  readonly modelId: string;
  /** Absent for an index that does not say. */
  readonly modelName?: string;
  /** Absolute; absent for the built-in model. */
  readonly modelPath?: string;
  readonly dimension: number;
  readonly schemaVersion: number;
  readonly files: number;
  readonly chunks: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
  readonly filesFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly FileFailure[];
  /** Files and chunks by language. */
  readonly languages: readonly LanguageCount[];
  /** LanceDB versions kept, over both tables. */
  readonly versions: number;
  readonly fragments: number;
  /** Rows of the chunk table that the full-text index does not cover yet. */
  readonly unindexedRows: number;
  readonly diskBytes: number;
  /** ISO 8601; absent before the first completed run. */
  readonly lastIndexedAt?: string;
}

export interface LanguageCount {
  readonly language: string;
  readonly files: number;
  readonly chunks: number;
}
