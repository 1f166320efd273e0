import { resonaError } from "../errors.ts";
import type { MaintenanceOptions, MaintenanceResult } from "../model/maintenance.ts";
import type { IndexState, LanceTable } from "../store/lance-table.ts";
import { maintainTable } from "./maintain-table.ts";
import { recordAfter, readMaintenanceRecord, writeMaintenanceRecord } from "./maintenance-record.ts";
import { MaintenanceRun, type MaintenanceSettings } from "./maintenance-run.ts";
import { DEFAULT_RETENTION_DAYS, DEFAULT_STALE_SHARE } from "./thresholds.ts";

const DAY_MS = 86_400_000;

/**
 * Maintains tables: sweeps what killed writers left behind, merges fragments, brings the indexes up to date, removes
 * versions that are older than the retention. For the holder of the writer's lock. Readers go on meanwhile: each stays
 * on the version that it has opened, as long as the retention lets that version live. Doing it twice is safe; a kill at
 * any moment leaves tables that open, with every row that was committed.
 *
 * LanceDB for Node has one call for all of it, `optimize`: it merges fragments, then removes versions, then extends the
 * indexes. What can be had apart, and how:
 *
 * - compaction alone: with a time before which nothing was written no version goes. That the indexes are extended
 *   cannot be had without; `notes` say where `skipIndex` asked for it. Nor can a number of rows per fragment.
 * - indexes alone: made anew.
 * - cleanup alone: LanceDB's call when there is nothing left to merge; else the files of versions are removed one by
 *   one (`store/expired-versions.ts`), which also makes space on a full disk, where merging fails.
 *
 * A step that fails is in the result, and what does not depend on it is done all the same. An index that cannot be read
 * or extended is made anew; what failed for want of space is tried once more when cleanup has freed some.
 *
 * @param folder of the index; `maintenance.json` is kept there.
 * @throws ResonaError OPTION_INVALID; LOCK_LOST from `assertHeld`, which is called before each step.
 */
export async function maintainTables(
  tables: readonly LanceTable[],
  folder: string,
  options: MaintenanceOptions & { readonly assertHeld?: () => void } = {},
): Promise<MaintenanceResult> {
  const startedAt = performance.now();
  const run = new MaintenanceRun(folder, settingsOf(options));
  if (options.targetRowsPerFragment !== undefined)
    run.notes.push("targetRowsPerFragment has no effect: LanceDB merges fragments up to 1,048,576 rows.");
  const record = await readMaintenanceRecord(folder);
  for (const table of tables) await maintainTable(table, run, record.vectorIndexRows[table.name]);
  const result = run.result();
  const { tried, vectorIndexRows } = run;
  if (result.failures.length > 0 || tried.some(({ step }) => step !== "sweep"))
    await writeMaintenanceRecord(folder, recordAfter(record, { tried, failures: result.failures, vectorIndexRows }));
  return { ...result, ...(await indexStats(tables)), durationMs: performance.now() - startedAt };
}

function settingsOf(options: MaintenanceOptions & { readonly assertHeld?: () => void }): MaintenanceSettings {
  const { retentionDays = DEFAULT_RETENTION_DAYS, indexStaleThreshold, onlyIfNeeded = false } = options;
  requireNumber("retentionDays", retentionDays, Infinity);
  if (indexStaleThreshold !== undefined) requireNumber("indexStaleThreshold", indexStaleThreshold, 1);
  const { skipCompaction = false, skipIndex = false, skipCleanup = false } = options;
  return {
    skipCompaction,
    skipIndex,
    skipCleanup,
    onlyIfNeeded,
    cutOff: cutOffOf(retentionDays),
    staleShare: indexStaleThreshold ?? (onlyIfNeeded ? undefined : DEFAULT_STALE_SHARE),
    onProgress: options.onProgress,
    signal: options.signal,
    assertHeld: options.assertHeld,
  };
}

/** Options may come from plain JavaScript. */
function requireNumber(option: string, value: number, most: number): void {
  if (Number.isFinite(value) && value >= 0 && value <= most) return;
  const range = most === Infinity ? "0 or a greater number" : `a number from 0 to ${most}`;
  throw resonaError("OPTION_INVALID", { option, detail: `must be ${range}, not ${String(value)}` });
}

function cutOffOf(retentionDays: number): Date {
  // LanceDB removes what is older than the time, and what this run replaces is as old as now.
  if (retentionDays === 0) return new Date(Date.now() + DAY_MS);
  return new Date(Math.max(0, Date.now() - retentionDays * DAY_MS));
}

/** Of the index that covers the fewest rows. */
async function indexStats(tables: readonly LanceTable[]): Promise<Pick<MaintenanceResult, "indexStats">> {
  const indexes: IndexState[] = [];
  // A table whose state cannot be read is among the failures.
  for (const table of tables) indexes.push(...((await table.state().catch(() => undefined))?.indexes ?? []));
  const [worst] = indexes.toSorted((a, b) => a.indexedRows - b.indexedRows || b.unindexedRows - a.unindexedRows);
  return worst ? { indexStats: { numIndexedRows: worst.indexedRows, numUnindexedRows: worst.unindexedRows } } : {};
}
