import type { Connection } from "@lancedb/lancedb";

import type { StoredHashColumns } from "../model/stored-hash-columns.ts";
import { ChunkTable } from "./chunk-table.ts";
import { connected } from "./index-store.ts";
import type { LanceTable } from "./lance-table.ts";
import { readHashColumns } from "./read-hashes.ts";
import { readStrings } from "./read-strings.ts";
import { chunkId } from "./records.ts";
import { listParts } from "./sql.ts";
import type { CandidateChunk, ChunkReader, ItemBatch, LexicalTerm, VectorReader } from "./store.ts";

/**
 * The one table of an index of items. Reading needs no lock. Writing ({@link ItemStore.commit} and below) is for the
 * holder of the writer's lock, one call at a time.
 *
 * Every method throws `ResonaError` only, translated from what LanceDB says.
 */
export class ItemStore implements ChunkReader, VectorReader {
  readonly #db: Connection;
  readonly #chunks: ChunkTable;

  private constructor(db: Connection, chunks: ChunkTable) {
    this.#db = db;
    this.#chunks = chunks;
  }

  /** Opens the table of an existing index. `folder` is absolute. */
  static open(folder: string, dimension: number): Promise<ItemStore> {
    return connected(folder, async (db) => new ItemStore(db, await ChunkTable.open(db, folder, dimension)));
  }

  /** Creates an empty table in a folder that has none. */
  static create(folder: string, dimension: number): Promise<ItemStore> {
    return connected(folder, async (db) => new ItemStore(db, await ChunkTable.create(db, folder, dimension)));
  }

  /** For maintenance and diagnostics. */
  get tables(): readonly LanceTable[] {
    return [this.#chunks.table];
  }

  /** Ids and hashes of all records, in batches, as of one version. */
  hashes(): AsyncGenerator<StoredHashColumns> {
    const { table } = this.#chunks;
    return table.scan(() => table.query().select(["id", "text_hash"]), readHashColumns);
  }

  /** Ids of the items, in batches; those of items with several records more than once. */
  baseIds(): AsyncGenerator<readonly string[]> {
    const { table } = this.#chunks;
    return table.scan(
      () => table.query().select(["base_id"]),
      (batch) => readStrings(batch, "base_id"),
    );
  }

  countRecords(): Promise<number> {
    return this.#chunks.table.countRows();
  }

  searchTerms(terms: readonly LexicalTerm[], limit: number): Promise<CandidateChunk[]> {
    return this.#chunks.searchTerms(terms, limit);
  }

  searchVector(vector: Float32Array, limit: number): Promise<CandidateChunk[]> {
    return this.#chunks.searchVector(vector, limit);
  }

  vectorsOf(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#chunks.vectorsOf(keys);
  }

  /**
   * Writes whole items: one commit brings their new chunks, a second takes away what is left over of longer former
   * versions. After a crash in between, an item has records of two hashes, so that it counts as changed.
   */
  async commit({ written, removed }: ItemBatch): Promise<void> {
    const known = written.filter(({ isKnown }) => isKnown).map(({ source }) => source);
    const current = new Set(known.flatMap(({ baseId, chunks }) => chunks.map((_, n) => chunkId(baseId, n))));
    const stored = await this.#chunks.idsOf(known.map(({ baseId }) => baseId));
    await this.#chunks.write(
      written.map(({ source }) => source),
      known.length === 0,
    );
    await this.#chunks.delete({ baseIds: removed, ids: stored.filter((id) => !current.has(id)) });
    await this.sync();
  }

  /** @returns the number of records deleted. */
  async delete(baseIds: readonly string[]): Promise<number> {
    let records = 0;
    for (const part of listParts(baseIds)) {
      const ids = await this.#chunks.idsOf(part);
      await this.#chunks.delete({ baseIds: ids.length === 0 ? [] : part, ids: [] });
      records += ids.length;
    }
    await this.sync();
    return records;
  }

  /** Forces what was written to the disk. */
  async sync(): Promise<void> {
    await this.#chunks.table.sync();
  }

  /** Makes what others have committed visible at once; without it that takes up to a second. */
  async refresh(): Promise<void> {
    await this.#chunks.table.refresh();
  }

  close(): void {
    this.#chunks.table.close();
    this.#db.close();
  }
}
