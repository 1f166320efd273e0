import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { resonaError } from "../errors.ts";
import type { MaintenanceOptions } from "../model/maintenance.ts";
import { measureTableFiles } from "../store/table-files.ts";
import {
  type ItemTable,
  expectedRows,
  newItemTable,
  openItemTable,
  put,
  putBatches,
  remove,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";
import { readMaintenanceRecord } from "./maintenance-record.ts";

const maintain = ({ table, folder }: ItemTable, options: MaintenanceOptions = {}) =>
  maintainTables([table], folder, options);

const everythingSkipped = { skipCompaction: true, skipIndex: true, skipCleanup: true };

describe("maintainTables", () => {
  it("compacts, indexes and cleans up after a bulk insert in small batches", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 100, 10);
    expect(await items.table.state()).toMatchObject({ rows: 1_000, fragments: 100, versions: 101, indexes: [] });
    const { reclaimable } = await measureTableFiles(items.table.path);

    const result = await maintain(items, { retentionDays: 0 });
    expect(result).toMatchObject({
      compaction: { fragmentsRemoved: 100, filesCreated: 1 },
      indexRebuilt: true,
      indexStats: { numIndexedRows: 1_000, numUnindexedRows: 0 },
      failures: [],
      notes: [],
      interrupted: false,
    });
    expect(Object.keys(result.stepMs).toSorted()).toEqual(["cleanup", "compaction", "index", "sweep"]);
    expect(result.durationMs).toBeGreaterThan(Object.values(result.stepMs).reduce((sum, ms) => sum + ms, 0) - 1);
    expect(result.cleanup?.versionsRemoved).toBeGreaterThanOrEqual(101);
    expect(result.cleanup?.bytesRemoved).toBeGreaterThan(reclaimable.bytesRemoved);
    expect(await items.table.state()).toMatchObject({ rows: 1_000, fragments: 1, versions: 1 });
    expect(await rowsOf(items)).toEqual(expectedRows(0, 1_000));
    expect(await rowsFoundBy(items, 1_000)).toEqual({ terms: 1_000, vector: 1_000, id: 1_000, language: 1_000 });
    items.store.close();
  });

  it("leaves three fragments and two versions at most of 300 commits of one row", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 200, 1);
    await maintain(items, { retentionDays: 0 });
    for (let n = 0; n < 100; n++) await put(items, n, 1, 1);
    await maintain(items, { retentionDays: 0 });
    const { fragments, versions } = await items.table.state();
    expect(fragments).toBeLessThanOrEqual(3);
    expect(versions).toBeLessThanOrEqual(2);
    expect(await rowsOf(items)).toEqual([...expectedRows(0, 100, 1), ...expectedRows(100, 100)]);
    items.store.close();
  });

  it("rebuilds indexes that miss more than the threshold of the rows, and others not", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    await put(items, 1_000, 200);
    const notStale = await maintain(items, { indexStaleThreshold: 0.5, skipCompaction: true });
    expect(notStale).toMatchObject({
      indexRebuilt: false,
      indexStats: { numIndexedRows: 1_000, numUnindexedRows: 200 },
    });
    const stale = await maintain(items, { indexStaleThreshold: 0.1, skipCompaction: true });
    expect(stale).toMatchObject({ indexRebuilt: true, indexStats: { numIndexedRows: 1_200, numUnindexedRows: 0 } });
    expect(stale).not.toHaveProperty("compaction");
    expect(await rowsFoundBy(items, 1_200)).toEqual({ terms: 1_200, vector: 1_200, id: 1_200, language: 1_200 });
    items.store.close();
  });

  it("says of indexes that compaction extends whether they were stale", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items);
    await put(items, 1_000, 200);
    expect((await maintain(items, { indexStaleThreshold: 0.5 })).indexRebuilt).toBe(false);
    await put(items, 1_200, 200);
    expect((await maintain(items, { indexStaleThreshold: 0.1 })).indexRebuilt).toBe(true);
    items.store.close();
  });

  it("finds nothing to do the second time", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 20, 10);
    await maintain(items, { retentionDays: 0 });
    const { version } = await items.table.state();
    const again = await maintain(items, { retentionDays: 0 });
    expect(again).toMatchObject({
      compaction: { fragmentsRemoved: 0, filesCreated: 0 },
      indexRebuilt: false,
      cleanup: { bytesRemoved: 0, versionsRemoved: 0 },
      failures: [],
    });
    expect(await items.table.state()).toMatchObject({ version, versions: 1, fragments: 1 });
    items.store.close();
  });

  it.each([0, 7])("makes no index of an empty table, with a retention of %i days", async (retentionDays) => {
    const items = await newItemTable(await temporaryFolder());
    expect(await maintain(items, { retentionDays })).toMatchObject({ indexRebuilt: false, failures: [] });
    await put(items, 0, 10);
    await remove(items, 0, 10);
    const emptied = await maintain(items, { retentionDays });
    expect(emptied).toMatchObject({ indexRebuilt: false, failures: [] });
    expect(emptied).not.toHaveProperty("indexStats");
    expect(await items.table.state()).toMatchObject({ rows: 0, indexes: [] });
    items.store.close();
  });

  it("maintains several tables and adds up what it did", async () => {
    const [first, second] = [await newItemTable(await temporaryFolder()), await newItemTable(await temporaryFolder())];
    await putBatches(first, 5, 10);
    await putBatches(second, 7, 10);
    const result = await maintainTables([first.table, second.table], first.folder, {});
    expect(result.compaction).toEqual({ fragmentsRemoved: 12, filesCreated: 2 });
    first.store.close();
    second.store.close();
  });
});

