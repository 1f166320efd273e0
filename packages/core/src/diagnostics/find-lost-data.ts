import type { Finding } from "../model/finding.ts";
import type { LanceTable } from "../store/lance-table.ts";
import { checkReading } from "./checks/check-reading.ts";
import { checkTableFiles } from "./checks/check-table-files.ts";
import type { Remedies } from "./remedies.ts";

/**
 * Looks whether tables that open have lost data: files are missing or cut off, or cannot be read. The part of a
 * diagnosis that costs milliseconds.
 *
 * @returns undefined if all is well as far as that tells.
 */
export async function findLostData(tables: readonly LanceTable[], remedies: Remedies): Promise<Finding | undefined> {
  for (const table of tables) {
    const ofFiles = await checkTableFiles(table.name, table.path, remedies);
    const lost = ofFiles.find(({ code }) => code !== "INDEX_BROKEN");
    const [found = lost] = lost === undefined ? await checkReading(table, remedies, undefined) : [];
    if (found !== undefined) return found;
  }
  return undefined;
}
