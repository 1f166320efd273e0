import { describe, expect, it, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  type ItemTable,
  expectedRows,
  newItemTable,
  put,
  remove,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";
import { readMaintenanceRecord } from "./maintenance-record.ts";

// With the true one, a vector index over 16 dimensions would take four million rows.
vi.mock("./thresholds.ts", async (original) => ({
  ...(await original<typeof import("./thresholds.ts")>()),
  MIN_INDEXED_VECTOR_VALUES: 16 * 1_000,
}));

const maintain = ({ table, folder }: ItemTable, options: Parameters<typeof maintainTables>[2] = {}) =>
  maintainTables([table], folder, { retentionDays: 0, ...options });

const direction = Float32Array.from({ length: 16 }, (_, i) => Math.cos(i));

async function vectorIndexOf({ table }: ItemTable) {
  const { indexes, fragments } = await table.state();
  const { segments, unindexedRows, indexedRows } = indexes.find(({ column }) => column === "vector") ?? {};
  return { segments, unindexedRows, indexedRows, fragments };
}

const rowsAtBuild = async ({ folder }: ItemTable) => (await readMaintenanceRecord(folder)).vectorIndexRows["chunks"];

describe("the vector index", () => {
  it("is made from the size where it pays", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 999);
    expect((await maintain(items)).failures).toEqual([]);
    expect((await vectorIndexOf(items)).segments).toBeUndefined();
    await put(items, 999, 1);
    expect((await maintain(items)).indexRebuilt).toBe(true);
    expect(await vectorIndexOf(items)).toEqual({ segments: 1, unindexedRows: 0, indexedRows: 1_000, fragments: 1 });
    expect(await rowsAtBuild(items)).toBe(1_000);
    items.store.close();
  });

  it("is extended by a segment each time, and made anew when there are too many, so that fragments merge", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    const most = { segments: 1, fragments: 1 };
    const rebuilt: number[] = [];
    for (let round = 1; round <= 10; round++) {
      await put(items, round * 50, 50, round);
      const result = await maintain(items);
      expect(result.failures).toEqual([]);
      const { segments = 0, fragments, unindexedRows } = await vectorIndexOf(items);
      expect(unindexedRows).toBe(0);
      if (segments === 1) rebuilt.push(round);
      most.segments = Math.max(most.segments, segments);
      most.fragments = Math.max(most.fragments, fragments);
    }
    expect(rebuilt).toEqual([6]);
    expect(most).toEqual({ segments: 6, fragments: 6 });
    const changed = Array.from({ length: 10 }, (_, i) => expectedRows((i + 1) * 50, 50, i + 1)).flat();
    expect(await rowsOf(items)).toEqual([...expectedRows(0, 50), ...changed, ...expectedRows(550, 450)]);
    expect((await rowsFoundBy(items, 1_000))["vector"]).toBe(1_000);
    items.store.close();
  });

  it("is made anew where compaction is left out, which is said, as fragments stay apart", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    for (let round = 1; round <= 6; round++) {
      await put(items, round * 50, 50, round);
      await items.table.optimize(new Date(0));
    }
    expect(await vectorIndexOf(items)).toMatchObject({ segments: 7, fragments: 7 });
    const notMade = await maintain(items, { skipIndex: true });
    expect(notMade.notes).toEqual([
      "Fragments of chunks were not merged across the segments of its vector index, which only making it anew merges.",
    ]);
    const made = await maintain(items, { skipCompaction: true });
    expect(made).toMatchObject({ indexRebuilt: true, failures: [] });
    expect(made.notes).toEqual(["The fragments of chunks merge when it is compacted, which was skipped."]);
    expect(await vectorIndexOf(items)).toMatchObject({ segments: 1, fragments: 7 });
    await maintain(items);
    expect(await vectorIndexOf(items)).toMatchObject({ segments: 1, fragments: 1 });
    items.store.close();
  });

  it("is made anew when the table has grown by more than half", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    await put(items, 1_000, 500);
    await maintain(items);
    expect(await vectorIndexOf(items)).toMatchObject({ segments: 2 });
    await put(items, 1_500, 1);
    await maintain(items);
    expect(await vectorIndexOf(items)).toEqual({ segments: 1, unindexedRows: 0, indexedRows: 1_501, fragments: 1 });
    expect(await rowsAtBuild(items)).toBe(1_501);
    items.store.close();
  });

  it("is dropped when the table has become too small for it", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    await remove(items, 0, 400);
    await maintain(items);
    expect(await vectorIndexOf(items)).toMatchObject({ segments: 1, indexedRows: 600 });
    await remove(items, 400, 200);
    const result = await maintain(items);
    expect(result.failures).toEqual([]);
    expect((await vectorIndexOf(items)).segments).toBeUndefined();
    expect(await rowsAtBuild(items)).toBeUndefined();
    expect(await rowsFoundBy(items, 400)).toEqual({ terms: 400, vector: 400, id: 400, language: 400 });
    items.store.close();
  });
});

it("finds the best of what is left, by words and by vector, after the best have been removed and compacted away", async () => {
  const items = await newItemTable(await temporaryFolder());
  await put(items, 0, 1_000);
  await maintain(items);
  const best = async () => {
    const byVector = await items.store.searchVector(direction, 10);
    const byWords = await items.store.searchTerms([{ term: "every", weight: 1 }], 10);
    return { byVector: byVector.map(({ id }) => id), words: byWords.length };
  };
  const nearest = await items.store.searchVector(direction, 400);
  await items.store.delete(nearest.slice(0, 300).map(({ baseId }) => baseId));
  const expected = { byVector: nearest.slice(300, 310).map(({ id }) => id), words: 10 };
  expect(await best()).toEqual(expected);
  await maintain(items);
  expect(await vectorIndexOf(items)).toMatchObject({ segments: 1, fragments: 1 });
  expect(await best()).toEqual(expected);
  items.store.close();
});
