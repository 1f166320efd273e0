import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { found } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { multiRoot, shopFiles } from "../workspace.ts";

const shop = useWorkspace(shopFiles);
const notes = useWorkspace({ "notes.md": "# Notes\n\nThe till is counted every evening.\n" });
const parent = useWorkspace({ "some.code-workspace": multiRoot(shop) });
const file = join(parent, "some.code-workspace");
const editor = useEditor({ workspace: file });

test("a folder that is added has an engine once it is indexed, and is kept current", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4,");
  writeFileSync(file, multiRoot(shop, notes));
  await expect.poll(() => editor.page.locator(".explorer-folders-view").innerText()).toContain("notes.md");
  expect(existsSync(join(notes, ".resona"))).toBe(false);
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 1,");
  writeFileSync(join(notes, "more.md"), "# More\n\nThe marimba stays.\n");
  await expect.poll(() => editor.log()).toContain("Kept current. Files indexed: 1,");
  expect(await found("marimba", notes)).toContain("more.md");
  expect(editor.engines()).toHaveLength(2);
});

test("a folder that is removed has none any more, and the other goes on", async () => {
  writeFileSync(file, multiRoot(shop));
  await expect.poll(() => editor.engines()).toHaveLength(1);
  writeFileSync(join(shop, "docs/more.md"), "# More\n\nThe bassoon stays.\n");
  await expect.poll(() => found("bassoon", shop)).toContain("docs/more.md");
});
