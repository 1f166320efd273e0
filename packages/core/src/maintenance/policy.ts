import type { ExpiredVersions } from "../store/expired-versions.ts";
import type { IndexState, LanceTable, TableState } from "../store/lance-table.ts";
import type { WantedIndex } from "../store/table-indexes.ts";
import { megabytes } from "../support/quantities.ts";
import {
  MAX_RECLAIMABLE_SHARE,
  MAX_SMALL_FRAGMENTS,
  MAX_UNINDEXED_ROWS,
  MAX_UNINDEXED_SHARE,
  MAX_VECTOR_DRIFT,
  MAX_VECTOR_SEGMENTS,
  MAX_VERSIONS,
  MIN_INDEXED_VECTOR_VALUES,
  MIN_RECLAIMABLE_BYTES,
} from "./thresholds.ts";

/*
 * What is due on a table, from its measured state alone: the same state always gives the same answer. Maintenance asks
 * with `onlyIfNeeded`, and so do diagnostics, whose findings are these reasons.
 */

/** What decides about the indexes of a table. */
export interface IndexedTable extends Pick<LanceTable, "wantedIndexes" | "vectorDimension"> {
  readonly state: Pick<TableState, "rows" | "indexes">;
  /** Rows that the table had when its vector index was last made; undefined if nobody knows. */
  readonly vectorIndexRows?: number | undefined;
}

/** What is due on one index. */
export interface DueIndex {
  readonly index: WantedIndex;
  /**
   * `extend`: rows are missing in it, which compaction adds. `rebuild`: it is to be made anew, which covers all rows.
   * `drop`: it no longer pays.
   */
  readonly action: "create" | "extend" | "rebuild" | "drop";
  /** Completes "… because". */
  readonly reason: string;
}

/** Why a table is to be compacted; completes "… because". Undefined if it need not be. */
export function compactionDue({ smallFragments }: Pick<TableState, "smallFragments">): string | undefined {
  // Large ones are left alone: merging them writes the whole table for little.
  if (smallFragments <= MAX_SMALL_FRAGMENTS) return undefined;
  return `it has ${smallFragments} small fragments, and more than ${MAX_SMALL_FRAGMENTS} make queries slow`;
}

/**
 * What is due on the indexes of a table; nothing if it is empty.
 *
 * @param staleShare share of the rows, 0 to 1, that an index may miss; by default {@link MAX_UNINDEXED_SHARE}, and
 *   {@link MAX_UNINDEXED_ROWS} in any case.
 */
export function indexesDue(table: IndexedTable, staleShare?: number): DueIndex[] {
  const { rows, indexes } = table.state;
  if (rows === 0) return [];
  const wanted = table.wantedIndexes.flatMap((index) => {
    const present = indexes.find(({ column }) => column === index.column);
    if (present === undefined) return [{ index, action: "create", reason: "it is missing" } as const];
    return staleIndex(index, present, rows, staleShare);
  });
  return [...wanted, ...vectorIndexDue(table, staleShare)];
}

/** Whether an index misses so many of a table's rows that queries suffer, or more than the given share of them. */
export function isStale({ unindexedRows }: Pick<IndexState, "unindexedRows">, rows: number, share?: number): boolean {
  if (share !== undefined) return unindexedRows > rows * share;
  return unindexedRows > Math.max(MAX_UNINDEXED_ROWS, rows * MAX_UNINDEXED_SHARE);
}

/** Why old versions of a table are to be removed; completes "… because". Undefined if they need not be. */
export function cleanupDue(
  removable: Pick<ExpiredVersions, "bytesRemoved" | "versionsRemoved">,
  { liveBytes }: Pick<TableState, "liveBytes">,
): string | undefined {
  const { bytesRemoved, versionsRemoved } = removable;
  if (versionsRemoved > MAX_VERSIONS) return `it has ${versionsRemoved} old versions`;
  if (bytesRemoved > Math.max(MIN_RECLAIMABLE_BYTES, liveBytes * MAX_RECLAIMABLE_SHARE))
    return `${megabytes(bytesRemoved)} of it belong to old versions`;
  return undefined;
}

function staleIndex(index: WantedIndex, present: IndexState, rows: number, share: number | undefined): DueIndex[] {
  if (!isStale(present, rows, share)) return [];
  return [{ index, action: "extend", reason: `it misses ${present.unindexedRows} of ${rows} rows` }];
}

/** Not among the indexes that a table always has. */
export const vectorIndex: WantedIndex = { column: "vector", kind: "vector" };

/** Whether a table of that size has use for a vector index. */
export function vectorIndexPays(rows: number, dimension: number | undefined): boolean {
  return rows * (dimension ?? 0) >= MIN_INDEXED_VECTOR_VALUES;
}

function vectorIndexDue({ state, vectorDimension, vectorIndexRows }: IndexedTable, share?: number): DueIndex[] {
  if (vectorDimension === undefined) return [];
  const { rows } = state;
  const pays = vectorIndexPays(rows, vectorDimension);
  const present = state.indexes.find(({ column }) => column === vectorIndex.column);
  if (present === undefined)
    return pays
      ? [{ index: vectorIndex, action: "create", reason: `comparing a query with ${rows} vectors takes long` }]
      : [];
  const outdated = outdatedReason(present, rows, vectorIndexRows);
  if (outdated === undefined) return staleIndex(vectorIndex, present, rows, share);
  return pays
    ? [{ index: vectorIndex, action: "rebuild", reason: outdated }]
    : [{ index: vectorIndex, action: "drop", reason: `comparing a query with ${rows} vectors takes no longer` }];
}

function outdatedReason({ segments }: IndexState, rows: number, builtRows: number | undefined): string | undefined {
  if (segments > MAX_VECTOR_SEGMENTS) return `it has ${segments} segments, which keep fragments apart`;
  if (builtRows !== undefined && Math.abs(rows - builtRows) > builtRows * MAX_VECTOR_DRIFT)
    return `it was made when the table had ${builtRows} rows, not ${rows}`;
  return undefined;
}
