import type { MaintenanceResult, StorageStats } from "@resona/core";

import type { Paint } from "./paint.ts";
import { counted, formatBytes, formatCount, formatDuration, printable } from "./text.ts";

/** The size of an index before and after maintenance; undefined where it could not be measured. */
export interface StorageChange {
  readonly before: StorageStats | undefined;
  readonly after: StorageStats | undefined;
}

/** What maintenance did: a sentence, a table of before and after, and what did not go as asked. */
export function formatMaintenance(result: MaintenanceResult, change: StorageChange, paint: Paint): string {
  const lines = [
    summaryOf(result, change),
    ...formatChange(change),
    ...result.notes.map((note) => `${paint("note", "note:")} ${printable(note)}`),
    ...result.failures.map(
      ({ step, table, code, message }) =>
        `${paint("error", `error[${code}]:`)} ${step} of ${table}: ${printable(message)}`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function summaryOf(
  { compaction, cleanup, indexRebuilt, interrupted, durationMs }: MaintenanceResult,
  { before, after }: StorageChange,
): string {
  // How many are left is what counts: LanceDB's own number includes fragments that it made itself and merged again.
  const isMerged = before && after ? after.fragments < before.fragments : (compaction?.fragmentsRemoved ?? 0) > 0;
  const done = [
    ...(isMerged ? ["fragments merged"] : []),
    ...(indexRebuilt ? ["indexes brought up to date"] : []),
    ...(cleanup !== undefined && cleanup.versionsRemoved > 0
      ? [`${counted(cleanup.versionsRemoved, "old version")} removed, ${formatBytes(cleanup.bytesRemoved)} freed`]
      : []),
  ];
  const what = done.length === 0 ? "nothing needed to be done" : done.join("; ");
  return `${interrupted ? "Interrupted" : "Maintained"} in ${formatDuration(durationMs)}: ${what}.`;
}

function formatChange({ before, after }: StorageChange): string[] {
  if (after === undefined) return [];
  const cell = (stats: StorageStats | undefined, value: (stats: StorageStats) => string) =>
    stats === undefined ? "unknown" : value(stats);
  const rows = [
    ["", "before", "after"],
    ...rowsOfChange.map(([name, value]) => [name, cell(before, value), value(after)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([name = "", ...values]) =>
    ["", name.padEnd(widths[0] ?? 0), ...values.map((value, column) => value.padStart(widths[column + 1] ?? 0))].join(
      "  ",
    ),
  );
}

const rowsOfChange: readonly (readonly [string, (stats: StorageStats) => string])[] = [
  ["Fragments", ({ fragments }) => formatCount(fragments)],
  ["Versions", ({ versions }) => formatCount(versions)],
  ["Rows not indexed", ({ unindexedRows }) => formatCount(unindexedRows)],
  ["Disk", ({ diskBytes }) => formatBytes(diskBytes)],
];

/** The same for a JSON document. */
export function maintenanceFields(result: MaintenanceResult, { before, after }: StorageChange): object {
  const { compaction, indexStats, cleanup } = result;
  return {
    compaction:
      compaction === undefined
        ? null
        : { fragmentsRemoved: compaction.fragmentsRemoved, filesCreated: compaction.filesCreated },
    indexRebuilt: result.indexRebuilt,
    indexStats:
      indexStats === undefined
        ? null
        : { numIndexedRows: indexStats.numIndexedRows, numUnindexedRows: indexStats.numUnindexedRows },
    cleanup:
      cleanup === undefined ? null : { bytesRemoved: cleanup.bytesRemoved, versionsRemoved: cleanup.versionsRemoved },
    durationMs: result.durationMs,
    stepMs: result.stepMs,
    failures: result.failures.map(({ step, table, code, message }) => ({ step, table, code, message })),
    notes: result.notes,
    interrupted: result.interrupted,
    before: before === undefined ? null : storageFields(before),
    after: after === undefined ? null : storageFields(after),
  };
}

function storageFields({ fragments, versions, unindexedRows, diskBytes }: StorageStats): object {
  return { fragments, versions, unindexedRows, diskBytes };
}
