import type { MaintenanceResult, MaintenanceStep, StorageStats } from "@resona/core";

import type { EngineErrorData } from "../protocol/engine-error.ts";

/** Maintenance that was asked for here: what it is at, and in the end what it did. */
export type MaintenanceRun =
  | {
      readonly kind: "running";
      readonly before: StorageFigures | undefined;
      /** Absent while other work is waited for. */
      readonly step?: MaintenanceStep;
      readonly details?: string;
    }
  | {
      readonly kind: "done";
      readonly before: StorageFigures | undefined;
      readonly after: StorageFigures | undefined;
      readonly result: MaintenanceResult;
    }
  | { readonly kind: "failed"; readonly error: EngineErrorData };

/** What maintenance changes. */
export type StorageFigures = Pick<StorageStats, "fragments" | "versions" | "unindexedRows" | "diskBytes">;

/** The steps in their order. */
export const maintenanceSteps: readonly MaintenanceStep[] = ["sweep", "compaction", "index", "cleanup"];
