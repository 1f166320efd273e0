import type { FileOutcome, FileRecord } from "../model/file-record.ts";
import { type FileFailure, type LanguageCount, MAX_FAILURES_LISTED, MAX_SKIPS_NAMED } from "../model/index-summary.ts";
import type { SkipReason } from "../model/skip-reason.ts";

/** What the file records add up to. */
export interface FileCounts {
  /** Files that are in the index. */
  readonly files: number;
  readonly skipped: Partial<Record<SkipReason, number>>;
  /** The first 5 of each reason. */
  readonly skippedPaths: Partial<Record<SkipReason, readonly string[]>>;
  readonly filesFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly FileFailure[];
  /** Of all of them together. */
  readonly chunkCount: number;
  /** Most chunks first. */
  readonly languages: readonly LanguageCount[];
}

/** Adds up a stream of file records. */
export async function countFileRecords(batches: AsyncIterable<readonly FileRecord[]>): Promise<FileCounts> {
  let files = 0;
  let filesFailed = 0;
  let chunks = 0;
  const skipped: Partial<Record<SkipReason, number>> = {};
  const skippedPaths: Partial<Record<SkipReason, string[]>> = {};
  const failures: FileFailure[] = [];
  const languages = new Map<string, { language: string; files: number; chunks: number }>();
  for await (const batch of batches) {
    for (const { path, language, chunkCount, outcome } of batch) {
      chunks += chunkCount;
      if (outcome.kind === "indexed") {
        files++;
        const count = languages.get(language) ?? { language, files: 0, chunks: 0 };
        languages.set(language, { language, files: count.files + 1, chunks: count.chunks + chunkCount });
      } else if (outcome.kind === "skipped") {
        const { reason } = outcome;
        skipped[reason] = (skipped[reason] ?? 0) + 1;
        const named = (skippedPaths[reason] ??= []);
        if (named.length < MAX_SKIPS_NAMED) named.push(path);
      }
      const message = failureOf(outcome);
      if (message === undefined) continue;
      filesFailed++;
      if (failures.length < MAX_FAILURES_LISTED) failures.push({ path, message });
    }
  }
  return {
    files,
    skipped,
    skippedPaths,
    filesFailed,
    failures,
    chunkCount: chunks,
    languages: [...languages.values()].toSorted((a, b) => b.chunks - a.chunks),
  };
}

/** Why the file could not be indexed when it was last looked at; undefined if it could. */
function failureOf(outcome: FileOutcome): string | undefined {
  if (outcome.kind === "failed") return outcome.message;
  return outcome.kind === "indexed" ? outcome.failure : undefined;
}
