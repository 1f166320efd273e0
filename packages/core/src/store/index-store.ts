import type { Connection } from "@lancedb/lancedb";

import type { FileRecord } from "../model/file-record.ts";
import { ChunkTable } from "./chunk-table.ts";
import { translateStoreError } from "./lance-errors.ts";
import { LanceTable } from "./lance-table.ts";
import { connect } from "./lance.ts";
import { openTable } from "./open-table.ts";
import { readStrings } from "./read-strings.ts";
import {
  chunkId,
  fileCommitColumns,
  fileRows,
  lastCommitRows,
  readFileCommits,
  readFileRecords,
  readHash,
} from "./records.ts";
import { filesSchema } from "./schema.ts";
import { listParts, literals } from "./sql.ts";
import type {
  CandidateChunk,
  CandidateFilter,
  CommitBatch,
  FileCommit,
  FileReader,
  FileReplacement,
  LexicalTerm,
  StoredFileCommit,
  VectorReader,
} from "./store.ts";

/**
 * The two tables of a workspace's index. Reading needs no lock. Writing ({@link IndexStore.commit} and below) is for the
 * holder of the writer's lock, one call at a time.
 *
 * Every method throws `ResonaError` only, translated from what LanceDB says.
 */
export class IndexStore implements FileReader, VectorReader {
  readonly #db: Connection;
  readonly #chunks: ChunkTable;
  readonly #files: LanceTable;

  private constructor(db: Connection, chunks: ChunkTable, files: LanceTable) {
    this.#db = db;
    this.#chunks = chunks;
    this.#files = files;
  }

  /** Opens the tables of an existing index; LanceDB makes the folder if it is missing. `folder` is absolute. */
  static open(folder: string, dimension: number): Promise<IndexStore> {
    return connected(folder, async (db) => {
      const chunks = await ChunkTable.open(db, folder, dimension);
      return new IndexStore(db, chunks, new LanceTable(await openTable(db, folder, "files"), folder, []));
    });
  }

  /** Creates empty tables in a folder that has none. */
  static create(folder: string, dimension: number): Promise<IndexStore> {
    return connected(folder, async (db) => {
      const chunks = await ChunkTable.create(db, folder, dimension);
      return new IndexStore(db, chunks, new LanceTable(await db.createEmptyTable("files", filesSchema()), folder, []));
    });
  }

