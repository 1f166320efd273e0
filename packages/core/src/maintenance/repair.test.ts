import { readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  type ItemTable,
  expectedRows,
  indexFolders,
  newItemTable,
  openItemTable,
  put,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";
import { vectorIndex } from "./policy.ts";

const damages: Record<string, (folder: string) => Promise<void>> = {
  "deleted by hand": (folder) => rm(folder, { recursive: true }),
  "cut off": (folder) => eachFile(folder, async (path) => truncate(path, Math.floor((await stat(path)).size / 2))),
  garbled: (folder) =>
    eachFile(folder, async (path) =>
      writeFile(
        path,
        (await readFile(path)).map((byte) => byte ^ 0x5a),
      ),
    ),
};

async function eachFile(folder: string, work: (path: string) => Promise<void>): Promise<void> {
  for (const name of await readdir(folder)) await work(join(folder, name));
}

/** 1,000 rows with every kind of index, the vector's included, then some more; not opened, so that nothing is cached. */
async function indexed(
  unindexedRows: number,
): Promise<{ folder: string; indexes: Awaited<ReturnType<typeof indexFolders>> }> {
  const items = await newItemTable(await temporaryFolder());
  await put(items, 0, 1_000);
  await maintainTables([items.table], items.folder, { retentionDays: 0 });
  await items.table.createIndex(vectorIndex);
  if (unindexedRows > 0) await put(items, 1_000, unindexedRows);
  items.store.close();
  return { folder: items.folder, indexes: await indexFolders(items) };
}

async function expectWhole(items: ItemTable, rows: number): Promise<void> {
  expect(await rowsOf(items)).toEqual(expectedRows(0, rows));
  expect(await rowsFoundBy(items, rows)).toMatchObject({ terms: rows, id: rows, language: rows });
}

describe.each([0, 100])("an index that is broken, with %i rows not in it yet,", (unindexedRows) => {
  const rows = 1_000 + unindexedRows;

  it.each(
    Object.keys(damages).flatMap((damage) =>
      (["bitmap", "terms", "btree"] as const).map((kind) => [kind, damage] as const),
    ),
  )("is made anew: %s, %s", async (kind, damage) => {
    const { folder, indexes } = await indexed(unindexedRows);
    await damages[damage]?.(indexes[kind]);
    const items = await openItemTable(folder);
    const result = await maintainTables([items.table], folder, { retentionDays: 0 });
    expect(result).toMatchObject({ failures: [], indexRebuilt: true, indexStats: { numUnindexedRows: 0 } });
    await expectWhole(items, rows);
    expect((await items.table.state()).versions).toBeLessThanOrEqual(2);
    items.store.close();
  });

  it.each(Object.keys(damages))("is dropped if it is one over vectors that does not pay: %s", async (damage) => {
    const { folder, indexes } = await indexed(unindexedRows);
    await damages[damage]?.(indexes.vector);
    const items = await openItemTable(folder);
    const result = await maintainTables([items.table], folder, { retentionDays: 0 });
    expect(result).toMatchObject({ failures: [], indexStats: { numUnindexedRows: 0 } });
    const { indexes: left, fragments } = await items.table.state();
    expect(left.map(({ column }) => column)).not.toContain("vector");
    expect(fragments).toBe(1);
    await expectWhole(items, rows);
    expect((await rowsFoundBy(items, rows))["vector"]).toBe(rows);
    items.store.close();
  });
});

it("is left alone, and reported, where indexes are not to be touched", async () => {
  const { folder, indexes } = await indexed(100);
  await rm(indexes.vector, { recursive: true });
  const items = await openItemTable(folder);
  const result = await maintainTables([items.table], folder, { retentionDays: 0, skipIndex: true });
  expect(result.failures.map(({ step, code }) => `${step} ${code}`)).toEqual([
    "compaction INDEX_DAMAGED",
    "cleanup STORE_FAILED",
  ]);
  expect(await rowsOf(items)).toEqual(expectedRows(0, 1_100));
  items.store.close();
});

it("is made anew in a run that does what is needed only, once compaction stumbles over it", async () => {
  const { folder, indexes } = await indexed(100);
  await rm(indexes.vector, { recursive: true });
  const items = await openItemTable(folder);
  const options = { onlyIfNeeded: true, indexStaleThreshold: 0.01 };
  const result = await maintainTables([items.table], folder, options);
  expect(result).toMatchObject({ failures: [], indexRebuilt: true, indexStats: { numUnindexedRows: 0 } });
  items.store.close();
});
