import type { Finding, Remedy } from "../../model/finding.ts";
import { missingFileOf } from "../../store/lance-errors.ts";
import type { LanceTable } from "../../store/lance-table.ts";
import type { Remedies } from "../remedies.ts";

/** A small column that every table has. */
const COLUMN = "chunk_count";

/** Can every data file of the table be read? One column of it, that is; a deep diagnosis reads them all. */
export async function checkReading(
  table: LanceTable,
  remedies: Remedies,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  try {
    for await (const _ of table.scan(
      () => table.query().select([COLUMN]),
      () => undefined,
    ))
      signal?.throwIfAborted();
    return [];
  } catch (error) {
    signal?.throwIfAborted();
    return [unreadable(table.name, error, remedies.restore)];
  }
}

/** That a table cannot be read, and because of which file if the error says so. */
export function unreadable(table: string, error: unknown, remedy: Remedy): Finding {
  const severity = "error";
  const missing = missingFileOf(error);
  if (missing !== undefined)
    return { code: "DATA_MISSING", severity, sentence: `The table ${table} lacks the file ${missing}.`, remedy };
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "DATA_CORRUPT", severity, sentence: `The table ${table} cannot be read: ${detail}`, remedy };
}
