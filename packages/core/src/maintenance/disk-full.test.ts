import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import {
  type ItemTable,
  expectedRows,
  newItemTable,
  openItemTable,
  put,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";

const DISK = "24m";
const ROWS = 20_000;

/** A file system of its own, which takes the rights of an administrator of Linux; unmounted when the test ends. */
function mountDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "resona-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK}`, "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

function unmount(folder: string): void {
  execFileSync("umount", ["--lazy", folder]);
  rmdirSync(folder);
}

const probe = mountDisk();
if (probe !== undefined) unmount(probe);

/** A table on a disk of its own: compacted once, then changed until old versions take most of the space. */
async function fullDisk(): Promise<ItemTable> {
  const disk = mountDisk() ?? "";
  const items = await newItemTable(disk);
  onTestFinished(() => {
    items.store.close();
    unmount(disk);
  });
  await put(items, 0, ROWS);
  await maintainTables([items.table], disk, { retentionDays: 0 });
  for (let version = 1; version <= 4; version++) await put(items, 0, ROWS, version);
  return items;
}

const freeBytes = async ({ folder }: ItemTable) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Fills the disk but for so many bytes. */
async function fillUp(items: ItemTable, leaving: number): Promise<string> {
  const ballast = join(items.folder, "ballast");
  await writeFile(ballast, Buffer.alloc(Math.max(0, (await freeBytes(items)) - leaving)));
  return ballast;
}

describe.skipIf(probe === undefined)("on a full disk (skipped where no file system can be mounted)", () => {
  it("frees space first, then does what it had no space for", async () => {
    const items = await fullDisk();
    await fillUp(items, 0);
    expect(await freeBytes(items)).toBe(0);
    const lines: string[] = [];
    const onProgress = (step: string, details = "") => lines.push(`${step} ${details}`);
    const result = await maintainTables([items.table], items.folder, { retentionDays: 0, onProgress });
    expect(lines.filter((line) => line.startsWith("compaction"))).toEqual([
      expect.stringMatching(/merging fragments$/),
      expect.stringMatching(/failed: There is no space left/),
      expect.stringMatching(/because the disk has space again$/),
      expect.stringMatching(/\d+ fragments? before, 1 fragment after$/),
    ]);
    expect(result).toMatchObject({ failures: [], indexStats: { numUnindexedRows: 0 } });
    expect(result.cleanup?.bytesRemoved).toBeGreaterThan(1_000_000);
    expect((await items.table.state()).versions).toBeLessThanOrEqual(2);
    expect(await rowsOf(items)).toEqual(expectedRows(0, ROWS, 4));
  });

  it("leaves the table as it is, and says so, where nothing may be freed", async () => {
    const items = await fullDisk();
    const ballast = await fillUp(items, 0);
    const { failures } = await maintainTables([items.table], items.folder);
    expect(failures.map(({ step, code }) => `${step} ${code}`)).toEqual(["compaction DISK_FULL", "index DISK_FULL"]);
    expect(await rowsOf(items)).toEqual(expectedRows(0, ROWS, 4));
    await rm(ballast);
    expect((await maintainTables([items.table], items.folder, { retentionDays: 0 })).failures).toEqual([]);
    expect(await rowsOf(items)).toEqual(expectedRows(0, ROWS, 4));
  });

  it.each([50_000, 200_000, 500_000, 1_000_000, 2_000_000])(
    "loses nothing wherever %i bytes come to an end",
    async (leaving) => {
      const items = await fullDisk();
      const ballast = await fillUp(items, leaving);
      const { failures } = await maintainTables([items.table], items.folder, { skipCleanup: true });
      expect(failures.filter(({ code }) => code !== "DISK_FULL")).toEqual([]);
      const reopened = await openItemTable(items.folder);
      expect(await rowsOf(reopened)).toEqual(expectedRows(0, ROWS, 4));
      reopened.store.close();
      const again = await maintainTables([items.table], items.folder, { retentionDays: 0 });
      expect(again.failures).toEqual([]);
      await rm(ballast);
      expect(await rowsOf(items)).toEqual(expectedRows(0, ROWS, 4));
      expect(await rowsFoundBy(items, ROWS)).toMatchObject({ terms: ROWS, id: ROWS, language: ROWS });
    },
  );
});
