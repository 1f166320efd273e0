import { existsSync } from "node:fs";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, describe, expect, it, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { removeExpiredVersions } from "./expired-versions.ts";
import { connect } from "./lance.ts";
import { filesOf, manifestPath, TableModel } from "./table-model.test-helper.ts";
import { healTornManifests, isNewestManifestTorn } from "./torn-manifests.ts";

type FileSystem = typeof import("node:fs/promises");

const reading = vi.hoisted(() => ({ failsAt: "" }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<FileSystem>();
  const read = async (path: string) => {
    if (path === reading.failsAt) throw Object.assign(new Error("EIO: broken"), { code: "EIO" });
    return real.readFile(path);
  };
  return { ...real, readFile: read };
});

afterEach(() => {
  reading.failsAt = "";
});

/** A table of five commits over all its indexes. */
async function smallTable(): Promise<TableModel> {
  const table = await TableModel.create(await temporaryFolder(), 300);
  for (let n = 0; n < 3; n++) await table.add({ from: 1_000 + n * 10, count: 10 });
  await table.delete({ from: 3, count: 2 });
  await table.upsert({ from: 20, count: 5 });
  return table;
}

async function tear(table: TableModel, version: number, how: (whole: Buffer) => Buffer = () => Buffer.alloc(0)) {
  const path = manifestPath(table.tableFolder, version);
  await writeFile(path, how(await readFile(path)));
}

/** Opens the table as LanceDB does and looks at all its versions. */
async function open({
  folder,
}: TableModel): Promise<{ version: number; rows: number; versions: () => Promise<number> }> {
  const table = await (await connect(folder)).openTable("chunks");
  const versions = async () => (await table.listVersions()).length;
  return { version: await table.version(), rows: await table.countRows(), versions };
}

const damages: [string, (whole: Buffer) => Buffer][] = [
  ["empty", () => Buffer.alloc(0)],
  ["cut off", (whole) => whole.subarray(0, 300)],
  ["short of a byte", (whole) => whole.subarray(0, -1)],
  ["full of zeros near its end", (whole) => Buffer.concat([whole.subarray(0, -100), Buffer.alloc(100)])],
  ["garbage", (whole) => Buffer.alloc(whole.length, 0xa5)],
];

/** What file systems make of a file whose length has reached the disk, and whose contents have not. */
const zeros: [string, (whole: Buffer) => Buffer][] = [
  ["all zeros", (whole) => Buffer.alloc(whole.length)],
  ["zeros up to its footer", (whole) => Buffer.concat([Buffer.alloc(whole.length - 16), whole.subarray(-16)])],
];

