import { failuresOfIndexes } from "../store/index-failures.ts";
import type { LanceTable, TableState } from "../store/lance-table.ts";
import type { WantedIndex } from "../store/table-indexes.ts";
import { type DueIndex, vectorIndex, vectorIndexPays } from "./policy.ts";

/** What is to be done with one index. */
export interface IndexWork extends DueIndex {
  /** Whether the index is broken. */
  readonly isRepair: boolean;
}

/** What makes indexes suspect. */
export interface Suspicion {
  /** Asks every index whether it answers. */
  readonly areAsked: boolean;
  /** LanceDB has failed to merge new rows into one of them and does not say which; its merging has panicked before. */
  readonly isMergingBroken: boolean;
}

/**
 * What is to be done with the indexes of a table: what the policy finds due, and the repair of those that are broken.
 *
 * @param state undefined if it cannot be read, as when files of the full-text index are missing.
 */
export async function indexWork(
  table: LanceTable,
  state: TableState | undefined,
  due: readonly DueIndex[],
  { areAsked, isMergingBroken }: Suspicion,
): Promise<IndexWork[]> {
  if (state === undefined)
    return table.wantedIndexes.map((index) => repair(index, "the state of the indexes cannot be read"));
  const present = [...table.wantedIndexes, vectorIndex].flatMap((index) => {
    const found = state.indexes.find(({ column }) => column === index.column);
    return found === undefined ? [] : [{ index, unindexedRows: found.unindexedRows }];
  });
  const columns = areAsked ? present.map(({ index }) => index.column) : [];
  const silent = await failuresOfIndexes(table, columns);
  const isUnextendable = (unindexedRows: number) => isMergingBroken && silent.size === 0 && unindexedRows > 0;
  const repairs = present.flatMap(({ index, unindexedRows }) => {
    const isSilent = silent.has(index.column);
    if (!isSilent && !isUnextendable(unindexedRows)) return [];
    const reason = isSilent ? "it cannot be read" : "LanceDB cannot extend it";
    const isOfUse = index.kind !== "vector" || vectorIndexPays(state.rows, table.vectorDimension);
    return [repair(index, reason, isOfUse ? "rebuild" : "drop")];
  });
  const repaired = new Set(repairs.map(({ index }) => index.column));
  return [
    ...due.filter(({ index }) => !repaired.has(index.column)).map((work) => ({ ...work, isRepair: false })),
    ...repairs,
  ];
}

/** For people: what is done, and why. */
export function spokenWork({ index, action, reason }: IndexWork): string {
  return `${verbs[action]} the index over ${index.column} (${reason})`;
}

const verbs: Readonly<Record<DueIndex["action"], string>> = {
  create: "making",
  // Compaction, which extends indexes, was left out or could not do it.
  extend: "making anew",
  rebuild: "making anew",
  drop: "dropping",
};

function repair(index: WantedIndex, reason: string, action: "rebuild" | "drop" = "rebuild"): IndexWork {
  return { index, action, reason, isRepair: true };
}
