import { mkdir, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { filesOf, TableModel } from "./table-model.test-helper.ts";

const HOUR_MS = 3_600_000;

/** Of names that killed writers have left. */
async function leaveBehind({ tableFolder }: TableModel, hoursAgo: number): Promise<string[]> {
  const [index] = await readdir(join(tableFolder, "_indices"));
  const names = [
    "data/.tmp75JXgx",
    "_transactions/.tmpOykWH0",
    "_deletions/.tmp2jdZyB",
    `_indices/${index}/.tmp4UMD1B`,
    "_versions/18446744073709551598.manifest#1",
    "_versions/latest_version_hint.json#12",
  ];
  await mkdir(join(tableFolder, "_deletions"), { recursive: true });
  for (const name of names) {
    await writeFile(join(tableFolder, name), "12345");
    const time = new Date(Date.now() - hoursAgo * HOUR_MS);
    await utimes(join(tableFolder, name), time, time);
  }
  return names;
}

describe("sweepLeftovers", () => {
  it("removes what killed writers left behind an hour ago, and nothing else", async () => {
    const table = await TableModel.create(await temporaryFolder(), 10, ["btree"]);
    const files = await filesOf(table.tableFolder);
    await table.age();
    await leaveBehind(table, 1.1);
    expect(await sweepLeftovers(table.tableFolder)).toEqual({ bytesRemoved: 30, filesRemoved: 6 });
    expect(await filesOf(table.tableFolder)).toEqual(files);
    expect(await sweepLeftovers(table.tableFolder)).toEqual({ bytesRemoved: 0, filesRemoved: 0 });
    await table.verify([...table.versions.keys()]);
  });

  it("keeps what is younger than asked for, or from the future: a writer may be at it", async () => {
    const table = await TableModel.create(await temporaryFolder(), 10, ["btree"]);
    for (const hoursAgo of [0.9, -5]) {
      await leaveBehind(table, hoursAgo);
      expect((await sweepLeftovers(table.tableFolder)).filesRemoved).toBe(0);
    }
    await leaveBehind(table, 0.9);
    expect((await sweepLeftovers(table.tableFolder, { olderThanMs: 0.5 * HOUR_MS })).filesRemoved).toBe(6);
  });

  it("keeps files of other names and in other folders", async () => {
    const table = await TableModel.create(await temporaryFolder(), 10, ["btree"]);
    const names = [".tmp75JXgx", "data/.tmp", "data/tmp75JXgx", "data/.tmp-notes.md", "data/#1", "mine/.tmp75JXgx"];
    await mkdir(join(table.tableFolder, "mine"));
    for (const name of names) await writeFile(join(table.tableFolder, name), "12345");
    await symlink(join(table.tableFolder, "mine"), join(table.tableFolder, "data/.tmpAAAAAA"));
    await table.age();
    expect(await sweepLeftovers(table.tableFolder, { olderThanMs: 0 })).toEqual({ bytesRemoved: 0, filesRemoved: 0 });
  });

  it("finds nothing where there is no table", async () => {
    const folder = await temporaryFolder();
    await rm(folder, { recursive: true });
    expect(await sweepLeftovers(folder)).toEqual({ bytesRemoved: 0, filesRemoved: 0 });
  });
});
