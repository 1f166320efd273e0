import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { multiRoot, shopFiles } from "../workspace.ts";

const shop = useWorkspace(shopFiles);
const notes = useWorkspace({ "notes.md": "# Notes\n\nThe till is counted every evening.\n" });
const parent = useWorkspace({ "both.code-workspace": multiRoot(shop, notes) });
const editor = useEditor({ workspace: join(parent, "both.code-workspace") });

test("each folder gets an index and an engine of its own", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4, in the index: 4.");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 1, in the index: 1.");
  for (const folder of [shop, notes]) expect(existsSync(join(folder, ".resona/index.json"))).toBe(true);
  expect(existsSync(join(parent, ".resona"))).toBe(false);
  expect(editor.engines()).toHaveLength(2);
});
