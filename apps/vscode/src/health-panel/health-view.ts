import type { Examination } from "../health/examination.ts";
import type { FolderHealth } from "../health/folder-health.ts";
import type { HealthHistory } from "../health/health-history.ts";
import type { MaintenanceRun } from "../health/maintenance-run.ts";
import type { MemoryTrace } from "../health/memory-trace.ts";

/** All that the page shows, of one folder. */
export interface HealthView {
  /** All of the workspace, to choose from. */
  readonly folders: readonly { readonly id: string; readonly name: string }[];
  readonly health: FolderHealth;
  readonly history: HealthHistory;
  readonly memory: MemoryTrace | undefined;
  readonly maintenance: MaintenanceRun | undefined;
  readonly examination: Examination | undefined;
  readonly now: Date;
}

/** Whether something is under way that others must wait for. */
export function isBusy({ health: { phase }, maintenance }: HealthView): boolean {
  return phase.kind === "indexing" || phase.kind === "maintaining" || maintenance?.kind === "running";
}
