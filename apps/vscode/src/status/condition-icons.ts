import type { FolderCondition } from "../health/folder-condition.ts";

/** The editor's icon for each condition. */
export const conditionIcons: Readonly<Record<FolderCondition, string>> = {
  down: "error",
  failed: "error",
  broken: "error",
  restarting: "sync~spin",
  indexing: "sync~spin",
  maintaining: "tools",
  starting: "loading~spin",
  paused: "debug-pause",
  "written-elsewhere": "lock",
  stale: "history",
  "needs-maintenance": "tools",
  unmeasured: "circle-outline",
  ready: "database",
  "no-index": "circle-slash",
};
