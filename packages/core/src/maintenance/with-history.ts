import type { MaintenanceResult } from "../model/maintenance.ts";

/** What maintenance did to the files and to the history of a workspace, added up; `indexStats` stay those of the files. */
export function withHistory(files: MaintenanceResult, history: MaintenanceResult): MaintenanceResult {
  const compaction = sum(files.compaction, history.compaction);
  const cleanup = sum(files.cleanup, history.cleanup);
  return {
    ...files,
    ...(compaction === undefined ? {} : { compaction }),
    ...(cleanup === undefined ? {} : { cleanup }),
    indexRebuilt: files.indexRebuilt || history.indexRebuilt,
    durationMs: files.durationMs + history.durationMs,
    stepMs: sum(files.stepMs, history.stepMs),
    failures: [...files.failures, ...history.failures],
    notes: [...new Set([...files.notes, ...history.notes])],
    interrupted: files.interrupted || history.interrupted,
  };
}

/** Adds figures up by name. */
function sum<T extends object | undefined>(some: T, others: T): T {
  if (some === undefined || others === undefined) return some ?? others;
  const figures = new Map<string, number>(Object.entries(some));
  for (const [name, figure] of Object.entries(others)) figures.set(name, (figures.get(name) ?? 0) + Number(figure));
  return Object.fromEntries(figures) as T;
}
