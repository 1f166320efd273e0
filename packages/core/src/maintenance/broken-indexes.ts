import { failuresOfIndexes } from "../store/index-failures.ts";
import type { LanceTable } from "../store/lance-table.ts";

/** Columns whose index does not answer, because files of it are missing or damaged. */
export async function brokenIndexes(table: LanceTable, columns: readonly string[]): Promise<string[]> {
  return [...(await failuresOfIndexes(table, columns)).keys()];
}
