import type { Finding } from "../../model/finding.ts";
import { failuresOfIndexes } from "../../store/index-failures.ts";
import { missingFileOf } from "../../store/lance-errors.ts";
import type { LanceTable } from "../../store/lance-table.ts";
import type { Remedies } from "../remedies.ts";

/** Do the indexes over these columns answer? */
export async function checkIndexes(
  table: LanceTable,
  columns: readonly string[],
  remedies: Remedies,
): Promise<Finding[]> {
  const failures = await failuresOfIndexes(table, columns);
  return [...failures].map(([column, error]) => brokenIndex(table.name, column, error, remedies));
}

/** That an index cannot be read: the one over a column, or one that LanceDB does not name. */
export function brokenIndex(table: string, column: string | undefined, error: unknown, remedies: Remedies): Finding {
  const index = column === undefined ? "An index" : `The index over ${column}`;
  const sentence = `${index} of the table ${table} cannot be read: ${detailOf(error)}`;
  return { code: "INDEX_BROKEN", severity: "error", sentence, remedy: remedies.maintain };
}

function detailOf(error: unknown): string {
  const missing = missingFileOf(error);
  if (missing !== undefined) return `${missing} is missing.`;
  return error instanceof Error ? error.message : String(error);
}
