import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const elsewhere = useWorkspace({});
const workspace = useWorkspace({
  ...shopFiles,
  ".vscode/settings.json": JSON.stringify({ "resona.indexFolder": join(elsewhere, "index") }),
});
const editor = useEditor({
  workspace,
  trustIsAsked: true,
  settings: { "security.workspace.trust.startupPrompt": "never" },
});

test("a folder that is not trusted is indexed when asked, but not where its settings say", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed");
  expect(existsSync(join(workspace, ".resona/index.json"))).toBe(true);
  expect(existsSync(join(elsewhere, "index"))).toBe(false);
});

test("once it is trusted, its settings hold, without a new window", async () => {
  await editor.runCommand("Workspaces: Manage Workspace Trust");
  await editor.press(editor.page.locator(".workspace-trust-editor"), "Trust");
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => existsSync(join(elsewhere, "index/index.json"))).toBe(true);
});
