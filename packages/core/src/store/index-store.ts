import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import type { Connection, Query, Table, VectorQuery } from "@lancedb/lancedb";
import type { RecordBatch } from "apache-arrow";

import type { FileRecord } from "../model/file-record.ts";
import { mayBeHalfWritten } from "./index-folder.ts";
import { isMissingFile, translateStoreError } from "./lance-errors.ts";
import { connect, loadLance } from "./lance.ts";
import { maintenanceDue } from "./maintenance-policy.ts";
import {
  type StoredCandidate,
  candidateColumns,
  chunkId,
  chunkRows,
  fileRows,
  readCandidates,
  readFileRecords,
} from "./records.ts";
import { chunksSchema, filesSchema } from "./schema.ts";
import type {
  CandidateChunk,
  CandidateFilter,
  ChunkReader,
  CommitBatch,
  FileReplacement,
  LexicalTerm,
  StoreStats,
} from "./store.ts";
import { syncFiles } from "./sync-files.ts";

/** Rows of one batch of a streamed read; between 4,096 and 16,384 reads are fastest. */
const READ_BATCH_ROWS = 8_192;
/** A reader is up to a second behind the writer, and a query takes its time. */
const READER_LAG_MS = 2_000;
/** Values of one SQL list; a statement with hundreds of thousands takes seconds to parse. */
const LIST_LENGTH = 5_000;
/** Milliseconds for which superseded versions stay readable by those who opened them, once an index is complete. */
const KEEP_VERSIONS_MS = 3_600_000;
/** LanceDB keeps what is younger than the given time, and compaction makes versions that name all the old files. */
const CLOCK_SLACK_MS = 86_400_000;

/**
 * The two tables of an index. Reading needs no lock. Writing ({@link IndexStore.commit} and below) is for the holder
 * of the writer's lock, one call at a time.
 *
 * Every method throws `ResonaError` only, translated from what LanceDB says.
 */
export class IndexStore implements ChunkReader {
  readonly #folder: string;
  readonly #dimension: number;
  readonly #db: Connection;
  readonly #chunks: Table;
  readonly #files: Table;
  #lastSync = Date.now();

  private constructor(folder: string, dimension: number, db: Connection, chunks: Table, files: Table) {
    this.#folder = folder;
    this.#dimension = dimension;
    this.#db = db;
    this.#chunks = chunks;
    this.#files = files;
  }

