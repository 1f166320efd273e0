/** What can be found about the health of an index. */
export type FindingCode =
  /** An index misses rows, which queries then scan one by one, or has fallen into parts. */
  | "INDEX_STALE"
  /** An index cannot be read; the data can. */
  | "INDEX_BROKEN"
  | "FRAGMENTED"
  | "VERSIONS_PILED_UP"
  | "SPACE_RECLAIMABLE"
  | "DATA_MISSING"
  | "DATA_CORRUPT"
  /** Records can be read and contradict each other. */
  | "DATA_INCONSISTENT"
  /** The file that says what a version consists of was cut off, as by a power cut. */
  | "MANIFEST_TORN"
  /** Something else than an index of the kind that was asked for. */
  | "SCHEMA_FOREIGN"
  | "SCHEMA_FROM_FUTURE"
  | "SCHEMA_OUTDATED"
  /** Made with another model or with other options than asked for now. */
  | "FINGERPRINT_MISMATCH"
  /** The model that is to be used cannot be. */
  | "MODEL_UNUSABLE"
  | "FILES_FAILED"
  | "RUN_INTERRUPTED"
  | "LOCK_HELD"
  /** Who held the lock is gone; the next run takes it over. */
  | "LOCK_STALE"
  | "DISK_LOW"
  | "MAINTENANCE_FAILING"
  /** Whether all is well could not be told. */
  | "CHECK_FAILED";

/** `info` needs nothing, `warning` costs speed or space or leaves files out, `error` costs answers. */
export type Severity = "info" | "warning" | "error";

/**
 * What can be done about a finding, and by whom: `maintain`, `index`, `rebuild` and `heal` are calls of the engine,
 * `none` is left to the user or needs nothing.
 */
export interface Remedy {
  readonly kind: "maintain" | "index" | "rebuild" | "heal" | "none";
  /** One sentence for people. */
  readonly sentence: string;
}

/** One diagnosed fact about the health of an index, with its remedy. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is the case, one sentence; begins with "History: " where that is about the commits. */
  readonly sentence: string;
  readonly remedy: Remedy;
}

/** The health of an index, measured and not changed. */
export interface DatabaseDiagnostics {
  /** Chunk records; 0 where their table cannot be opened. */
  readonly totalRows: number;
  /** LanceDB's version of the chunk table; 0 where it cannot be opened. */
  readonly version: number;
  /** Of the index that covers the fewest rows; absent where there is none. */
  readonly index?: {
    readonly numIndexedRows: number;
    readonly numUnindexedRows: number;
    /** 0 to 100. */
    readonly stalePercent: number;
    readonly needsRebuild: boolean;
  };
  /** Bytes that cleanup with a retention of 0 days would free, of the history as well; absent where it cannot be told. */
  readonly reclaimableBytes?: number;
  /** Worst first. */
  readonly findings: readonly Finding[];
}

export interface DiagnosisOptions {
  /**
   * Reads every column of every record and compares them with each other. False by default: then every data file is
   * touched, and every index is asked once.
   */
  readonly deep?: boolean;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each batch of a deep diagnosis; both numbers are of that table. */
  readonly onProgress?: (done: { readonly rows: number; readonly total: number; readonly table: string }) => void;
}

/** What the healing of an index has changed. */
export interface HealResult {
  /** Tables that had torn manifests and open again, at their newest whole version; what came after it is lost. */
  readonly tables: readonly {
    readonly table: string;
    readonly version: number;
    /** Where the torn manifests are now, in the table's folder. */
    readonly quarantined: readonly string[];
  }[];
}