describe("healTornManifests", () => {
  it.each(damages)("knows as torn what LanceDB does not open: %s", async (_, how) => {
    const table = await smallTable();
    await tear(table, table.newest, how);
    await expect(open(table)).rejects.toThrow(/Invalid|corrupt|too small|decode/);
    expect(await isNewestManifestTorn(table.tableFolder)).toBe(true);
  });

  it.each(zeros)("knows as torn what LanceDB opens as an empty table: %s", async (_, how) => {
    const table = await smallTable();
    await tear(table, table.newest, how);
    expect(await open(table)).toMatchObject({ version: 0, rows: 0 });
    expect(await isNewestManifestTorn(table.tableFolder)).toBe(true);
  });

  it.each([...damages, ...zeros])("brings a table back whose newest manifest is torn: %s", async (_, how) => {
    const table = await smallTable();
    const lost = table.newest;
    await tear(table, lost, how);
    const name = manifestPath("", lost).slice("_versions/".length);
    expect(await healTornManifests(table.tableFolder)).toEqual({
      quarantined: [`quarantine/${name}`],
      version: lost - 1,
    });
    expect(await isNewestManifestTorn(table.tableFolder)).toBe(false);
    await table.reopen();
    await table.verify([...table.versions.keys()]);
    expect([...table.versions.keys()]).not.toContain(lost);
    // The next version takes the number of the lost one.
    await table.upsert({ from: 21, count: 50 });
    expect(table.newest).toBe(lost);
    await table.delete({ from: 25, count: 5 });
    await table.add({ from: 2_000, count: 5 });
    await table.optimize();
    await table.verify([...table.versions.keys()]);
  });

  it("falls back over several versions, and leaves their files for the removal of expired versions", async () => {
    const table = await smallTable();
    const { newest } = table;
    await tear(table, newest);
    await tear(table, newest - 1, (whole) => whole.subarray(0, 100));
    const { quarantined, version } = await healTornManifests(table.tableFolder);
    expect(quarantined).toHaveLength(2);
    expect(version).toBe(newest - 2);
    await table.reopen();
    await table.verify([...table.versions.keys()]);
    const files = await filesOf(table.tableFolder);
    await table.age();
    await removeExpiredVersions(table.tableFolder, { olderThan: new Date(0) });
    // The data and the deletion file of the upsert, the deletion file before it, and both transactions.
    expect(files.length - (await filesOf(table.tableFolder)).length).toBe(5);
    await table.verify([...table.versions.keys()]);
  });

  it("lets a table be maintained again in which an older manifest is torn", async () => {
    const table = await smallTable();
    await tear(table, 4);
    const { version: opened, versions } = await open(table);
    expect(opened).toBe(table.newest);
    await expect(versions()).rejects.toThrow("range was invalid");
    expect(await isNewestManifestTorn(table.tableFolder)).toBe(false);
    const { quarantined, version } = await healTornManifests(table.tableFolder);
    expect(quarantined).toHaveLength(1);
    expect(version).toBe(table.newest);
    await table.optimize();
    await table.verify([...table.versions.keys()].filter((kept) => kept !== 4));
  });

  it("keeps what it moved aside when the same version is torn again", async () => {
    const table = await smallTable();
    const names: string[] = [];
    for (let n = 0; n < 3; n++) {
      await tear(table, table.newest, () => Buffer.from(`torn ${n}`));
      names.push(...(await healTornManifests(table.tableFolder)).quarantined);
      await table.reopen();
      await table.add({ from: 3_000 + n, count: 1 });
    }
    const contents = await Promise.all(names.map((name) => readFile(join(table.tableFolder, name))));
    expect(contents.map(String)).toEqual(["torn 0", "torn 1", "torn 2"]);
  });

  it("moves nothing if nothing is torn", async () => {
    const table = await smallTable();
    const files = await filesOf(table.tableFolder);
    expect(await isNewestManifestTorn(table.tableFolder)).toBe(false);
    expect(await healTornManifests(table.tableFolder)).toEqual({ quarantined: [], version: table.newest });
    expect(await filesOf(table.tableFolder)).toEqual(files);
  });

  it("gives a table up of which no version is whole, and moves nothing", async () => {
    const table = await smallTable();
    for (const version of table.versions.keys()) await tear(table, version);
    const files = await filesOf(table.tableFolder);
    await expect(healTornManifests(table.tableFolder)).rejects.toMatchObject({ code: "INDEX_DAMAGED" });
    expect(await filesOf(table.tableFolder)).toEqual(files);
    const missing = join(await temporaryFolder(), "x.lance");
    expect(await isNewestManifestTorn(missing)).toBe(false);
    await expect(healTornManifests(missing)).rejects.toMatchObject({ code: "INDEX_DAMAGED" });
  });

  it("does not take a manifest for torn that cannot be read just now", async () => {
    const table = await smallTable();
    const files = await filesOf(table.tableFolder);
    reading.failsAt = manifestPath(table.tableFolder, table.newest);
    await expect(isNewestManifestTorn(table.tableFolder)).rejects.toMatchObject({ code: "EIO" });
    await expect(healTornManifests(table.tableFolder)).rejects.toMatchObject({ code: "EIO" });
    expect(await filesOf(table.tableFolder)).toEqual(files);
  });

  it("puts manifests where LanceDB does not look, and where they go with the table", async () => {
    const table = await smallTable();
    await truncate(manifestPath(table.tableFolder, table.newest), 0);
    await healTornManifests(table.tableFolder);
    const db = await connect(table.folder);
    expect(await db.tableNames()).toEqual(["chunks"]);
    await db.dropTable("chunks");
    expect(existsSync(table.tableFolder)).toBe(false);
  });
});
