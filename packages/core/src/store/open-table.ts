import { join } from "node:path";

import type { Connection, Table } from "@lancedb/lancedb";

import { resonaError } from "../errors.ts";
import { readNewestManifest } from "./table-manifests.ts";

/**
 * Opens a table of the index in `folder`, once its newest manifest was looked at. One that a power cut has left full of
 * zeros LanceDB takes for a table without rows. And one that names other folders or machines (a shallow clone) LanceDB
 * would follow there: an index can come with a folder from anywhere, and is not to reach out of it.
 *
 * @throws ResonaError INDEX_TORN; INDEX_DAMAGED if it has files elsewhere; and what LanceDB throws.
 */
export async function openTable(db: Connection, folder: string, name: string): Promise<Table> {
  const newest = await readNewestManifest(join(folder, `${name}.lance`));
  if (newest !== undefined && newest.contents === undefined) throw resonaError("INDEX_TORN", { path: folder });
  if (newest?.contents?.hasFilesElsewhere === true)
    throw resonaError("INDEX_DAMAGED", { path: folder, detail: `its table ${name} has files elsewhere.` });
  return db.openTable(name);
}
