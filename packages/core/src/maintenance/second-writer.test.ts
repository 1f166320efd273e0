import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, it, onTestFinished } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  expectedRows,
  newItemTable,
  openItemTable,
  put,
  putBatches,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";

/** A process that appends and changes rows of its own, without the lock, until it is told to end. */
function startWriter(folder: string, firstItem: number): ChildProcess {
  const helper = new URL("./item-table.test-helper.ts", import.meta.url).href;
  const script = `
    import { openItemTable, put } from ${JSON.stringify(helper)};
    const items = await openItemTable(${JSON.stringify(folder)});
    let isEnding = false;
    process.once("message", () => { isEnding = true; });
    let batches = 0;
    for (; !isEnding; batches++) {
      await put(items, ${firstItem} + batches * 10, 10);
      if (batches > 0) await put(items, ${firstItem} + (batches - 1) * 10, 5, 1);
      if (batches === 2) process.send({ ready: true });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.send({ batches });
    process.disconnect();`;
  const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
  return spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

it.each([
  ["every step", {}],
  ["indexes and cleanup without compaction", { skipCompaction: true, indexStaleThreshold: 0 }],
])("a second writer that knows no lock loses nothing to %s", async (_, options) => {
  const items = await newItemTable(await temporaryFolder());
  await putBatches(items, 20, 50);
  const writer = startWriter(items.folder, 5_000);
  onTestFinished(() => {
    writer.kill();
  });
  await once(writer, "message");
  for (let run = 0; run < 6; run++) {
    await put(items, 1_000 + run * 50, 50);
    const { failures } = await maintainTables([items.table], items.folder, { retentionDays: 0, ...options });
    // A step may lose every race, and files come and go while it looks; nothing is damaged by that.
    expect(failures.filter(({ code }) => code === "INDEX_DAMAGED")).toEqual([]);
  }
  const answered = once(writer, "message");
  writer.send("end");
  const [{ batches }] = (await answered) as [{ batches: number }];
  if (writer.exitCode === null) await once(writer, "exit");
  await items.table.refresh();
  const changed = Array.from({ length: batches - 1 }, (_x, batch) => expectedRows(5_000 + batch * 10, 5, 1)).flat();
  const unchanged = Array.from({ length: batches }, (_x, batch) =>
    batch === batches - 1 ? expectedRows(5_000 + batch * 10, 10) : expectedRows(5_005 + batch * 10, 5),
  ).flat();
  const expected = [...expectedRows(0, 1_300), ...changed, ...unchanged].toSorted();
  expect(await rowsOf(items)).toEqual(expected);

  const { failures } = await maintainTables([items.table], items.folder, { retentionDays: 0 });
  expect(failures).toEqual([]);
  const reopened = await openItemTable(items.folder);
  expect(await rowsOf(reopened)).toEqual(expected);
  const rows = expected.length;
  expect(await rowsFoundBy(reopened, rows)).toEqual({ terms: rows, vector: rows, id: rows, language: rows });
  reopened.store.close();
  items.store.close();
});
