// What is skipped and what is embedded, decided from a stream of real tables, against the same decided from all rows.
import type { Connection, Table } from "@lancedb/lancedb";
import type { RecordBatch, Table as ArrowTable } from "apache-arrow";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type ItemStatus, type StoredHashes, loadStoredHashes } from "../src/changes/stored-hashes.ts";
import type { StoredHashColumns } from "../src/model/stored-hash-columns.ts";
import { arrow } from "../src/store/arrow.ts";
import { connect } from "../src/store/lance.ts";
import { readHashColumns } from "../src/store/read-hashes.ts";
import { temporaryFolder } from "./temp-folder.ts";

interface StoredRecord {
  readonly id: string;
  readonly hash: number | null;
}

const HASHES = 4;

/** Named by small numbers; all zero for 0. */
function hashOf(n: number): Uint8Array {
  return new Uint8Array(16).fill(n * 17);
}

const schema = new arrow.Schema([
  new arrow.Field("row", new arrow.Int32(), false),
  new arrow.Field("id", new arrow.Utf8(), false),
  new arrow.Field("text_hash", new arrow.FixedSizeBinary(16), true),
]);

function rowsOf(records: readonly StoredRecord[], firstRow: number): ArrowTable {
  const values = {
    row: arrow.vectorFromArray(
      records.map((_, i) => firstRow + i),
      new arrow.Int32(),
    ),
    id: arrow.vectorFromArray(
      records.map(({ id }) => id),
      new arrow.Utf8(),
    ),
    text_hash: arrow.vectorFromArray(
      records.map(({ hash }) => (hash === null ? null : hashOf(hash))),
      new arrow.FixedSizeBinary(16),
    ),
  };
  return new arrow.Table(schema, values);
}

let tables = 0;

/** A table with a fragment for each list, some rows of which are then deleted. */
async function newTable(
  db: Connection,
  fragments: readonly (readonly StoredRecord[])[],
  deletedRows: readonly number[] = [],
): Promise<Table> {
  const table = await db.createEmptyTable(`table${tables++}`, schema);
  let firstRow = 0;
  for (const records of fragments) {
    if (records.length > 0) await table.add(rowsOf(records, firstRow));
    firstRow += records.length;
  }
  if (deletedRows.length > 0) await table.delete(`row IN (${deletedRows.join()})`);
  return table;
}

async function* hashColumns(table: Table, maxBatchLength: number): AsyncGenerator<StoredHashColumns> {
  type Executable = { execute(options: { maxBatchLength: number }): AsyncIterable<RecordBatch> };
  const query = table.query().select(["id", "text_hash"]) as unknown as Executable;
  for await (const batch of query.execute({ maxBatchLength })) yield readHashColumns(batch);
}

/** All rows at once into a Map: base id to hash in hexadecimal, null for an item that must be embedded. */
async function loadAllAtOnce(table: Table): Promise<Map<string, string | null>> {
  const hashes = new Map<string, string | null>();
  const rows: { id: string; text_hash: Uint8Array | null }[] = await table
    .query()
    .select(["id", "text_hash"])
    .toArray();
  for (const { id, text_hash } of rows) {
    const baseId = id.slice(0, id.lastIndexOf("#"));
    const hash = text_hash === null ? null : Buffer.from(text_hash).toString("hex");
    const known = hashes.get(baseId);
    hashes.set(baseId, known === undefined || known === hash ? hash : null);
  }
  return hashes;
}

type Decision = [baseId: string, hash: number, status: ItemStatus];

/** For each item with each hash that it could have now. */
function decide(baseIds: Iterable<string>, compare: (baseId: string, hash: Uint8Array) => ItemStatus): Decision[] {
  return Array.from(baseIds).flatMap((baseId) =>
    Array.from({ length: HASHES }, (_, n): Decision => [baseId, n, compare(baseId, hashOf(n))]),
  );
}

function decideAllAtOnce(hashes: ReadonlyMap<string, string | null>, baseIds: Iterable<string>): Decision[] {
  return decide(baseIds, (baseId, hash) => {
    const stored = hashes.get(baseId);
    if (stored === undefined) return "new";
    return stored === Buffer.from(hash).toString("hex") ? "unchanged" : "changed";
  });
}