describe("the retention", () => {
  it("keeps a week of versions by default, and none but the current one with 0 days", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 3, 10);
    expect((await maintain(items)).cleanup).toEqual({ bytesRemoved: 0, versionsRemoved: 0 });
    expect((await items.table.state()).versions).toBeGreaterThan(4);
    await maintain(items, { retentionDays: 0 });
    expect((await items.table.state()).versions).toBe(1);
    items.store.close();
  });

  it.each([-1, Number.NaN, Infinity, "7" as unknown as number, null as unknown as number])(
    "refuses %s days",
    async (retentionDays) => {
      const items = await newItemTable(await temporaryFolder());
      await expect(maintain(items, { retentionDays })).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: `retentionDays must be 0 or a greater number, not ${String(retentionDays)}.`,
      });
      items.store.close();
    },
  );

  it("takes any number of days that a calendar cannot hold for all of time", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 10);
    expect(await maintain(items, { retentionDays: 1e300 })).toMatchObject({
      failures: [],
      cleanup: { versionsRemoved: 0 },
    });
    items.store.close();
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses a stale threshold of %s", async (indexStaleThreshold) => {
    const items = await newItemTable(await temporaryFolder());
    await expect(maintain(items, { indexStaleThreshold })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    items.store.close();
  });
});

describe("options that leave something out", () => {
  /** Many fragments, many versions, indexes that miss a sixth of the rows. */
  async function neglected(): Promise<ItemTable> {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 500);
    await maintain(items, { retentionDays: 0 });
    for (let n = 0; n < 10; n++) await put(items, 500 + n * 10, 10);
    return items;
  }

  const few = expect.closeTo(13, -1) as number;
  it.each([
    ["compaction", { skipCompaction: true }, { fragments: 11, unindexed: 0, versions: 1 }],
    ["indexing", { skipIndex: true }, { fragments: 1, unindexed: 0, versions: 1 }],
    ["cleanup", { skipCleanup: true }, { fragments: 1, unindexed: 0, versions: few }],
    [
      "compaction and indexing",
      { skipCompaction: true, skipIndex: true },
      { fragments: 11, unindexed: 100, versions: 1 },
    ],
    [
      "compaction and cleanup",
      { skipCompaction: true, skipCleanup: true },
      { fragments: 11, unindexed: 0, versions: few },
    ],
    ["indexing and cleanup", { skipIndex: true, skipCleanup: true }, { fragments: 1, unindexed: 0, versions: few }],
    ["everything", everythingSkipped, { fragments: 11, unindexed: 100, versions: 11 }],
  ])("are respected: %s", async (_, options, expected) => {
    const items = await neglected();
    const result = await maintain(items, { retentionDays: 0, ...options });
    const { fragments, versions, indexes } = await items.table.state();
    const unindexed = Math.max(...indexes.map(({ unindexedRows }) => unindexedRows));
    expect({ fragments, versions, unindexed }).toEqual(expected);
    expect(result.failures).toEqual([]);
    const done = { compaction: result.compaction, index: result.stepMs.index, cleanup: result.cleanup };
    expect(Object.values(done).map((value) => value === undefined)).toEqual(
      (["skipCompaction", "skipIndex", "skipCleanup"] as const).map((name) => name in options),
    );
    expect(await rowsOf(items)).toEqual(expectedRows(0, 600));
    items.store.close();
  });

  it("says where something could not be had as it was asked for", async () => {
    const items = await neglected();
    const { notes, indexRebuilt } = await maintain(items, { skipIndex: true, targetRowsPerFragment: 500_000 });
    expect(notes).toEqual([
      "targetRowsPerFragment has no effect: LanceDB merges fragments up to 1,048,576 rows.",
      expect.stringMatching(
        /^Compaction of chunks extended its indexes over .*terms.*: LanceDB does not do one without/,
      ),
    ]);
    expect(indexRebuilt).toBe(false);
    items.store.close();
  });
});

