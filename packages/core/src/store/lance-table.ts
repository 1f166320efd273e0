import { join } from "node:path";

import type { IndexConfig, MergeResult, Query, Table, VectorQuery } from "@lancedb/lancedb";
import type { RecordBatch, Schema, Table as ArrowTable } from "apache-arrow";

import { isLostRace, isMissingFile, translateStoreError } from "./lance-errors.ts";
import { syncFiles } from "./sync-files.ts";
import { type WantedIndex, indexConfig } from "./table-indexes.ts";

/** Rows of one batch of a streamed read; between 4,096 and 16,384 reads are fastest. */
const READ_BATCH_ROWS = 8_192;
/** Writing needs the writer's lock, so races are lost to maintenance of another version of Resona at most. */
const WRITE_ATTEMPTS = 5;

/** One index of a table, as LanceDB counts it. */
export interface IndexState {
  readonly name: string;
  readonly column: string;
  readonly indexedRows: number;
  /** Rows that a query scans one by one. */
  readonly unindexedRows: number;
  /** Parts that a query looks into one after another; LanceDB merges those of a vector index never. */
  readonly segments: number;
  readonly bytes: number;
}

/** The size and the health of a table, from its metadata alone. */
export interface TableState {
  readonly rows: number;
  readonly version: number;
  readonly versions: number;
  readonly fragments: number;
  /** Fragments of fewer than 100,000 rows. */
  readonly smallFragments: number;
  /** Bytes of the data and index files of the current version. */
  readonly liveBytes: number;
  readonly indexes: readonly IndexState[];
}

/** What one call of LanceDB's `optimize` did. */
export interface OptimizeResult {
  readonly fragmentsRemoved: number;
  readonly filesCreated: number;
  readonly bytesRemoved: number;
  readonly versionsRemoved: number;
}

/**
 * One LanceDB table: streamed reads that survive the removal of their version, writes that survive a lost race, every
 * error translated. Reading needs no lock; writing and maintenance are for the holder of the writer's lock, one call at
 * a time.
 */
export class LanceTable {
  readonly name: string;
  /** Indexes that the table should always have; a vector index comes with its size. */
  readonly wantedIndexes: readonly WantedIndex[];
  /** Numbers of a vector in the column `vector`; undefined for a table without one. */
  readonly vectorDimension: number | undefined;
  readonly #folder: string;
  readonly #table: Table;
  #lastSync = Date.now();

  /** @param folder of the index, absolute. */
  constructor(table: Table, folder: string, wantedIndexes: readonly WantedIndex[], vectorDimension?: number) {
    this.name = table.name;
    this.wantedIndexes = wantedIndexes;
    this.vectorDimension = vectorDimension;
    this.#folder = folder;
    this.#table = table;
  }