function decideStreamed(stored: StoredHashes, baseIds: Iterable<string>): Decision[] {
  return decide(baseIds, (baseId, hash) => stored.compare(baseId, hash));
}

const someBaseIds = ["", "#", "a", "a#", "a#1", "a#1#2", "b", "src/ä🦜.ts", "it's", `"q"\n\\`, "x".repeat(1_500)];
const baseIdPool = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...someBaseIds) },
  // Arrow leaves out a byte order mark when it decodes a string, so the naive way takes such an id for another.
  {
    weight: 1,
    arbitrary: fc.string({ unit: "binary", maxLength: 12 }).filter((baseId) => !baseId.startsWith("\ufeff")),
  },
);

/** Records of one item: mostly of one hash, some without, some of another. */
const itemRecords: fc.Arbitrary<StoredRecord[]> = fc
  .record({
    baseId: baseIdPool,
    hash: fc.nat(HASHES - 1),
    firstChunk: fc.nat(2),
    odd: fc.array(fc.constantFrom<"none" | "null" | number>("none", "none", "none", "null", 0, 1), { maxLength: 12 }),
    isConsistent: fc.boolean(),
  })
  .map(({ baseId, hash, firstChunk, odd, isConsistent }) =>
    odd.map((kind, n) => {
      const own = isConsistent || kind === "none" ? hash : kind === "null" ? null : kind;
      return { id: `${baseId}#${firstChunk + n}`, hash: own };
    }),
  );

const storedTables = fc
  .record({
    records: fc.array(itemRecords, { maxLength: 40, size: "max" }).map((items) => items.flat()),
    shuffledBy: fc.option(fc.infiniteStream(fc.nat(1_000)), { nil: undefined }),
    cuts: fc.array(fc.nat(99), { maxLength: 8 }),
    deletedShare: fc.constantFrom(0, 0, 3, 7),
    batchRows: fc.integer({ min: 1, max: 60 }),
  })
  .map(({ records, shuffledBy, cuts, deletedShare, batchRows }) => {
    const order = shuffledBy === undefined ? records : inOrderOf(records, shuffledBy);
    const ends = [...cuts.map((cut) => Math.floor((order.length * cut) / 100)), order.length].toSorted((a, b) => a - b);
    const fragments = ends.map((end, i) => order.slice(ends[i - 1] ?? 0, end));
    const deletedRows = deletedShare === 0 ? [] : [...order.keys()].filter((row) => row % deletedShare === 1);
    return { records, fragments, deletedRows, batchRows };
  });

