/** What decides whether tables need work after a run; all figures are of the chunk table or the larger of both. */
export interface TableState {
  readonly rows: number;
  readonly fragments: number;
  readonly hasIndexes: boolean;
  /** Rows that the full-text index does not cover; queries scan them one by one. */
  readonly unindexedRows: number;
}

/** Every run adds a fragment or two; 19 of them make a query a tenth slower than one does. */
const MAX_FRAGMENTS = 16;
/** A scan of this many unindexed rows adds about 30 ms to a query. */
const MAX_UNINDEXED_ROWS = 5_000;
const MAX_UNINDEXED_SHARE = 0.02;

export interface DueMaintenance {
  readonly createIndexes: boolean;
  /** Compaction, removal of old versions and extension of the indexes: LanceDB has one call for all three. */
  readonly optimize: boolean;
}

/** Pure: thresholds only, so that the same state always gives the same answer. */
export function maintenanceDue(state: TableState): DueMaintenance {
  const createIndexes = !state.hasIndexes && state.rows > 0;
  const tooManyUnindexed = state.unindexedRows > Math.max(MAX_UNINDEXED_ROWS, state.rows * MAX_UNINDEXED_SHARE);
  // New indexes cover every row already.
  return { createIndexes, optimize: state.fragments > MAX_FRAGMENTS || (tooManyUnindexed && !createIndexes) };
}
