import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { installCodeServer, targetFrom } from "../code-server-install.ts";
import { installExtension } from "../code-server.ts";
import { useEditor } from "../editor.ts";
import { extensionFolder } from "../paths.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const extensions = mkdtempSync(join(tmpdir(), "resona-extensions-"));
afterAll(() => rmSync(extensions, { recursive: true, force: true }));
beforeAll(async () => {
  const script = join(extensionFolder, "scripts/package.mjs");
  execFileSync(process.execPath, [script, "--target", "universal"], { cwd: extensionFolder, stdio: "ignore" });
  const vsix = join(extensionFolder, "dist-vsix/resona-universal.vsix");
  await installExtension(await installCodeServer(targetFrom(process.env)), vsix, extensions);
});
const workspace = useWorkspace(shopFiles);
const editor = useEditor({ workspace, extensions });

test("the build for platforms without a database library says what to do, and the editor lives", async () => {
  await editor.runCommand("Resona: Index Workspace");
  const notice = editor.notification("This build of Resona has no database library for linux-x64.");
  await notice.waitFor();
  await editor.screenshot("no native code");
  expect(await notice.innerText()).toContain("Install the build of the extension");
  expect(await notice.count()).toBe(1);
  await expect.poll(() => editor.statusBarItem("resona.status").innerText()).toContain("error");
  expect(editor.engines()).toEqual([]);
  await editor.press(notice, "Show Extension");
  await expect.poll(() => editor.page.locator(".extension-editor").innerText()).toContain("Resona");
});
