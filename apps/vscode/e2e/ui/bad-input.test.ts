import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { found } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const elsewhere = useWorkspace({ "inner/notes.md": "# Notes\n\nThe bassoon stays.\n" });
const large = useWorkspace({ "a.md": "# A\n" });
const editor = useEditor();

/** Without its icon. */
const status = async () => (await editor.statusBarItem("resona.status").innerText()).replace(/^\W+/, "");

/** Types into a dialog that asks for a file or a folder, which may put another one into its box a moment later. */
async function typeIntoDialog(path: string, name: string): Promise<void> {
  const box = editor.quickInput.locator("input.input");
  const isTyped = async () => {
    if ((await box.inputValue()) === path) return (await editor.choices()).includes(name);
    await editor.type(path);
    return false;
  };
  await expect.poll(isTyped, { interval: 500 }).toBe(true);
}

/** Answers the editor's own question for a folder. */
async function chooseFolder(button: string): Promise<void> {
  await typeIntoDialog(`${elsewhere}/`, "inner");
  await editor.press(editor.quickInput, button);
}

/** What settings are shown in the settings editor. */
const shownSettings = () =>
  editor.page.locator(".settings-editor .setting-item-category, .settings-editor .setting-item-label");

test("without a folder there is nothing to index, and the walkthrough says how it works", async () => {
  expect(await editor.statusBarItem("resona.status").count()).toBe(0);
  await editor.runCommand("Resona: Open Walkthrough");
  await expect
    .poll(() => editor.page.locator(".gettingStartedContainer").innerText())
    .toContain("Index your workspace");
  await editor.page.locator(".gettingStartedContainer").getByText("Ask a question", { exact: true }).click();
  await expect.poll(() => editor.page.locator(".gettingStartedContainer").innerText()).toContain("in your own words");
  await editor.screenshot("walkthrough");
  expect(editor.engines()).toEqual([]);
});

test("with a single file there is no folder either, and what needs one offers to open it", async () => {
  await editor.runCommand("File: Open File...");
  await typeIntoDialog(join(workspace, "src/cart.ts"), "cart.ts");
  await editor.page.keyboard.press("Enter");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "cart.ts" });
  await editor.runCommand("Resona: Open Walkthrough");
  const walkthrough = editor.page.locator(".gettingStartedContainer");
  await walkthrough.getByText("Ask a question", { exact: true }).click();
  await editor.press(walkthrough, "Search");
  const notice = editor.notification("No folder is open");
  await notice.waitFor();
  await editor.screenshot("no folder");
  expect(editor.engines()).toEqual([]);
  await editor.press(notice, "Open Folder");
  await chooseFolder("OK");
  await expect.poll(status).toBe("Resona: no index");
});

test("a workspace that has not been saved is as good as any", async () => {
  await editor.openWindow();
  await editor.runCommand("Workspaces: Add Folder to Workspace...");
  await chooseFolder("Add");
  await expect.poll(() => editor.page.title()).toMatch(/Untitled.*\(Workspace\)/);
  await expect.poll(status).toBe("Resona: no index");
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => found("bassoon", elsewhere).catch(() => [])).toContain("inner/notes.md");
  await expect.poll(status).toBe("Resona");
});

test("what there is to begin with is offered in the first folder, once", async () => {
  await editor.openWindow(workspace);
  const offer = editor.notification("Resona can find code and text");
  await offer.waitFor();
  await editor.screenshot("offer");
  await editor.page.reload();
  await expect.poll(status).toBe("Resona: no index");
  expect(await offer.count()).toBe(0);
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4,");
});

test("a model that is gone is said once, with the way to the setting, and mended by it", async () => {
  editor.changeSettings({ "resona.model": "/nowhere/model.gguf" });
  await editor.openWindow(workspace);
  const notice = editor.notification("There is no model file /nowhere/model.gguf");
  await notice.waitFor();
  writeFileSync(join(workspace, "docs/more.md"), "# More\n\nThe bassoon stays.\n");
  await expect.poll(status).toContain("error");
  expect(await notice.count()).toBe(1);
  await editor.screenshot("model gone");
  await editor.press(notice, "Open Settings");
  await expect.poll(() => shownSettings().allInnerTexts()).toContain("Model");
  editor.changeSettings({ "resona.model": "" });
  await expect.poll(() => found("bassoon", workspace)).toContain("docs/more.md");
  await expect.poll(status).toBe("Resona");
});

test("a place for the index that is somebody else's is left alone", async () => {
  const place = join(workspace, "src");
  editor.changeSettings({ "resona.indexFolder": place });
  await editor.openWindow(workspace);
  await editor.runCommand("Resona: Index Workspace");
  const notice = editor.notification("is not a Resona index");
  await notice.waitFor();
  await expect.poll(() => notice.getByRole("button", { name: "Open Settings" }).count()).toBe(1);
  editor.changeSettings({ "resona.indexFolder": "" });
});

test("an index that cannot be read any more is built anew", async () => {
  await editor.closeWindow();
  writeFileSync(join(workspace, ".resona/index.json"), "garbage");
  await editor.openWindow(workspace);
  await expect.poll(() => editor.log()).toContain("built anew");
  await expect.poll(() => found("bassoon", workspace)).toContain("docs/more.md");
});

test("a folder with very many files is indexed when that is confirmed", async () => {
  for (let folder = 0; folder < 10; folder++) {
    mkdirSync(join(large, `data-${folder}`));
    for (let n = 0; n < 5_000; n++) writeFileSync(join(large, `data-${folder}/${n}.bin`), "");
  }
  await editor.openWindow(large);
  await editor.runCommand("Resona: Index Workspace");
  const question = editor.dialog("has more than 50,000 files");
  await question.waitFor();
  await editor.screenshot("very many files");
  await editor.press(question, "Cancel");
  expect(existsSync(join(large, ".resona"))).toBe(false);
});
