import type { Connection } from "@lancedb/lancedb";
import type { Schema } from "apache-arrow";

import { ChunkTable } from "../store/chunk-table.ts";
import type { IndexManifest } from "../store/index-folder.ts";
import { translateStoreError } from "../store/lance-errors.ts";
import { LanceTable } from "../store/lance-table.ts";
import { connect } from "../store/lance.ts";
import { openTable } from "../store/open-table.ts";
import { chunksSchema, filesSchema } from "../store/schema.ts";

/** A table that an index should have. */
export interface ExpectedTable {
  readonly name: "chunks" | "files";
  readonly schema: Schema;
  readonly open: (db: Connection, folder: string) => Promise<LanceTable>;
}

/** The tables that an index consists of, the chunk table first. */
export function expectedTables({ contents, fingerprint }: IndexManifest): ExpectedTable[] {
  const dimension = Number(fingerprint["dimension"]);
  const chunks: ExpectedTable = {
    name: "chunks",
    schema: chunksSchema(dimension),
    open: async (db, folder) => (await ChunkTable.open(db, folder, dimension)).table,
  };
  const files: ExpectedTable = {
    name: "files",
    schema: filesSchema(),
    open: async (db, folder) => new LanceTable(await openTable(db, folder, "files"), folder, []),
  };
  return contents === "workspace" ? [chunks, files] : [chunks];
}

/** Opens one table, whatever is the matter with others. */
export type TableOpener = (table: ExpectedTable) => Promise<LanceTable>;

/**
 * Runs `work` with a connection of its own, so that nothing that another one remembers is taken for what is there.
 * Afterwards all tables are closed.
 */
export async function withTables<T>(folder: string, work: (open: TableOpener) => Promise<T>): Promise<T> {
  const db = await translated(folder, () => connect(folder));
  const opened: LanceTable[] = [];
  try {
    return await work(async (table) => {
      const lance = await translated(folder, () => table.open(db, folder));
      opened.push(lance);
      return lance;
    });
  } finally {
    for (const table of opened) table.close();
    db.close();
  }
}

async function translated<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateStoreError(error, folder);
  }
}
