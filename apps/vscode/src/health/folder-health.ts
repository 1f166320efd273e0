import type { DatabaseDiagnostics, IndexStats, MaintenanceStep } from "@resona/core";

import type { EngineErrorData } from "../protocol/engine-error.ts";

/** What is known of a workspace folder and its index. */
export interface FolderHealth {
  /** Its URI. */
  readonly id: string;
  readonly name: string;
  readonly phase: FolderPhase;
  /** Whether the user has paused indexing. */
  readonly isPaused: boolean;
  /** Whether there is one, as far as is known: it was seen on the disk or measured. */
  readonly hasIndex: boolean;
  /** Files have changed since it was last brought up to date, and nothing will do that by itself. */
  readonly hasUnindexedChanges: boolean;
  /** Absent until it was asked for, and where there is no index. */
  readonly stats?: IndexStats;
  readonly diagnostics?: DatabaseDiagnostics;
  /** Resident memory of the engine's process when it was last measured. */
  readonly memoryBytes?: number;
}

/** Whether healing would help the index. */
export function canHeal({ diagnostics }: FolderHealth): boolean {
  return diagnostics?.findings.some(({ remedy }) => remedy.kind === "heal") === true;
}

/** What the engine of a folder is at. */
export type FolderPhase =
  /** It is being started, or has not said yet what there is. */
  | { readonly kind: "starting" }
  | { readonly kind: "no-index" }
  /** There is an index, and nobody has looked at what it is like. */
  | { readonly kind: "unmeasured" }
  /** Another process is building it, and it cannot be read yet. */
  | { readonly kind: "built-elsewhere" }
  | { readonly kind: "idle" }
  | { readonly kind: "indexing"; readonly progress?: RunProgress }
  | { readonly kind: "maintaining"; readonly step?: MaintenanceStep }
  /** It ended unexpectedly and is started again. */
  | { readonly kind: "restarting"; readonly reason: string }
  /** It could not do what was asked for, or what the index is like could not be told. */
  | { readonly kind: "failed"; readonly error: EngineErrorData }
  /** It does not run, and is not started again unless the user asks for it. */
  | { readonly kind: "down"; readonly error: EngineErrorData };

/** How far a run is, in files or commits. */
export interface RunProgress {
  /** Of files, where it is not said. */
  readonly unit?: "commits";
  readonly done: number;
  /** Absent until it is known. */
  readonly total?: number;
  readonly secondsLeft?: number;
}
