import type { DatabaseDiagnostics, Finding, FindingCode, IndexStats, Remedy, Severity } from "@resona/core";

import type { FolderHealth } from "./folder-health.ts";

export const stats: IndexStats = {
  workspace: "/home/ada/shop",
  indexPath: "/home/ada/shop/.resona",
  modelId: "0".repeat(64),
  modelName: "small-code-model",
  dimension: 256,
  schemaVersion: 3,
  lastIndexedAt: "2026-05-04T11:55:00Z",
  files: 1_234,
  chunks: 10_000,
  oversizedChunks: 0,
  versions: 42,
  fragments: 7,
  unindexedRows: 250,
  indexes: [
    { column: "base_id", indexedRows: 10_000, unindexedRows: 0, bytes: 1_000 },
    { column: "terms", indexedRows: 9_750, unindexedRows: 250, bytes: 1_000 },
  ],
  diskBytes: 14_200_000,
  skipped: { binary: 3, generated: 12 },
  skippedPaths: {},
  filesFailed: 2,
  failures: [
    { path: "src/a.ts", message: "permission denied" },
    { path: "src/b.ts", message: "permission denied" },
  ],
  languages: [{ language: "typescript", files: 1_234, chunks: 10_000 }],
};

/** Five minutes after {@link stats} says that the folder was indexed. */
export const now: Date = new Date("2026-05-04T12:00:00Z");

export function finding(code: FindingCode, severity: Severity, remedy: Remedy["kind"]): Finding {
  return { code, severity, sentence: `This is ${code}.`, remedy: { kind: remedy, sentence: `Do something about it.` } };
}

export function diagnosed(...findings: readonly Finding[]): DatabaseDiagnostics {
  return { totalRows: 10_000, version: 42, reclaimableBytes: 3_000_000, findings };
}

/** A folder whose index is well. */
export function healthy(more: Partial<FolderHealth> = {}): FolderHealth {
  return {
    id: "file:///home/ada/shop",
    name: "shop",
    phase: { kind: "idle" },
    isPaused: false,
    hasIndex: true,
    hasUnindexedChanges: false,
    stats,
    diagnostics: diagnosed(),
    memoryBytes: 212_000_000,
    ...more,
  };
}
