import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const elsewhere = useWorkspace({});
const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace });

test("a changed setting holds without a new window", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed");
  editor.changeSettings({ "resona.indexFolder": join(elsewhere, "index") });
  await expect.poll(() => editor.log()).toContain(`index at ${elsewhere}`);
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => existsSync(join(elsewhere, "index/index.json"))).toBe(true);
});