describe("onlyIfNeeded", () => {
  it("does nothing to a table that needs nothing", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 10, 10);
    await maintain(items, { onlyIfNeeded: true });
    const { version } = await items.table.state();
    await put(items, 100, 10);
    const steps: string[] = [];
    const result = await maintain(items, { onlyIfNeeded: true, onProgress: (step) => steps.push(step) });
    expect(new Set(steps)).toEqual(new Set(["sweep"]));
    expect(result).not.toHaveProperty("compaction");
    expect(result).not.toHaveProperty("cleanup");
    expect((await items.table.state()).version).toBe(version + 1);
    items.store.close();
  });

  it("makes the indexes that are missing, and merges fragments when they are many, each for itself", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 16, 10);
    const first = await maintain(items, { onlyIfNeeded: true });
    expect(first).toMatchObject({ indexRebuilt: true });
    expect(first).not.toHaveProperty("compaction");
    await put(items, 160, 10);
    const second = await maintain(items, { onlyIfNeeded: true, retentionDays: 0 });
    expect(second).toMatchObject({ compaction: { fragmentsRemoved: 18, filesCreated: 2 }, indexRebuilt: false });
    expect(await items.table.state()).toMatchObject({ fragments: 1, versions: 1 });
    items.store.close();
  });

  it("extends an index that misses more than a threshold that is given", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 1_000);
    await maintain(items, { onlyIfNeeded: true });
    await put(items, 1_000, 200);
    expect((await maintain(items, { onlyIfNeeded: true })).indexRebuilt).toBe(false);
    const result = await maintain(items, { onlyIfNeeded: true, indexStaleThreshold: 0.1 });
    expect(result).toMatchObject({ indexRebuilt: true, compaction: {}, indexStats: { numUnindexedRows: 0 } });
    items.store.close();
  });

  it("removes old versions when they are many", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 10);
    await maintain(items);
    for (let n = 0; n < 105; n++) await items.table.delete("id = 'nobody'");
    expect(await maintain(items, { onlyIfNeeded: true })).not.toHaveProperty("cleanup");
    const result = await maintain(items, { onlyIfNeeded: true, retentionDays: 0 });
    expect(result.cleanup?.versionsRemoved).toBeGreaterThan(105);
    expect(result).not.toHaveProperty("compaction");
    expect(await rowsOf(items)).toEqual(expectedRows(0, 10));
    items.store.close();
  });
});

describe("what a run reports", () => {
  it("says what each step does and what it did", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 5, 10);
    const lines: string[] = [];
    await maintain(items, { onProgress: (step, details) => lines.push(`${step} ${details}`), retentionDays: 0 });
    expect(lines).toEqual([
      "sweep chunks: looking for leftovers of killed writers",
      "sweep chunks: 0 leftover files removed, 0 MB",
      "compaction chunks: merging fragments",
      "compaction chunks: 5 fragments before, 1 fragment after",
      expect.stringMatching(/^index chunks: making the index over id \(it is missing\), .*terms/),
      "index chunks: done: id, base_id, language, terms",
      "cleanup chunks: removing old versions",
      expect.stringMatching(/^cleanup chunks: 1\d versions removed, 0(\.\d)? MB$/),
    ]);
    items.store.close();
  });

  it("sweeps what killed writers left behind an hour ago or earlier", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 10);
    const [old, young] = [join(items.table.path, "data/.tmpAbCdEf"), join(items.table.path, "data/.tmpGhIjKl")];
    for (const path of [old, young]) await writeFile(path, "x".repeat(1_000));
    await utimes(old, 0, 0);
    await maintain(items);
    await expect(stat(old)).rejects.toMatchObject({ code: "ENOENT" });
    await stat(young);
    items.store.close();
  });

  it("removes what writers that were killed an hour ago or earlier never committed", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 10);
    const data = join(items.table.path, "data");
    const [committed = ""] = await readdir(data);
    const orphans = ["0", "1"].map((digit) => join(data, `${digit.repeat(24)}${committed.slice(24)}`));
    for (const orphan of orphans) await copyFile(join(data, committed), orphan);
    await utimes(orphans[0] ?? "", 0, 0);
    await maintain(items);
    expect(orphans.map((orphan) => existsSync(orphan))).toEqual([false, true]);
    expect(await rowsOf(items)).toEqual(expectedRows(0, 10));
    items.store.close();
  });

  it("ends between two steps when it is cancelled, and says what was done", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 5, 10);
    const stopAfter = async (last: string) => {
      const stop = new AbortController();
      const onProgress = (step: string) => {
        if (step === last) stop.abort();
      };
      return maintain(items, { onProgress, signal: stop.signal, retentionDays: 0 });
    };
    const beforeAll = await maintain(items, { signal: AbortSignal.abort() });
    expect(beforeAll).toMatchObject({ interrupted: true, stepMs: {}, failures: [], indexRebuilt: false });
    expect(Object.keys((await stopAfter("sweep")).stepMs)).toEqual(["sweep"]);
    const compacted = await stopAfter("compaction");
    expect(compacted).toMatchObject({ interrupted: true, compaction: { fragmentsRemoved: 5 }, indexRebuilt: false });
    expect(compacted).not.toHaveProperty("cleanup");
    expect(await items.table.state()).toMatchObject({ fragments: 1, indexes: [] });
    expect(await stopAfter("cleanup")).toMatchObject({ interrupted: false, indexRebuilt: true });
    expect(await rowsOf(items)).toEqual(expectedRows(0, 50));
    items.store.close();
  });

  it("stops at once, with that error, when the lock is lost", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 5, 10);
    let calls = 0;
    const assertHeld = () => {
      if (++calls === 3) throw resonaError("LOCK_LOST", { path: items.folder });
    };
    await expect(maintainTables([items.table], items.folder, { assertHeld })).rejects.toMatchObject({
      code: "LOCK_LOST",
    });
    expect(await items.table.state()).toMatchObject({ fragments: 1, indexes: [] });
    items.store.close();
  });
});

