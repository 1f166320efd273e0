import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace });

test("a folder without an index is left alone: no engine is started and nothing is written", () => {
  expect(editor.engines()).toEqual([]);
  expect(existsSync(join(workspace, ".resona"))).toBe(false);
});

test("Index Workspace indexes every file", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4, in the index: 4.");
  expect(existsSync(join(workspace, ".resona/index.json"))).toBe(true);
  expect(editor.engines()).toHaveLength(1);
});

// As the engine of the editor's own Node.js has written it.
test("every record of the index is sound", async () => {
  await editor.runCommand("Resona: Show Index Health");
  await editor.webview.getByRole("button", { name: "Check every record" }).click();
  await expect
    .poll(() => editor.webview.getByText("All records of 4 chunks were read; nothing is wrong.").count())
    .toBeGreaterThan(0);
  await editor.runCommand("View: Close All Editors");
});

test("Show Log shows what has been done", async () => {
  await editor.runCommand("Resona: Show Log");
  await expect.poll(() => editor.page.locator(".panel .view-lines").innerText()).toContain("Indexing");
  await editor.screenshot("log");
});

test("the engine ends with the window", async () => {
  expect(editor.engines()).toHaveLength(1);
  await editor.closeWindow();
  await expect.poll(() => editor.engines()).toEqual([]);
});

test("a window on a folder with an index brings it up to date unasked", async () => {
  await editor.openWindow();
  await expect.poll(() => editor.engines()).toHaveLength(1);
});