  /** Opens the tables of an existing index; LanceDB makes the folder if it is missing. `folder` is absolute. */
  static open(folder: string, dimension: number): Promise<IndexStore> {
    return IndexStore.#connected(folder, dimension, async (db) => [
      await db.openTable("chunks"),
      await db.openTable("files"),
    ]);
  }

  /** Creates empty tables in a folder that has none. */
  static create(folder: string, dimension: number): Promise<IndexStore> {
    return IndexStore.#connected(folder, dimension, async (db) => [
      await db.createEmptyTable("chunks", chunksSchema(dimension)),
      await db.createEmptyTable("files", filesSchema()),
    ]);
  }

  static async #connected(
    folder: string,
    dimension: number,
    tables: (db: Connection) => Promise<[chunks: Table, files: Table]>,
  ): Promise<IndexStore> {
    let db: Connection | undefined;
    try {
      db = await connect(folder);
      const [chunks, files] = await tables(db);
      return new IndexStore(folder, dimension, db, chunks, files);
    } catch (error) {
      db?.close();
      throw translateStoreError(error, folder);
    }
  }

  /** Every file record, in batches, as of one version. */
  async *files(): AsyncGenerator<readonly FileRecord[]> {
    yield* this.#batches(() => this.#files.query(), readFileRecords);
  }

  async *paths(): AsyncGenerator<readonly string[]> {
    const query = () => this.#files.query().where("outcome = 'indexed'").select(["path"]);
    yield* this.#batches(query, (batch) => Array.from<string>(batch.getChild("path") ?? []));
  }

  async searchTerms(terms: readonly LexicalTerm[], limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    if (terms.length === 0) return [];
    const { BooleanQuery, MatchQuery, Occur } = await loadLance();
    // Words of one weight make one match query; LanceDB splits it at white space.
    const byWeight = Map.groupBy(terms, ({ weight }) => weight);
    const clauses = [...byWeight].map(
      ([boost, group]) => new MatchQuery(group.map(({ term }) => term).join(" "), "terms", { boost }),
    );
    const [only] = clauses;
    const lexical =
      only && clauses.length === 1 ? only : new BooleanQuery(clauses.map((clause) => [Occur.Should, clause]));
    return this.#candidates(() =>
      restrict(this.#chunks.query().fullTextSearch(lexical), filter)
        .select([...candidateColumns, "_score"])
        .limit(limit),
    );
  }

  async searchVector(vector: Float32Array, limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    // A zero vector (no known word) has no direction to compare.
    if (vector.every((value) => value === 0)) return [];
    return this.#candidates(() =>
      restrict(this.#chunks.query().nearestTo(vector).column("vector").distanceType("cosine"), filter)
        .select(candidateColumns)
        .limit(limit),
    );
  }

  async stats(): Promise<StoreStats> {
    return this.#translated(async () => {
      // One after another: a table must not be closed while a call that lost the race is under way.
      const chunks = await this.#chunks.countRows();
      const chunkVersions = await this.#chunks.listVersions();
      const fileVersions = await this.#files.listVersions();
      const chunkStats = await this.#chunks.stats();
      const fileStats = await this.#files.stats();
      const state = await this.#tableState();
      return {
        chunks,
        versions: chunkVersions.length + fileVersions.length,
        fragments: chunkStats.fragmentStats.numFragments + fileStats.fragmentStats.numFragments,
        unindexedRows: state.unindexedRows,
        diskBytes: await folderBytes(this.#folder),
      };
    });
  }

  /**
   * Writes whole files. The order makes every middle state harmless: first the chunks, then what is left over of
   * longer former versions, last the file records. After a crash in between, chunks and record of a file disagree,
   * which {@link IndexStore.repair} finds.
   */
  async commit(batch: CommitBatch): Promise<void> {
    refuseRepeatedPaths(batch);
    await this.#translated(async () => {
      await this.#writeChunks(batch.replaced);
      await this.#deleteStale(batch);
      await this.#writeFiles([...batch.replaced.map(({ file }) => file), ...batch.refreshed], batch);
      if (batch.removed.length > 0) await this.#files.delete(`path IN (${literals(batch.removed)})`);
      await this.#sync();
    });
  }

  /**
   * Finds files whose chunks and record disagree, as a crash leaves them, and forgets both, so that they count as new.
   *
   * @returns the number of files forgotten.
   */
  async repair(): Promise<number> {
    return this.#translated(async () => {
      const records = new Map<string, { hash: string; missing: number }>();
      for await (const batch of this.files())
        for (const { path, hash, chunkCount } of batch) records.set(path, { hash, missing: chunkCount });
      const broken = new Set<string>();
      for await (const batch of this.#stream(this.#chunks.query().select(["path", "file_hash"]))) {
        const [paths, hashes] = [batch.getChild("path"), batch.getChild("file_hash")];
        for (let row = 0; row < batch.numRows; row++) {
          const path: string = paths?.get(row);
          const record = records.get(path);
          if (record?.hash === Buffer.from(hashes?.get(row)).toString("hex")) record.missing--;
          else broken.add(path);
        }
      }
      for (const [path, { missing }] of records) if (missing !== 0) broken.add(path);
      const paths = [...broken];
      for (let from = 0; from < paths.length; from += LIST_LENGTH) {
        const predicate = `path IN (${literals(paths.slice(from, from + LIST_LENGTH))})`;
        await this.#chunks.delete(predicate);
        await this.#files.delete(predicate);
      }
      return broken.size;
    });
  }

  /** Creates, extends and compacts what the policy finds due. `firstBuild`: nobody reads older versions yet. */
  async optimizeIfDue(firstBuild: boolean): Promise<void> {
    await this.#translated(async () => {
      const due = maintenanceDue(await this.#tableState());
      const cleanupOlderThan = new Date(Date.now() + (firstBuild ? CLOCK_SLACK_MS : -KEEP_VERSIONS_MS));
      if (due.optimize) await this.#chunks.optimize({ cleanupOlderThan });
      if (due.createIndexes) await this.#createIndexes();
      if (due.optimize) await this.#files.optimize({ cleanupOlderThan });
      await this.#sync();
    });
  }

  /** Makes what others have committed visible at once; without it that takes up to a second. */
  async refresh(): Promise<void> {
    await this.#translated(async () => {
      await Promise.all([this.#chunks.checkoutLatest(), this.#files.checkoutLatest()]);
    });
  }

  close(): void {
    this.#chunks.close();
    this.#files.close();
    this.#db.close();
  }

  async #writeChunks(replaced: readonly FileReplacement[]): Promise<void> {
    const withChunks = replaced.filter(({ chunks }) => chunks.length > 0);
    if (withChunks.length === 0) return;
    const rows = chunkRows(withChunks, this.#dimension);
    // An upsert looks every id up; an insert need not, where the index has never seen the paths.
    if (withChunks.every(({ previousChunks }) => previousChunks === undefined)) await this.#chunks.add(rows);
    else await this.#chunks.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows);
  }

  async #deleteStale({ replaced, removed }: CommitBatch): Promise<void> {
    const gone = [
      ...removed,
      ...replaced
        .filter(({ chunks, previousChunks }) => chunks.length === 0 && previousChunks)
        .map(({ file }) => file.path),
    ];
    const tails = replaced
      .filter(({ chunks }) => chunks.length > 0)
      .flatMap(({ file, chunks, previousChunks = 0 }) =>
        Array.from({ length: Math.max(0, previousChunks - chunks.length) }, (_, n) =>
          chunkId(file.path, chunks.length + n),
        ),
      );
    const predicates = [
      ...(gone.length > 0 ? [`path IN (${literals(gone)})`] : []),
      ...(tails.length > 0 ? [`id IN (${literals(tails)})`] : []),
    ];
    // Even a delete that matches nothing makes a version.
    if (predicates.length > 0) await this.#chunks.delete(predicates.join(" OR "));
  }

  async #writeFiles(files: readonly FileRecord[], { replaced, refreshed }: CommitBatch): Promise<void> {
    if (files.length === 0) return;
    const rows = fileRows(files);
    const allNew = refreshed.length === 0 && replaced.every(({ previousChunks }) => previousChunks === undefined);
    if (allNew) await this.#files.add(rows);
    else await this.#files.mergeInsert("path").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows);
  }

  /** Makes those that are missing: a kill may have come between two. */
  async #createIndexes(): Promise<void> {
    const { Index } = await loadLance();
    const lexical = Index.fts({
      baseTokenizer: "whitespace",
      stem: false,
      removeStopWords: false,
      asciiFolding: false,
      withPosition: false,
    });
    const wanted = { id: Index.btree(), path: Index.btree(), language: Index.bitmap(), terms: lexical };
    const present = await this.#indexedColumns();
    for (const [column, config] of Object.entries(wanted))
      if (!present.has(column)) await this.#chunks.createIndex(column, { config });
  }

  async #indexedColumns(): Promise<Set<string | undefined>> {
    return new Set((await this.#chunks.listIndices()).map(({ columns }) => columns[0]));
  }

  async #tableState(): Promise<Parameters<typeof maintenanceDue>[0]> {
    const rows = await this.#chunks.countRows();
    const chunkStats = await this.#chunks.stats();
    const fileStats = await this.#files.stats();
    const indexes = await this.#chunks.listIndices();
    const lexical = indexes.find(({ columns }) => columns[0] === "terms");
    return {
      rows,
      fragments: Math.max(chunkStats.fragmentStats.numFragments, fileStats.fragmentStats.numFragments),
      hasIndexes: ["id", "path", "language", "terms"].every((name) =>
        indexes.some(({ columns }) => columns[0] === name),
      ),
      unindexedRows: lexical?.numUnindexedRows ?? rows,
    };
  }

  /** Runs a candidate query and leaves out what a commit in progress, or a crash in one, has left behind. */
  async #candidates(build: () => Query | VectorQuery): Promise<CandidateChunk[]> {
    const read = async () => {
      const found: StoredCandidate[] = [];
      for await (const batch of this.#stream(build())) found.push(...readCandidates(batch));
      return (await mayBeHalfWritten(this.#folder, READER_LAG_MS)) ? this.#withoutLeftovers(found) : found;
    };
    return this.#translated(async () => {
      try {
        return await read();
      } catch (error) {
        if (!isMissingFile(error)) throw error;
        // The writer has pruned the version that this table stands on; the latest one is whole.
        // LanceDB refuses this while another query runs; then the second attempt says what is wrong.
        await this.#chunks.checkoutLatest().catch(() => undefined);
        return read();
      }
    });
  }

  /** The first chunk of a file is always of its latest version; others with another hash are leftovers. */
  async #withoutLeftovers(found: readonly StoredCandidate[]): Promise<StoredCandidate[]> {
    const firsts = [...new Set(found.map(({ path }) => chunkId(path, 0)))];
    if (firsts.length === 0) return [];
    const current = new Map<string, string>();
    const query = this.#chunks
      .query()
      .where(`id IN (${literals(firsts)})`)
      .select(["path", "file_hash"]);
    for await (const batch of this.#stream(query)) {
      const [paths, hashes] = [batch.getChild("path"), batch.getChild("file_hash")];
      for (let row = 0; row < batch.numRows; row++)
        current.set(paths?.get(row), Buffer.from(hashes?.get(row)).toString("hex"));
    }
    return found.filter(({ path, fileHash }) => current.get(path) === fileHash);
  }

  /** Arrow batches of a query, one at a time; a slow consumer slows the scan. */
  async *#stream(query: Query | VectorQuery): AsyncGenerator<RecordBatch> {
    // LanceDB declares `execute` as protected; the public iterator offers batches of 1,024 rows only, twice as slow.
    type Executable = { execute(options: { maxBatchLength: number }): AsyncIterable<RecordBatch> };
    yield* (query as unknown as Executable).execute({ maxBatchLength: READ_BATCH_ROWS });
  }

  async *#batches<T>(
    build: () => Query,
    read: (batch: RecordBatch) => readonly T[],
    mayRestart = true,
  ): AsyncGenerator<readonly T[]> {
    let begun = false;
    try {
      for await (const batch of this.#stream(build())) {
        begun = true;
        yield read(batch);
      }
    } catch (error) {
      if (begun || !mayRestart || !isMissingFile(error)) throw translateStoreError(error, this.#folder);
      await this.refresh();
      yield* this.#batches(build, read, false);
    }
  }

  async #sync(): Promise<void> {
    const since = this.#lastSync;
    this.#lastSync = Date.now();
    // File times are coarser than the clock.
    for (const table of ["chunks.lance", "files.lance"]) await syncFiles(join(this.#folder, table), since - 1_000);
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateStoreError(error, this.#folder);
    }
  }
}

/** LanceDB inserts new rows of equal keys twice without a word. */
function refuseRepeatedPaths({ replaced, refreshed, removed }: CommitBatch): void {
  const seen = new Set<string>();
  for (const path of [...replaced, ...refreshed]
    .map((entry) => ("file" in entry ? entry.file.path : entry.path))
    .concat(removed)) {
    if (seen.has(path)) throw new RangeError(`A commit holds ${path} twice.`);
    seen.add(path);
  }
}

function restrict<Q extends Query | VectorQuery>(query: Q, filter: CandidateFilter = {}): Q {
  const conditions = [
    ...(filter.languages ? [`language IN (${literals(filter.languages)})`] : []),
    ...(filter.paths ? [`path IN (${literals(filter.paths)})`] : []),
    ...(filter.excludedPaths?.length ? [`path NOT IN (${literals(filter.excludedPaths)})`] : []),
  ];
  return conditions.length > 0 ? (query.where(conditions.join(" AND ")) as Q) : query;
}

/** SQL string literals; a quote is the only character that needs escaping. */
function literals(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(",");
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