describe("readers during maintenance", () => {
  it("read on from the version that they began with, through a default run", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 60, 300);
    const reader = await openItemTable(items.folder);
    const ids = reader.store.hashes();
    const first = await ids.next();
    expect(first.done).toBe(false);
    const result = await maintain(items);
    expect(result).toMatchObject({ failures: [], compaction: { fragmentsRemoved: 60 } });
    let rows = first.value?.rows ?? 0;
    for await (const batch of ids) rows += batch.rows;
    expect(rows).toBe(18_000);
    expect(await rowsFoundBy(reader, 18_000)).toMatchObject({ terms: 18_000, id: 18_000 });
    reader.store.close();
    items.store.close();
  });

  it("find everything at every moment, whatever the retention", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 40, 50);
    const reader = await openItemTable(items.folder);
    const ended = new AbortController();
    const reading = (async () => {
      const seen = new Set<number>();
      while (!ended.signal.aborted) {
        seen.add((await reader.store.searchTerms([{ term: "every", weight: 1 }], 3_000)).length);
        seen.add(await reader.store.countRecords());
      }
      return [...seen];
    })();
    const { failures } = await maintain(items, { retentionDays: 0 });
    ended.abort();
    expect(failures).toEqual([]);
    expect(await reading).toEqual([2_000]);
    reader.store.close();
    items.store.close();
  });
});

describe("a step that fails", () => {
  it("is reported with its code, and the others are done: a data file is lost", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 3, 10);
    const [file] = await readdir(join(items.table.path, "data"));
    await rm(join(items.table.path, "data", file ?? ""));
    const result = await maintain(items, { retentionDays: 0 });
    expect(result.failures.map(({ step, table, code }) => `${step} ${table} ${code}`)).toEqual([
      "compaction chunks INDEX_DAMAGED",
      "index chunks INDEX_DAMAGED",
      "cleanup chunks STORE_FAILED",
    ]);
    expect(result.failures[0]?.message).toMatch(/is damaged: .*\.lance/);
    expect(result.failures[2]?.message).toMatch(/kept because data\/.*\.lance of its newest version is missing/);
    expect(Object.keys(result.stepMs)).toEqual(["sweep", "compaction", "index", "cleanup"]);
    items.store.close();
  });

  it("is counted from run to run until it succeeds", async () => {
    const items = await newItemTable(await temporaryFolder());
    await putBatches(items, 3, 10);
    const folder = join(items.table.path, "data");
    const [file = ""] = await readdir(folder);
    const failing = async () =>
      (await readMaintenanceRecord(items.folder)).failing.map(({ step, times }) => `${step} ${times}`);
    await rename(join(folder, file), join(items.folder, file));
    await maintain(items, { skipCleanup: true });
    await maintain(items, { skipCleanup: true });
    expect(await failing()).toEqual(["compaction 2", "index 2"]);
    await maintain(items, { skipCompaction: true, skipCleanup: true });
    expect(await failing()).toEqual(["compaction 2", "index 3"]);
    await rename(join(items.folder, file), join(folder, file));
    await maintain(items, { skipIndex: true });
    expect(await failing()).toEqual(["index 3"]);
    await maintain(items);
    expect(await failing()).toEqual([]);
    expect(await rowsOf(items)).toEqual(expectedRows(0, 30));
    items.store.close();
  });

  it("is every one of them when the table is gone, and nothing is thrown", async () => {
    const items = await newItemTable(await temporaryFolder());
    await put(items, 0, 10);
    await rm(items.table.path, { recursive: true });
    const { failures } = await maintain(items);
    expect(failures.map(({ step }) => step)).toEqual(["compaction", "index", "cleanup"]);
    await mkdir(items.table.path);
    items.store.close();
  });
});
