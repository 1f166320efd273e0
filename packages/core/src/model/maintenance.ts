/** The steps of a maintenance run, in order. Each is measured, and a run can be cancelled between any two. */
export type MaintenanceStep = "sweep" | "compaction" | "index" | "cleanup";

/** All optional; without any, everything is done that makes queries fast and frees space. */
export interface MaintenanceOptions {
  /** Leaves fragments as they are. False by default. */
  readonly skipCompaction?: boolean;
  /**
   * Makes and rebuilds no index. False by default. LanceDB cannot compact without extending the indexes that are
   * there; where it did, the result's `notes` say so.
   */
  readonly skipIndex?: boolean;
  /** Keeps all old versions. False by default. */
  readonly skipCleanup?: boolean;
  /** Versions younger than this many days stay for those who still read them. 7 by default; 0 keeps the current one only. */
  readonly retentionDays?: number;
  /** LanceDB 0.39 merges fragments up to 1,048,576 rows and takes no other number: asking for one gives a note. */
  readonly targetRowsPerFragment?: number;
  /** An index that misses more than this share of the rows, 0 to 1, is brought up to date. 0.1 by default. */
  readonly indexStaleThreshold?: number;
  /** Does what the policy finds due and nothing else. False by default. */
  readonly onlyIfNeeded?: boolean;
  /** Called when a step begins and when it ends. */
  readonly onProgress?: (step: MaintenanceStep, details?: string) => void;
  /** Aborting ends the run after the step under way; the result says which steps were done. */
  readonly signal?: AbortSignal;
}

/** What a maintenance run did; fields of steps that were skipped or failed are absent. Sums over an index's tables. */
export interface MaintenanceResult {
  readonly compaction?: { readonly fragmentsRemoved: number; readonly filesCreated: number };
  /** Whether an index was created, extended or rebuilt because it was missing or stale. */
  readonly indexRebuilt: boolean;
  /** Of the index that covers the fewest rows; absent where there is none. */
  readonly indexStats?: { readonly numIndexedRows: number; readonly numUnindexedRows: number };
  readonly cleanup?: { readonly bytesRemoved: number; readonly versionsRemoved: number };
  readonly durationMs: number;
  /** Milliseconds of each step that was done, failed ones included. */
  readonly stepMs: Partial<Record<MaintenanceStep, number>>;
  /** Steps that failed; the others were done all the same. */
  readonly failures: readonly MaintenanceFailure[];
  /** What could not be had as it was asked for, one sentence each. */
  readonly notes: readonly string[];
  readonly interrupted: boolean;
}

export interface MaintenanceFailure {
  readonly step: MaintenanceStep;
  /** `commits/chunks` is that of the history. */
  readonly table: string;
  /** Of the error catalogue. */
  readonly code: string;
  readonly message: string;
}
