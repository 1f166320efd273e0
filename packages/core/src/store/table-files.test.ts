import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { removeExpiredVersions } from "./expired-versions.ts";
import { measureTableFiles } from "./table-files.ts";
import { filesOf, manifestPath, TableModel } from "./table-model.test-helper.ts";

async function bytesOf(tableFolder: string): Promise<number> {
  const sizes = await Promise.all((await filesOf(tableFolder)).map((file) => stat(join(tableFolder, file))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

describe("measureTableFiles", () => {
  it("tells what is on the disk, what was left behind, and exactly what a removal frees", async () => {
    const table = await TableModel.create(await temporaryFolder());
    for (let n = 0; n < 5; n++) {
      await table.add({ from: 1_000 + n * 10, count: 10 });
      await table.upsert({ from: n * 20, count: 5 });
    }
    await table.optimize();
    await writeFile(join(table.tableFolder, "data/.tmp75JXgx"), "12345");
    await writeFile(`${manifestPath(table.tableFolder, 3)}#1`, "123");
    await mkdir(join(table.tableFolder, "a/b"), { recursive: true });
    await writeFile(join(table.tableFolder, "a/b/c"), "1234567");
    const files = await filesOf(table.tableFolder);
    const before = await measureTableFiles(table.tableFolder);
    expect(await filesOf(table.tableFolder)).toEqual(files);
    expect(before.diskBytes).toBe(await bytesOf(table.tableFolder));
    expect(before.leftoverBytes).toBe(8);
    expect(before.reclaimable.versionsRemoved).toBe(table.newest - 1);
    const olderThan = new Date(Date.now() + 86_400_000);
    expect(await removeExpiredVersions(table.tableFolder, { olderThan })).toEqual(before.reclaimable);
    const after = await measureTableFiles(table.tableFolder);
    expect(after).toEqual({
      diskBytes: before.diskBytes - before.reclaimable.bytesRemoved,
      leftoverBytes: 8,
      reclaimable: { bytesRemoved: 0, versionsRemoved: 0 },
    });
    await table.verify([table.newest]);
  });

  it("can be asked while another writes and prunes", async () => {
    const table = await TableModel.create(await temporaryFolder(), 300, ["btree"]);
    const writing = (async () => {
      for (let n = 0; n < 15; n++) {
        await table.add({ from: 1_000 + n, count: 1 });
        if (n % 3 === 2) await table.optimize(new Date(Date.now() + 86_400_000));
      }
      return "done";
    })();
    const refusals: string[] = [];
    while ((await Promise.race([writing, Promise.resolve("not yet")])) !== "done") {
      const { refused } = (await measureTableFiles(table.tableFolder)).reclaimable;
      if (refused !== undefined) refusals.push(refused.replace(/^\S+ of/, "a part of"));
    }
    const reasons = new Set(["another process is writing to it", "a part of its newest version is missing or cut off"]);
    expect(refusals.filter((refusal) => !reasons.has(refusal))).toEqual([]);
    expect((await measureTableFiles(table.tableFolder)).reclaimable.refused).toBeUndefined();
  });

  it("finds nothing where there is no table", async () => {
    expect(await measureTableFiles(join(await temporaryFolder(), "x.lance"))).toEqual({
      diskBytes: 0,
      leftoverBytes: 0,
      reclaimable: { bytesRemoved: 0, versionsRemoved: 0, refused: "there is no version of it" },
    });
  });
});
