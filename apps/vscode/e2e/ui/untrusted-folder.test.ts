import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { startIndexing } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { shopFiles } from "../workspace.ts";

const elsewhere = useWorkspace({});
const workspace = useWorkspace({
  ...shopFiles,
  ".vscode/settings.json": JSON.stringify({ "resona.indexFolder": join(elsewhere, "index") }),
});
const withIndex = useWorkspace({ ...shopFiles, ".vscode/settings.json": '{ "resona.autoIndex": false }' });
const editor = useEditor({
  workspace,
  trustIsAsked: true,
  settings: { "security.workspace.trust.startupPrompt": "never" },
});

async function trustFolder(): Promise<void> {
  await editor.runCommand("Workspaces: Manage Workspace Trust");
  await editor.press(editor.page.locator(".workspace-trust-editor"), "Trust");
}

async function search(): Promise<void> {
  await editor.runCommand("Resona: Search");
  await editor.type("total price of a shopping cart");
}

/** A service of this machine that answers nobody. */
async function startService(): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requests = 0;
  const server: Server = createServer((_, response) => {
    requests++;
    response.writeHead(500).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests: () => requests };
}

test("a folder that is not trusted is indexed when asked, but not where its settings say", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed");
  expect(existsSync(join(workspace, ".resona/index.json"))).toBe(true);
  expect(existsSync(join(elsewhere, "index"))).toBe(false);
});

test("once it is trusted, its settings hold, without a new window", async () => {
  await trustFolder();
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => existsSync(join(elsewhere, "index/index.json"))).toBe(true);
});

test("the index that a folder comes with has nothing sent anywhere until the folder is trusted", async () => {
  await once(startIndexing(withIndex), "exit");
  const service = await startService();
  const path = join(withIndex, ".resona/index.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...manifest, model: { name: "other", url: service.url } }));

  await editor.openWindow(withIndex);
  await editor.runCommand("Resona: Show Index Health");
  // It takes the focus when it is there, and the list would close.
  await expect.poll(() => editor.webview.getByText("The index is healthy").count()).toBeGreaterThan(0);
  await search();
  await expect.poll(async () => (await editor.choices())[0]).toBe("cart.ts");
  await editor.page.keyboard.press("Escape");
  expect(service.requests()).toBe(0);

  await trustFolder();
  await editor.page.keyboard.press("Escape");
  await search();
  await expect.poll(service.requests).toBeGreaterThan(0);
});
