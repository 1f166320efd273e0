import { mkdir, truncate } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import { connect } from "./lance.ts";
import { openTable } from "./open-table.ts";
import { manifestPath, TableModel } from "./table-model.test-helper.ts";

it("opens a table at its newest version", async () => {
  const table = await TableModel.create(await temporaryFolder(), 300);
  const opened = await openTable(await connect(table.folder), table.folder, "chunks");
  expect(await opened.countRows()).toBe(300);
});

it("opens none whose newest version is torn", async () => {
  const table = await TableModel.create(await temporaryFolder(), 300);
  await truncate(manifestPath(table.tableFolder, table.newest), 0);
  await expect(openTable(await connect(table.folder), table.folder, "chunks")).rejects.toMatchObject({
    code: "INDEX_TORN",
  });
});

it("opens none that says to read files elsewhere, on this machine or another, although LanceDB would", async () => {
  const { tableFolder } = await TableModel.create(await temporaryFolder(), 300);
  const folder = join(await temporaryFolder(), "index");
  await mkdir(folder);
  const db = await connect(folder);
  await db.cloneTable("chunks", tableFolder, { isShallow: true });
  expect(await (await db.openTable("chunks")).countRows()).toBe(300);
  await expect(openTable(db, folder, "chunks")).rejects.toMatchObject({
    code: "INDEX_DAMAGED",
    message: expect.stringContaining("its table chunks has files elsewhere") as string,
  });
});