  /** For maintenance and diagnostics. */
  get tables(): readonly LanceTable[] {
    return [this.#chunks.table, this.#files];
  }

  /** Every file record, in batches, as of one version. */
  files(): AsyncGenerator<readonly FileRecord[]> {
    return this.#files.scan(() => this.#files.query(), readFileRecords);
  }

  paths(): AsyncGenerator<readonly string[]> {
    const query = () => this.#files.query().where("outcome = 'indexed'").select(["path"]);
    return this.#files.scan(query, (batch) => readStrings(batch, "path"));
  }

  /** The last commit of every file, in batches, as of one version. */
  lastCommits(): AsyncGenerator<readonly StoredFileCommit[]> {
    return this.#files.scan(() => this.#files.query().select(fileCommitColumns), readFileCommits);
  }

  /** Those of the given files, a few; the ones of which none is known are missing. */
  async lastCommitsOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    if (paths.length === 0) return found;
    const query = () =>
      this.#files
        .query()
        .where(`path IN (${literals(paths)}) AND last_commit IS NOT NULL`)
        .select(fileCommitColumns);
    for await (const batch of this.#files.scan(query, readFileCommits))
      for (const { path, commit } of batch) if (commit !== undefined) found.set(path, commit);
    return found;
  }

  /** The indexed files that have no last commit. */
  async pathsWithoutCommit(): Promise<string[]> {
    const isWithout = "outcome = 'indexed' AND last_commit IS NULL";
    const query = () => this.#files.query().where(isWithout).select(fileCommitColumns);
    const paths: string[] = [];
    for await (const batch of this.#files.scan(query, readFileCommits)) for (const { path } of batch) paths.push(path);
    return paths;
  }

  countChunks(): Promise<number> {
    return this.#chunks.table.countRows();
  }

  searchTerms(terms: readonly LexicalTerm[], limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    return this.#chunks.searchTerms(terms, limit, filter);
  }

  searchVector(vector: Float32Array, limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    return this.#chunks.searchVector(vector, limit, filter);
  }

  vectorsOf(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    return this.#chunks.vectorsOf(keys);
  }

  /**
   * Writes whole files. The order makes every middle state harmless: first the chunks, then what is left over of
   * longer former versions, last the file records. After a crash in between, chunks and record of a file disagree,
   * which {@link IndexStore.repair} finds.
   */
  async commit(batch: CommitBatch): Promise<void> {
    refuseRepeatedPaths(batch);
    const { replaced, refreshed, removed } = batch;
    const areNew = (files: readonly FileReplacement[]) =>
      files.every(({ previousChunks }) => previousChunks === undefined);
    const withChunks = replaced.filter(({ chunks }) => chunks.length > 0);
    await this.#chunks.write(withChunks.map(sourceOf), areNew(withChunks));
    await this.#chunks.delete(staleChunks(batch));
    await this.#writeFiles(
      [...replaced.map(({ file }) => file), ...refreshed],
      refreshed.length === 0 && areNew(replaced),
    );
    if (removed.length > 0) await this.#files.delete(`path IN (${literals(removed)})`);
    await this.sync();
  }

  /** Notes the last commits of files that are stored, each given once; nothing else about them changes. */
  async setLastCommits(files: readonly FileCommit[]): Promise<void> {
    for (const part of listParts(files)) await this.#files.update("path", lastCommitRows(part));
    if (files.length > 0) await this.#files.sync();
  }

  /**
   * Finds files whose chunks and record disagree, as a crash leaves them, and forgets both, so that they count as new.
   *
   * @returns the number of files forgotten.
   */
  async repair(): Promise<number> {
    const records = new Map<string, { hash: string; missing: number }>();
    for await (const batch of this.files())
      for (const { path, hash, chunkCount } of batch) records.set(path, { hash, missing: chunkCount });
    const broken = new Set<string>();
    const { table } = this.#chunks;
    const rows = table.scan(
      () => table.query().select(["base_id", "text_hash"]),
      (batch) => batch,
    );
    for await (const batch of rows) {
      const hashes = batch.getChild("text_hash");
      for (const [row, path] of readStrings(batch, "base_id").entries()) {
        const record = records.get(path);
        if (record?.hash === readHash(hashes?.get(row))) record.missing--;
        else broken.add(path);
      }
    }
    for (const [path, { missing }] of records) if (missing !== 0) broken.add(path);
    for (const paths of listParts([...broken])) {
      await this.#chunks.delete({ baseIds: paths, ids: [] });
      await this.#files.delete(`path IN (${literals(paths)})`);
    }
    return broken.size;
  }

  /** Forces what was written to the disk. */
  async sync(): Promise<void> {
    for (const table of this.tables) await table.sync();
  }

  /** Makes what others have committed visible at once; without it that takes up to a second. */
  async refresh(): Promise<void> {
    await Promise.all(this.tables.map((table) => table.refresh()));
  }

  close(): void {
    for (const table of this.tables) table.close();
    this.#db.close();
  }

  async #writeFiles(files: readonly FileRecord[], areNew: boolean): Promise<void> {
    if (files.length === 0) return;
    const rows = fileRows(files);
    if (areNew) await this.#files.add(rows);
    else await this.#files.upsert("path", rows);
  }
}

/** Connects and opens tables; closes the connection again if that fails. */
export async function connected<T>(folder: string, open: (db: Connection) => Promise<T>): Promise<T> {
  let db: Connection | undefined;
  try {
    db = await connect(folder);
    return await open(db);
  } catch (error) {
    db?.close();
    throw translateStoreError(error, folder);
  }
}

function sourceOf({ file, chunks }: FileReplacement) {
  return { baseId: file.path, textHash: file.hash, language: file.language, chunks };
}

/** Chunks that a batch leaves without a file: of removed ones, of those that have none any more, and longer tails. */
function staleChunks({ replaced, removed }: CommitBatch): { baseIds: string[]; ids: string[] } {
  const emptied = replaced.filter(({ chunks, previousChunks }) => chunks.length === 0 && previousChunks);
  const ids = replaced
    .filter(({ chunks }) => chunks.length > 0)
    .flatMap(({ file, chunks, previousChunks = 0 }) =>
      Array.from({ length: Math.max(0, previousChunks - chunks.length) }, (_, n) =>
        chunkId(file.path, chunks.length + n),
      ),
    );
  return { baseIds: [...removed, ...emptied.map(({ file }) => file.path)], ids };
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