function inOrderOf<T>(values: readonly T[], ranks: Iterator<number>): T[] {
  return values
    .map((value) => ({ value, rank: Number(ranks.next().value) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}

function baseIdsOf(records: readonly StoredRecord[]): Set<string> {
  return new Set([...someBaseIds, ...records.map(({ id }) => id.slice(0, id.lastIndexOf("#"))), "never stored"]);
}

test("streamed in batches of any size, every table gives the decisions of all rows at once", async () => {
  const db = await connect(await temporaryFolder());
  await fc.assert(
    fc.asyncProperty(storedTables, async ({ records, fragments, deletedRows, batchRows }) => {
      const table = await newTable(db, fragments, deletedRows);
      const stored = await loadStoredHashes(hashColumns(table, batchRows));
      const naive = await loadAllAtOnce(table);
      expect(decideStreamed(stored, baseIdsOf(records))).toEqual(decideAllAtOnce(naive, baseIdsOf(records)));
      expect(stored.size).toBe(naive.size);
      table.close();
    }),
    { numRuns: 60 },
  );
  db.close();
});

test("what others write while the stream runs does not count", async () => {
  const folder = await temporaryFolder();
  const db = await connect(folder);
  const others = await connect(folder);
  await fc.assert(
    fc.asyncProperty(storedTables, fc.array(itemRecords, { maxLength: 5 }), async (of, laterItems) => {
      // One fragment more, so that there is something to read before and after the writes.
      const fragments = [...of.fragments, [{ id: "first#0", hash: 0 }], [{ id: "last#0", hash: 0 }]];
      const table = await newTable(db, fragments, of.deletedRows);
      const before = await loadAllAtOnce(table);
      const later = [
        ...laterItems.flat(),
        { id: "a#0", hash: 3 },
        { id: "last#1", hash: 1 },
        { id: "later#0", hash: 0 },
      ];
      const writer = await others.openTable(table.name);
      let batches = 0;
      const whileWritten = async function* (): AsyncGenerator<StoredHashColumns> {
        for await (const columns of hashColumns(table, of.batchRows)) {
          yield columns;
          if (batches++ > 0) continue;
          await writer.delete("row % 2 = 0");
          await writer.add(rowsOf(later, 1_000_000));
          await writer.optimize();
        }
      };
      const stored = await loadStoredHashes(whileWritten());
      expect(batches).toBeGreaterThan(1);
      const baseIds = baseIdsOf([...of.records, ...later]);
      expect(decideStreamed(stored, baseIds)).toEqual(decideAllAtOnce(before, baseIds));
      // The next stream sees it, so it was really written meanwhile.
      await table.checkoutLatest();
      const next = await loadStoredHashes(hashColumns(table, of.batchRows));
      expect(decideStreamed(next, baseIds)).toEqual(decideAllAtOnce(await loadAllAtOnce(table), baseIds));
      expect(stored.compare("later", hashOf(0))).toBe("new");
      expect(next.compare("later", hashOf(0))).toBe("unchanged");
      writer.close();
      table.close();
    }),
    { numRuns: 15 },
  );
  others.close();
  db.close();
});

test("an empty table, and one emptied again, give an empty map", async () => {
  const db = await connect(await temporaryFolder());
  const table = await newTable(db, []);
  expect((await loadStoredHashes(hashColumns(table, 8))).size).toBe(0);
  await table.add(rowsOf([{ id: "a#0", hash: 0 }], 0));
  await table.delete("true");
  expect((await loadStoredHashes(hashColumns(table, 8))).size).toBe(0);
  db.close();
});

test("of 3,000 stored items those with the same hash are skipped, and no others", async () => {
  const db = await connect(await temporaryFolder());
  const records = Array.from({ length: 3_000 }, (_, item) =>
    Array.from({ length: 1 + (item % 7) }, (__, n) => ({
      id: `src/file-${item}.ts#${n}`,
      hash: item % 100 === 50 && n === 0 ? null : item % HASHES,
    })),
  ).flat();
  const fragments = Array.from({ length: 6 }, (_, i) => records.slice(i * 2_000, (i + 1) * 2_000));
  const table = await newTable(db, fragments);
  expect(await table.countRows()).toBe(records.length);
  const stored = await loadStoredHashes(hashColumns(table, 1_024));
  const decided = Object.groupBy(Array.from({ length: 3_200 }).keys(), (item) =>
    stored.compare(`src/file-${item}.ts`, hashOf(item % HASHES)),
  );
  expect(decided.new).toEqual(Array.from({ length: 200 }, (_, i) => 3_000 + i));
  expect(decided.changed).toEqual(Array.from({ length: 30 }, (_, i) => i * 100 + 50));
  expect(decided.unchanged).toHaveLength(2_970);
  const naive = await loadAllAtOnce(table);
  expect(decideStreamed(stored, baseIdsOf(records))).toEqual(decideAllAtOnce(naive, baseIdsOf(records)));
  db.close();
});

test("an id that begins with a byte order mark is not the id without", async () => {
  const db = await connect(await temporaryFolder());
  const table = await newTable(db, [[{ id: "\ufeffa#0", hash: 1 }]]);
  const stored = await loadStoredHashes(hashColumns(table, 8));
  expect(stored.compare("\ufeffa", hashOf(1))).toBe("unchanged");
  expect(stored.compare("a", hashOf(1))).toBe("new");
  db.close();
});
