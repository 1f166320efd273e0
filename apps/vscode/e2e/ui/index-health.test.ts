import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { startIndexing, startWriting } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace });

function statusText(): Promise<string> {
  return editor.statusBarItem("resona.status").innerText();
}

function statusLabel(): Promise<string | null> {
  return editor.statusBarItem("resona.status").locator("[aria-label]").first().getAttribute("aria-label");
}

function lastIndexedAt(): string | undefined {
  const manifest = readFileSync(join(workspace, ".resona/index.json"), "utf8");
  return (JSON.parse(manifest) as { lastIndexedAt?: string }).lastIndexedAt;
}

test("the status bar says that there is no index, and later that there is one", async () => {
  await expect.poll(statusText).toContain("no index");
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(statusLabel).toBe("Resona index: Ready");
  expect((await statusText()).trim()).toBe("Resona");
});

test("its tooltip has the figures of the index", async () => {
  await editor.statusBarItem("resona.status").hover();
  const tooltip = editor.page.locator(".monaco-hover:visible", { hasText: "Fragments" });
  await expect.poll(() => tooltip.innerText()).toMatch(/Files\s+4\s/);
  await editor.screenshot("status-tooltip");
  expect(await tooltip.getByRole("link").allInnerTexts()).toContain("Index health");
  await editor.page.mouse.move(600, 300);
});

test("a click shows the health of the index", async () => {
  const refused: string[] = [];
  editor.page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refused.push(message.text());
  });
  await editor.statusBarItem("resona.status").click();
  await editor.webview.getByRole("heading", { name: "Index health" }).waitFor();
  await expect.poll(() => editor.webview.getByText("The index is healthy").count()).toBeGreaterThan(0);
  await editor.webview.getByRole("img", { name: /^Fragments since/ }).waitFor();
  await editor.screenshot("index-health");
  expect(refused).toEqual([]);
});

test("maintenance runs from there, by keyboard, and shows what it has changed", async () => {
  const button = editor.webview.getByRole("button", { name: "Run maintenance" });
  await button.focus();
  await editor.page.keyboard.press("Enter");
  await editor.webview
    .getByText(/^Finished in/)
    .first()
    .waitFor();
  await expect.poll(() => editor.webview.getByRole("row", { name: /^Fragments/ }).count()).toBeGreaterThan(0);
  await expect.poll(() => button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  await editor.screenshot("index-health-maintained");
});

test("reading every record finds nothing in a sound index", async () => {
  await editor.webview.getByRole("button", { name: "Check every record" }).click();
  const outcome = /All records of \d+ chunks were read; nothing is wrong\./;
  await expect.poll(() => editor.webview.getByText(outcome).count()).toBeGreaterThan(0);
  await expect.poll(() => editor.webview.getByRole("status").innerText()).toMatch(outcome);
  await editor.screenshot("index-health-checked");
});

test("what the reader has folded out is still so when the page comes back", async () => {
  const numbers = editor.webview.locator("details", { hasText: "Numbers" });
  await numbers.locator("summary").click();
  await editor.runCommand("File: New Untitled Text File");
  await expect.poll(() => editor.webview.locator("details").count()).toBe(0);
  await editor.runCommand("Resona: Show Index Health");
  await expect.poll(() => numbers.getAttribute("open")).not.toBeNull();
});

test("rebuilding asks first", async () => {
  const before = lastIndexedAt();
  await editor.runCommand("Resona: Rebuild Index");
  const dialog = editor.dialog("Rebuild the index of");
  await editor.press(dialog, "Cancel");
  await dialog.waitFor({ state: "detached" });
  await editor.runCommand("Resona: Rebuild Index");
  expect(lastIndexedAt()).toBe(before);
  await editor.press(dialog, "Rebuild");
  await expect.poll(lastIndexedAt).not.toBe(before);
  await expect.poll(statusLabel).toBe("Resona index: Ready");
});

test("the page is there again when the window is loaded anew", async () => {
  await editor.page.reload();
  await editor.page.locator(".tab", { hasText: "Index Health" }).click();
  await editor.webview.getByRole("heading", { name: "Index health" }).waitFor();
  await expect.poll(() => editor.webview.getByText("The index is healthy").count()).toBeGreaterThan(0);
});

test("where the index is not kept current, it says that files have changed, until they are indexed", async () => {
  editor.changeSettings({ "resona.autoIndex": false });
  let edits = 0;
  const statusAfterEdit = () => {
    writeFileSync(join(workspace, "docs/edited.md"), `# Edited ${edits++} times\n`);
    return statusText();
  };
  // Until the setting is heard of, edits are indexed.
  await expect.poll(statusAfterEdit, { interval: 1_000 }).toContain("stale");
  await editor.webview.getByText("Files have changed since").first().waitFor();
  await editor.screenshot("index-health-stale");
  await editor.webview.getByRole("button", { name: "Index now" }).click();
  await expect.poll(statusLabel).toBe("Resona index: Ready");
  await expect.poll(() => editor.webview.getByText("The index is healthy").count()).toBeGreaterThan(0);
});

test("of an index that nobody has looked at it says so, until its health is shown", async () => {
  await editor.runCommand("View: Close All Editors");
  const loaded = editor.page.waitForEvent("load");
  await editor.runCommand("Developer: Reload Window");
  await loaded;
  await expect.poll(statusLabel).toBe("Resona index: Not looked at yet");
  await editor.screenshot("status-not-looked-at");
  expect(editor.engines()).toEqual([]);
  await editor.statusBarItem("resona.status").click();
  await expect.poll(() => editor.webview.getByText("The index is healthy").count()).toBeGreaterThan(0);
  await expect.poll(statusLabel).toBe("Resona index: Ready");
});

test("that the command line writes an index, has removed it or has made it, is told at once", async () => {
  const command = await startWriting(workspace);
  const ended = once(command, "exit");
  try {
    await expect.poll(statusText).toContain("in use");
    command.kill("SIGCONT");
    await ended;
  } finally {
    command.kill("SIGKILL");
  }
  await expect.poll(statusLabel).toBe("Resona index: Ready");
  rmSync(join(workspace, ".resona"), { recursive: true });
  await expect.poll(statusText).toContain("no index");
  await once(startIndexing(workspace), "exit");
  await expect.poll(statusLabel).toBe("Resona index: Ready");
});
