import { join } from "node:path";

import type { Connection, Table } from "@lancedb/lancedb";

import { resonaError } from "../errors.ts";
import { isNewestManifestTorn } from "./torn-manifests.ts";

/**
 * Opens a table of the index in `folder`. A manifest that a power cut has left full of zeros LanceDB takes for a table
 * without rows, so that is looked for first.
 *
 * @throws ResonaError INDEX_TORN, and what LanceDB throws.
 */
export async function openTable(db: Connection, folder: string, name: string): Promise<Table> {
  if (await isNewestManifestTorn(join(folder, `${name}.lance`))) throw resonaError("INDEX_TORN", { path: folder });
  return db.openTable(name);
}
