import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace, settings: { "resona.autoIndex": false } });

function git(...args: readonly string[]): string {
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
  return execFileSync("git", [...author, ...args], { cwd: workspace, encoding: "utf8" });
}

function commit(message: string): void {
  git("add", "src", "docs");
  git("commit", "-q", "-m", message);
}

git("init", "-q");
commit("Open the shop");
writeFileSync(join(workspace, "src/login.ts"), "export const attempts = 3;\n");
commit("Lock accounts after three wrong passwords\n\nGuessing was too easy.");

async function searchCommits(query: string, first: string): Promise<void> {
  await editor.runCommand("Resona: Search Commits");
  await editor.type(query);
  await expect.poll(async () => (await editor.choices())[0]).toBe(first);
}

const subject = "Lock accounts after three wrong passwords";

test("the history is indexed when the user agrees, and then found in the same list", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed");
  await searchCommits("brute force attacks on passwords", `Index the history of ${basename(workspace)}`);
  await editor.page.keyboard.press("Enter");
  await expect.poll(async () => (await editor.choices())[0]).toBe(subject);
  await editor.screenshot("search-commits");
});

test("a commit's message can be read, as a document that cannot be changed", async () => {
  await editor.pick(subject);
  await editor.pick("Show Message");
  const document = editor.page.locator(".editor-group-container.active .view-lines");
  await expect.poll(() => document.innerText()).toContain("too\u00a0easy");
  await editor.screenshot("commit");
  expect(await document.innerText()).toContain("src/login.ts");
});

test("its hash can be copied and its files opened", async () => {
  await searchCommits("brute force attacks on passwords", subject);
  await editor.page.keyboard.press("Enter");
  await editor.pick("Copy Hash");
  await expect
    .poll(() => editor.page.evaluate(() => navigator.clipboard.readText()))
    .toBe(git("rev-parse", "HEAD").trim());
  await searchCommits("brute force attacks on passwords", subject);
  await editor.page.keyboard.press("Enter");
  await editor.pick("Open src/login.ts");
  await expect.poll(() => editor.activeFile()).toMatchObject({ name: "login.ts" });
});
