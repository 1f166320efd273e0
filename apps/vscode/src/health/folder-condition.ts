import type { Finding } from "@resona/core";

import type { FolderHealth } from "./folder-health.ts";

/** The one thing to be said of a folder. Where several folders are summed up, the first of these is said. */
export const conditions = [
  "down",
  "failed",
  "broken",
  "restarting",
  "indexing",
  "maintaining",
  "starting",
  "paused",
  "written-elsewhere",
  "stale",
  "needs-maintenance",
  "unmeasured",
  "ready",
  "no-index",
] as const;

export type FolderCondition = (typeof conditions)[number];

/** What to say of a folder: what its engine is at, and if that is nothing, the worst that was found in its index. */
export function folderCondition(folder: FolderHealth): FolderCondition {
  const { phase, isPaused, diagnostics, hasUnindexedChanges } = folder;
  if (phase.kind === "built-elsewhere") return "written-elsewhere";
  if (phase.kind === "unmeasured" && isPaused) return "paused";
  if (phase.kind !== "idle") return phase.kind;
  const findings = diagnostics?.findings ?? [];
  if (findings.some(({ severity }) => severity === "error")) return "broken";
  if (isPaused) return "paused";
  if (findings.some(({ code }) => code === "LOCK_HELD")) return "written-elsewhere";
  if (hasUnindexedChanges || findings.some(isStaleness)) return "stale";
  return findings.some(isMaintenanceDue) ? "needs-maintenance" : "ready";
}

/** The index is not what indexing now would make of the folder. */
function isStaleness({ severity, code, remedy }: Finding): boolean {
  // A file that cannot be read fails again with every run: that is to be known, and no reason to keep asking for a run.
  if (severity === "info" || code === "FILES_FAILED") return false;
  return remedy.kind === "index" || remedy.kind === "rebuild";
}

function isMaintenanceDue({ severity, remedy }: Finding): boolean {
  return severity === "warning" && remedy.kind === "maintain";
}
