import { rmSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { multiRoot, shopFiles } from "../workspace.ts";

const shop = useWorkspace(shopFiles);
const notes = useWorkspace({ "notes.md": "# Notes\n\nThe till is counted every evening.\n" });
const parent = useWorkspace({ "both.code-workspace": multiRoot(shop, notes) });
const editor = useEditor({
  workspace: join(parent, "both.code-workspace"),
  settings: { "resona.autoIndex": false },
});

test("all folders are searched at once, and each result says where it is from", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Files indexed: 1, in the index: 1.");
  await editor.runCommand("Resona: Search");
  await editor.type("count the till in the evening");
  // The best of each come first.
  await expect.poll(async () => (await editor.choices()).slice(0, 2)).toContain("notes.md");
  const descriptions = editor.quickInput.locator(".monaco-list-row .label-description");
  expect(await descriptions.allInnerTexts()).toContain(`${basename(notes)} • line 3`);
  await editor.screenshot("search-several-folders");
  await editor.page.keyboard.press("Escape");
});

test("a folder without an index keeps nobody from finding what the others have", async () => {
  await editor.closeWindow();
  await expect.poll(() => editor.engines()).toEqual([]);
  rmSync(join(notes, ".resona"), { recursive: true });
  await editor.openWindow();
  await editor.runCommand("Resona: Search");
  await editor.type("total price of a shopping cart");
  await expect.poll(async () => (await editor.choices())[0]).toBe("cart.ts");
  await expect.poll(() => editor.choices()).toContain(`Index ${basename(notes)}`);
});
