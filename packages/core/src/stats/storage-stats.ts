import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { IndexCoverage, StorageStats } from "../model/index-summary.ts";
import type { IndexManifest } from "../store/index-folder.ts";
import type { LanceTable } from "../store/lance-table.ts";

/** A service's vectors depend on the content alone, so every one of them has a key. */
const HAS_NO_VECTOR = "vector_key IS NULL";

/** Adds up the state of an index's tables; the chunk table is the first. */
export async function storageStats(
  tables: readonly LanceTable[],
  folder: string,
  { model }: Pick<IndexManifest, "model">,
): Promise<StorageStats> {
  const ofService = model?.url !== undefined;
  let [versions, fragments, unindexedRows] = [0, 0, 0];
  let [chunks, oversizedChunks] = [0, 0];
  let indexes: IndexCoverage[] = [];
  for (const [n, table] of tables.entries()) {
    const state = await table.state();
    versions += state.versions;
    fragments += state.fragments;
    if (n > 0) continue;
    chunks = state.rows;
    oversizedChunks = ofService ? await table.countRows(HAS_NO_VECTOR) : 0;
    unindexedRows = state.indexes.find(({ column }) => column === "terms")?.unindexedRows ?? state.rows;
    indexes = state.indexes.map((index) => ({
      column: index.column,
      indexedRows: index.indexedRows,
      unindexedRows: index.unindexedRows,
      bytes: index.bytes,
    }));
  }
  return { chunks, oversizedChunks, versions, fragments, unindexedRows, indexes, diskBytes: await folderBytes(folder) };
}

/** What vanishes while it is being measured (a lock, a pruned version) counts nothing. */
async function folderBytes(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) total += await folderBytes(path);
    else if (entry.isFile())
      total += await stat(path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return total;
}
