import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { found } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace({
  ...shopFiles,
  "vendor/lib/parcel.ts": "export function sendParcel(): void {}\n",
  "package-lock.json": "{}\n",
});
const editor = useEditor({ workspace, settings: { "search.exclude": { vendor: true } } });

const write = (path: string, text: string) => writeFileSync(join(workspace, path), text);
/** How often the log says this. */
const logged = (text: string) => editor.log().split(text).length - 1;

test("what the editor's settings exclude is not indexed", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4, in the index: 4");
  expect(await found("sendParcel", workspace)).not.toContain("vendor/lib/parcel.ts");
});

test("the index is not among the files that the editor shows", async () => {
  await editor.runCommand("View: Show Explorer");
  const rows = editor.page.locator(".explorer-folders-view .monaco-list-row");
  await rows.filter({ hasText: "vendor" }).waitFor();
  expect((await rows.allInnerTexts()).map((text) => text.trim()).toSorted()).toEqual([
    "docs",
    "package-lock.json",
    "src",
    "vendor",
  ]);
});

test("the health page names what is left out, and opens it", async () => {
  await editor.runCommand("Resona: Show Index Health");
  await editor.webview.getByText("Excluded by the settings").waitFor();
  const lockFiles = editor.webview.locator(".bar", { hasText: "Lock file of a package manager" });
  await lockFiles.locator("summary").click();
  await editor.screenshot("files-left-out");
  await lockFiles.getByRole("button", { name: "package-lock.json" }).click();
  await expect.poll(async () => (await editor.activeFile())?.name).toBe("package-lock.json");
});

test("a changed setting takes files from the index and brings others back, without a new window", async () => {
  editor.changeSettings({ "search.exclude": { vendor: false }, "files.exclude": { docs: true } });
  await expect.poll(() => found("sendParcel", workspace)).toContain("vendor/lib/parcel.ts");
  await expect.poll(() => found("shipping parcels by post", workspace)).not.toContain("docs/shipping.md");
});

test("a file that is excluded starts nothing when it changes", async () => {
  const runs = logged("Kept current");
  write("docs/giraffes.md", "# Giraffes\n\nThey travel in a crate of their own.\n");
  write("src/trombone.ts", "export function playTrombone(): void {}\n");
  await expect.poll(() => found("playTrombone", workspace)).toContain("src/trombone.ts");
  expect(logged("Kept current")).toBe(runs + 1);
  editor.changeSettings({ "files.exclude": {} });
  await expect.poll(() => found("giraffes", workspace)).toContain("docs/giraffes.md");
});