  /** Folder of the table's files. */
  get path(): string {
    return join(this.#folder, `${this.name}.lance`);
  }

  query(): Query {
    return this.#table.query();
  }

  /** The columns as they are stored, which need not be those of `schema.ts`. */
  async schema(): Promise<Schema> {
    return this.#translated(() => this.#table.schema());
  }

  async countRows(predicate?: string): Promise<number> {
    return this.#translated(() => this.#table.countRows(predicate));
  }

  /** Arrow batches of a query, one at a time; a slow consumer slows the scan. Errors are LanceDB's own. */
  async *stream(query: Query | VectorQuery): AsyncGenerator<RecordBatch> {
    // LanceDB declares `execute` as protected; the public iterator offers batches of 1,024 rows only, twice as slow.
    type Executable = { execute(options: { maxBatchLength: number }): AsyncIterable<RecordBatch> };
    yield* (query as unknown as Executable).execute({ maxBatchLength: READ_BATCH_ROWS });
  }

  /** A streamed scan of one version of the table. Begins anew if that version is pruned before the first batch. */
  async *scan<T>(build: () => Query | VectorQuery, read: (batch: RecordBatch) => T): AsyncGenerator<T> {
    let begun = false;
    try {
      for await (const batch of this.stream(build())) {
        begun = true;
        yield read(batch);
      }
    } catch (error) {
      if (begun || !isMissingFile(error)) throw translateStoreError(error, this.#folder);
      await this.refresh();
      try {
        for await (const batch of this.stream(build())) yield read(batch);
      } catch (again) {
        throw translateStoreError(again, this.#folder);
      }
    }
  }

  /** Runs a short query to its end; a second time on the latest version if the one at hand was pruned. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    return this.#translated(async () => {
      try {
        return await work();
      } catch (error) {
        if (!isMissingFile(error)) throw error;
        // LanceDB refuses this while another query runs; then the second attempt says what is wrong.
        await this.#table.checkoutLatest().catch(() => undefined);
        return work();
      }
    });
  }

  async add(rows: ArrowTable): Promise<void> {
    await this.#write(() => this.#table.add(rows));
  }

  /** Inserts or replaces rows by key. New rows of equal keys would both be inserted: the caller sees that there are none. */
  async upsert(key: string, rows: ArrowTable): Promise<MergeResult> {
    return this.#write(() =>
      this.#table.mergeInsert(key).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows),
    );
  }

  /** Replaces columns of rows that are there, by key; other columns and rows stay as they are. */
  async update(key: string, rows: ArrowTable): Promise<MergeResult> {
    return this.#write(() => this.#table.mergeInsert(key).whenMatchedUpdateAll().execute(rows));
  }

  /** Even a delete that matches nothing makes a version. */
  async delete(predicate: string): Promise<void> {
    await this.#write(() => this.#table.delete(predicate));
  }

  async state(): Promise<TableState> {
    return this.#translated(async () => {
      // One after another: a table must not be closed while a call that lost the race is under way.
      const version = await this.#table.version();
      const versions = await this.#table.listVersions();
      const stats = await this.#table.stats();
      const indexes = await this.#table.listIndices();
      return {
        rows: stats.numRows,
        version,
        versions: versions.length,
        fragments: stats.fragmentStats.numFragments,
        smallFragments: stats.fragmentStats.numSmallFragments,
        liveBytes: stats.totalBytes,
        indexes: indexes.map((index) => indexState(index, stats.numRows)),
      };
    });
  }

  /**
   * LanceDB's one call for maintenance: merges small fragments, removes versions older than the given time, extends
   * the indexes to all rows. What it cannot do apart is written in `maintenance/maintain.ts`.
   */
  async optimize(olderThan: Date): Promise<OptimizeResult> {
    const { compaction, prune } = await this.#write(() => this.#table.optimize({ cleanupOlderThan: olderThan }));
    return {
      fragmentsRemoved: compaction.fragmentsRemoved,
      filesCreated: compaction.filesAdded,
      bytesRemoved: prune.bytesRemoved,
      versionsRemoved: prune.oldVersionsRemoved,
    };
  }

  /** Makes an index, or makes it anew: over all rows, in one segment. Neither compacts nor removes anything. */
  async createIndex({ column, kind }: WantedIndex): Promise<void> {
    await this.#write(async () => this.#table.createIndex(column, { config: await indexConfig(kind), replace: true }));
  }

  async dropIndex(name: string): Promise<void> {
    await this.#write(() => this.#table.dropIndex(name));
  }

  /** Forces what was written since the last call to the disk, which LanceDB never does. */
  async sync(): Promise<void> {
    const since = this.#lastSync;
    this.#lastSync = Date.now();
    // File times are coarser than the clock.
    await this.#translated(() => syncFiles(this.path, since - 1_000));
  }

  /** Makes what others have committed visible at once; without it that takes up to a second. */
  async refresh(): Promise<void> {
    await this.#translated(() => this.#table.checkoutLatest());
  }

  close(): void {
    this.#table.close();
  }

  /** After a lost race LanceDB goes on failing until the table is refreshed. */
  async #write<T>(work: () => Promise<T>): Promise<T> {
    return this.#translated(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await work();
        } catch (error) {
          if (attempt === WRITE_ATTEMPTS || !(isLostRace(error) || isMissingFile(error))) throw error;
          await this.#table.checkoutLatest();
        }
      }
    });
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateStoreError(error, this.#folder);
    }
  }
}

function indexState(index: IndexConfig, rows: number): IndexState {
  return {
    name: index.name,
    column: index.columns[0] ?? "",
    indexedRows: index.numIndexedRows ?? 0,
    unindexedRows: index.numUnindexedRows ?? rows,
    segments: index.numSegments ?? 1,
    bytes: index.sizeBytes ?? 0,
  };
}
