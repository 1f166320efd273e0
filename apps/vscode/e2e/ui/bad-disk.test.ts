import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { found } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { canMount, useReadOnly, useSmallDisk } from "../use-mount.ts";
import { useWorkspace } from "../use-workspace.ts";
import { manyNotes, shopFiles } from "../workspace.ts";

const sealed = useWorkspace(shopFiles);
useReadOnly(sealed);
const elsewhere = useWorkspace({});
const notes = useWorkspace(manyNotes(200));
/** With less room than some tens of megabytes an index is in trouble, whatever is in it. */
const DISK_MB = 64;
const smallDisk = useSmallDisk(DISK_MB);
const shop = useWorkspace(shopFiles);
const editor = useEditor();

/** Without its icon. */
const status = async () => (await editor.statusBarItem("resona.status").innerText()).replace(/^\W+/, "");

test.skipIf(!canMount)("a folder that cannot be written is indexed in another place", async () => {
  await editor.openWindow(sealed);
  await editor.runCommand("Resona: Index Workspace");
  const notice = editor.notification("cannot be written");
  await notice.waitFor();
  await editor.screenshot("read-only folder");
  expect(await notice.getByRole("button", { name: "Open Settings" }).count()).toBe(1);
  // It stays there to be seen when the notification is gone.
  await expect.poll(status).toContain("error");
  editor.changeSettings({ "resona.indexFolder": join(elsewhere, "index") });
  await expect.poll(() => editor.log()).toContain(`index at ${elsewhere}`);
  await editor.press(notice, "Try Again");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4, in the index: 4.");
  await expect.poll(status).toBe("Resona");
});

test.skipIf(!canMount)("a disk that is full is said, and indexing goes on when there is room", async () => {
  const filler = join(smallDisk, "filler");
  writeFileSync(filler, Buffer.alloc(DISK_MB * 1024 ** 2 - 60_000));
  editor.changeSettings({ "resona.indexFolder": join(smallDisk, "index") });
  await editor.openWindow(notes);
  await editor.runCommand("Resona: Index Workspace");
  const notice = editor.notification("There is no space left");
  await notice.waitFor();
  await editor.screenshot("disk full");
  await expect.poll(status).toContain("error");
  expect(editor.engines()).toHaveLength(1);
  rmSync(filler);
  await editor.press(notice, "Try Again");
  await expect.poll(() => editor.log()).toMatch(/Indexing completed\. Files indexed: \d+, in the index: 200\./);
  await expect.poll(status).toBe("Resona");
});

test("an index that has lost a file is mended by what is offered", async () => {
  editor.changeSettings({ "resona.indexFolder": "" });
  await editor.openWindow(shop);
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(status).toBe("Resona");
  const data = join(shop, ".resona/chunks.lance/data");
  for (const name of readdirSync(data)) rmSync(join(data, name));
  writeFileSync(join(shop, "docs/shipping.md"), "# Shipping\n\nThe bassoon is sent by post.\n");
  const notice = editor.notification("is damaged");
  await notice.waitFor();
  await editor.screenshot("damaged index");
  await editor.press(notice, "Rebuild Index");
  await editor.press(editor.dialog("Rebuild the index of"), "Rebuild");
  await expect.poll(() => found("bassoon", shop).catch(() => [])).toContain("docs/shipping.md");
  await expect.poll(status).toBe("Resona");
  expect(existsSync(data)).toBe(true);
});
