import { cp, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";

import type { Table } from "@lancedb/lancedb";
import { expect } from "vitest";

import { arrow } from "./arrow.ts";
import { connect } from "./lance.ts";
import { type IndexKind, indexConfig } from "./table-indexes.ts";

const DIMENSION = 16;
const LANGUAGES = ["go", "rust", "ruby"];
/** Words that many rows share. */
const GROUPS = 7;

/** The rows of a table as they should be: the generation of each, from which all else follows, by the number in its id. */
type Rows = ReadonlyMap<number, number>;

/** Rows of consecutive numbers. */
interface Range {
  readonly from: number;
  readonly count: number;
}

/** A real LanceDB table with every kind of index, and a naive model of what each of its versions holds. */
export class TableModel {
  /** Folder of the index. */
  readonly folder: string;
  readonly versions: Map<number, Rows>;
  #opened: Table | undefined;

  private constructor(folder: string, versions: Map<number, Rows>, opened?: Table) {
    this.folder = folder;
    this.versions = versions;
    this.#opened = opened;
  }

  /** @param rows at least 256 for a vector index. */
  static async create(folder: string, rows = 400, kinds: readonly IndexKind[] = allKinds): Promise<TableModel> {
    const db = await connect(folder);
    const schema = new arrow.Schema([
      new arrow.Field("id", new arrow.Utf8(), false),
      new arrow.Field("language", new arrow.Utf8(), false),
      new arrow.Field("terms", new arrow.Utf8(), false),
      new arrow.Field("vector", new arrow.FixedSizeList(DIMENSION, new arrow.Field("item", new arrow.Float16(), true))),
    ]);
    const table = await db.createTable("chunks", tableRows({ from: 0, count: rows }, 0), { schema });
    const model = new TableModel(folder, new Map([[1, rowMap(rows)]]), table);
    for (const kind of kinds) await model.createIndex(kind);
    return model;
  }

  /** The same table in another folder, with the times of its files. */
  async copyTo(folder: string): Promise<TableModel> {
    await cp(this.tableFolder, join(folder, "chunks.lance"), { recursive: true, preserveTimestamps: true });
    return new TableModel(folder, new Map(this.versions));
  }

  get tableFolder(): string {
    return join(this.folder, "chunks.lance");
  }

  get newest(): number {
    return Math.max(...this.versions.keys());
  }

  async add(range: Range): Promise<void> {
    const rows = new Map(this.#rows());
    const fresh = numbers(range).filter((n) => !rows.has(n));
    if (fresh.length === 0) return;
    const table = await this.#table();
    await table.add(fresh.map((n) => tableRow(n, 0)));
    for (const n of fresh) rows.set(n, 0);
    await this.#record(rows);
  }

  async upsert(range: Range): Promise<void> {
    const rows = new Map(this.#rows());
    const generation = this.newest;
    const table = await this.#table();
    const merge = table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll();
    await merge.execute(tableRows(range, generation));
    for (const n of numbers(range)) rows.set(n, generation);
    await this.#record(rows);
  }

  async delete(range: Range): Promise<void> {
    const rows = new Map(this.#rows());
    const ids = numbers(range).map((n) => `'${idOf(n)}'`);
    const table = await this.#table();
    await table.delete(`id IN (${ids.join(", ")})`);
    for (const n of numbers(range)) rows.delete(n);
    await this.#record(rows);
  }

  async createIndex(kind: IndexKind): Promise<void> {
    const table = await this.#table();
    await table.createIndex(indexedColumns[kind], { config: await indexConfig(kind), replace: true });
    await this.#record(this.#rows());
  }

  /** Merges fragments and extends the indexes; removes no version unless `olderThan` is given. */
  async optimize(olderThan = new Date(0)): Promise<{ fragmentsRemoved: number; bytesRemoved: number }> {
    const table = await this.#table();
    const { compaction, prune } = await table.optimize({ cleanupOlderThan: olderThan });
    await this.#record(this.#rows());
    return { fragmentsRemoved: compaction.fragmentsRemoved, bytesRemoved: prune.bytesRemoved };
  }

  /** Gives the manifest of version n the time n minutes after `start`. */
  async spreadManifestTimes(start: Date): Promise<void> {
    for (const version of this.versions.keys()) {
      const time = new Date(start.getTime() + version * 60_000);
      await utimes(manifestPath(this.tableFolder, version), time, time).catch(() => undefined);
    }
  }

  /** As if everything but the manifests had been written two hours earlier than it was. */
  async age(): Promise<void> {
    const time = new Date(Date.now() - 2 * 3_600_000);
    for (const file of await filesOf(this.tableFolder))
      if (!file.startsWith("_versions/")) await utimes(join(this.tableFolder, file), time, time);
  }

  /**
   * Opens the table anew and compares everything it says with the model: which versions there are, and of each all rows
   * and what every index answers.
   */
  async verify(expectedVersions: readonly number[]): Promise<void> {
    const db = await connect(this.folder);
    await verifyVersions(await db.openTable("chunks"), expectedVersions, this.versions);
    db.close();
  }

  /** The next write opens the table anew and finds the newest version that is there. */
  async reopen(): Promise<void> {
    this.#opened = undefined;
    const newest = await (await this.#table()).version();
    for (const version of this.versions.keys()) if (version > newest) this.versions.delete(version);
  }

  async #table(): Promise<Table> {
    this.#opened ??= await (await connect(this.folder)).openTable("chunks");
    return this.#opened;
  }

  #rows(): Rows {
    return this.versions.get(this.newest) ?? new Map();
  }

  async #record(rows: Rows): Promise<void> {
    // One call of LanceDB's may make several versions.
    const version = await (await this.#table()).version();
    for (let made = this.newest + 1; made <= version; made++) this.versions.set(made, rows);
  }
}

export const allKinds: readonly IndexKind[] = ["btree", "bitmap", "full-text", "vector"];

const indexedColumns = { btree: "id", bitmap: "language", "full-text": "terms", vector: "vector" };

/** Every file of a table, by its path in the table's folder, in order. */
export async function filesOf(tableFolder: string): Promise<string[]> {
  const entries = await readdir(tableFolder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tableFolder.length + 1))
    .toSorted();
}

export function manifestPath(tableFolder: string, version: number): string {
  return join(tableFolder, "_versions", `${2n ** 64n - 1n - BigInt(version)}.manifest`);
}

async function verifyVersions(
  table: Table,
  expected: readonly number[],
  rows: ReadonlyMap<number, Rows>,
): Promise<void> {
  const versions = (await table.listVersions()).map(({ version }) => version);
  expect(versions.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  expect(await table.version()).toBe(Math.max(...expected));
  for (const version of expected) {
    await table.checkout(version);
    await verifyRows(table, rows.get(version) ?? new Map());
  }
}

async function verifyRows(table: Table, rows: Rows): Promise<void> {
  const stored = await table.query().select(["id", "language", "terms", "vector"]).toArray();
  const expected = [...rows].map(([n, generation]) => tableRow(n, generation));
  expect(stored.map(summary).toSorted()).toEqual(expected.map(summary).toSorted());
  for (const language of LANGUAGES)
    expect(await table.countRows(`language = '${language}'`)).toBe(
      expected.filter((row) => row.language === language).length,
    );
  const group = `group${rows.size % GROUPS}`;
  const found = await table.search(group, "fts", "terms").limit(10_000).select(["id"]).toArray();
  const ids = found.map(({ id }: { id: string }) => id).toSorted();
  const inGroup = expected.filter((row) => row.terms.split(" ").includes(group));
  expect(ids).toEqual(inGroup.map(({ id }) => id).toSorted());
  for (const { id, terms, vector } of expected.filter((_, n) => n % 97 === 0)) {
    expect(await table.countRows(`id = '${id}'`)).toBe(1);
    expect(
      await table
        .search(terms.split(" ")[0] ?? "", "fts", "terms")
        .select(["id"])
        .toArray(),
    ).toMatchObject([{ id }]);
    const nearest = table.vectorSearch(vector).distanceType("cosine").nprobes(50).refineFactor(10).limit(1);
    expect(await nearest.select(["id"]).toArray()).toMatchObject([{ id }]);
  }
}

interface TableRow extends Record<string, unknown> {
  readonly id: string;
  readonly language: string;
  readonly terms: string;
  readonly vector: number[];
}

function tableRows(range: Range, generation: number): TableRow[] {
  return numbers(range).map((n) => tableRow(n, generation));
}

function tableRow(n: number, generation: number): TableRow {
  // The first term is this row's alone.
  const terms = `word${n}x${generation} group${(n + generation) % GROUPS} every`;
  const vector = Array.from({ length: DIMENSION }, (_, at) => scatter(n * 40_503 + generation * 2_221 + at) / 64);
  return { id: idOf(n), language: LANGUAGES[(n + generation) % LANGUAGES.length] ?? "", terms, vector };
}

/** Spreads integers over -64 to 63, which a float16 holds exactly. */
function scatter(x: number): number {
  const mixed = Math.imul((x + 1_000) ^ ((x + 1_000) >>> 15), 0x2c1b3c6d);
  return (Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 25) - 64;
}

function summary({
  id,
  language,
  terms,
  vector,
}: {
  id: string;
  language: string;
  terms: string;
  vector: Iterable<number>;
}) {
  return `${id} ${language} ${terms} ${[...vector].join(" ")}`;
}

function numbers({ from, count }: Range): number[] {
  return Array.from({ length: count }, (_, n) => from + n);
}

function rowMap(count: number): Rows {
  return new Map(numbers({ from: 0, count }).map((n) => [n, 0]));
}

function idOf(n: number): string {
  return `row${n}`;
}
