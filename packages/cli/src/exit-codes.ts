import type { DatabaseDiagnostics, EmbedSummary, IndexSummary, MaintenanceResult } from "@resona/core";

/** How a command ended. Commands return one of these; only this file knows the numbers. */
export type Outcome = keyof typeof exitCodes;

export const exitCodes = {
  /** The work is done; a search found something. */
  done: 0,
  /** A search without hits, or a workspace with nothing to index. */
  "nothing-found": 1,
  /** A model was inspected that Resona cannot use. */
  "not-supported": 1,
  /** Something is the matter with the index that costs speed, space or answers. */
  unhealthy: 1,
  /** The command could not do its work, no file could be indexed (one of them with `--strict`), or the arguments were wrong. */
  trouble: 2,
  /** Stopped by SIGINT or SIGTERM; what was indexed stays. */
  interrupted: 130,
} as const;

/** @param strict whether one failed file is trouble. */
export function indexOutcome(summary: IndexSummary, strict = false): Outcome {
  if (summary.status === "interrupted") return "interrupted";
  if (summary.filesFailed === 0) return hasNothingToIndex(summary) ? "nothing-found" : "done";
  // One bad file spoils nothing; it is named in the summary and tried again in the next run. Skipped files are among the
  // unchanged ones, but not in the index.
  const someIsIndexed = summary.filesIndexed > 0 || (summary.filesUnchanged > 0 && summary.filesInIndex > 0);
  return !strict && someIsIndexed ? "done" : "trouble";
}

/**
 * @param brokenLines lines of the input that were no JSON.
 * @param strict whether one line that was left out is trouble.
 */
export function embedOutcome(summary: EmbedSummary, brokenLines: number, strict = false): Outcome {
  if (summary.status === "interrupted") return "interrupted";
  if (summary.itemsFailed + brokenLines === 0) return summary.itemsRead === 0 ? "nothing-found" : "done";
  // One bad line spoils nothing; it is named.
  return !strict && summary.itemsRead - summary.itemsFailed > 0 ? "done" : "trouble";
}

export function searchOutcome(result: { readonly hits: readonly unknown[] }): Outcome {
  return result.hits.length > 0 ? "done" : "nothing-found";
}

export function maintenanceOutcome({ failures, interrupted }: MaintenanceResult): Outcome {
  if (failures.length > 0) return "trouble";
  return interrupted ? "interrupted" : "done";
}

export function healthOutcome({ findings }: Pick<DatabaseDiagnostics, "findings">): Outcome {
  return findings.some(({ severity }) => severity !== "info") ? "unhealthy" : "done";
}

/** Whether every file that was found, if any, was skipped. */
export function hasNothingToIndex(summary: IndexSummary): boolean {
  const skipped = Object.values(summary.skipped).reduce((sum, count) => sum + count, 0);
  return summary.status === "completed" && summary.filesFound - skipped <= 0;
}
