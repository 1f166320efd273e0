#!/usr/bin/env node
// Stands in for the desktop's `code` where `@vscode/test-cli` starts one: the same arguments and the same exit code, but
// the tests run in the extension host of a code-server whose workbench is open in Chromium. Both come from package
// registries, while desktop VS Code and Electron do not.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { format, parseArgs } from "node:util";

import { type Browser, type Page } from "playwright-core";

import { launchChromium } from "./chromium.ts";
import { installCodeServer, targetFrom } from "./code-server-install.ts";
import { type CodeServer, startCodeServer } from "./code-server.ts";
import { artefactFolder } from "./paths.ts";

/** Long enough for every test of a busy machine; mocha has its own, shorter limits. */
const timeLimitMs = 300_000;

/** Written by `tests-in-host.cjs`. */
const outputPrefix = "e2e: ";

const { values, positionals } = parseArgs({
  // The rest is about what is fresh here anyway: profile, extensions, updates.
  strict: false,
  allowPositionals: true,
  options: { extensionDevelopmentPath: { type: "string", multiple: true }, extensionTestsPath: { type: "string" } },
});
const tests = values.extensionTestsPath;
if (typeof tests !== "string") throw new Error("Only runs of tests are supported: --extensionTestsPath is missing.");
const extensions = values.extensionDevelopmentPath ?? [];
const workspace = positionals[0];

const codeServer = await startCodeServer({
  install: await installCodeServer(targetFrom(process.env)),
  runsTests: true,
  env: { E2E_TESTS: resolve(tests), VSCODE_TEST_OPTIONS: process.env["VSCODE_TEST_OPTIONS"] ?? "" },
});
const chromium = await launchChromium();
try {
  process.exitCode = await runTests(codeServer, chromium);
} finally {
  await chromium.close();
  await codeServer.end();
}

/** Returns the exit code of the tests, which is 0 only if they passed, all of them, in a host that ended by itself. */
async function runTests(server: CodeServer, browser: Browser): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // The two functions that a workbench in a browser calls where the desktop's writes to its output and exits.
  const exit = new Promise<number>((done) => void page.exposeFunction("codeAutomationExit", done));
  const workbenchLog: string[] = [];
  await page.exposeFunction("codeAutomationLog", (_level: string, args: unknown[]) => {
    const text = format(...args);
    if (text.startsWith(outputPrefix)) console.log(text.slice(outputPrefix.length));
    else workbenchLog.push(text);
  });
  const host = new URL(server.url).host;
  const remote = (path: string): string => `vscode-remote://${host}${resolve(path)}`;
  const payload: [string, string][] = [
    ...extensions.map((path): [string, string] => ["extensionDevelopmentPath", remote(String(path))]),
    ["extensionTestsPath", remote(join(import.meta.dirname, "tests-in-host.cjs"))],
  ];
  await page.goto(server.address(workspace && resolve(workspace), payload));
  const code = await Promise.race([exit, delay(timeLimitMs, undefined, { ref: false })]);
  const problem = code === undefined ? "The tests have not ended in time." : await problemOfHost(server);
  if (problem === undefined) return 0;
  const artefact = await keepArtefacts(page, [...workbenchLog, server.log]);
  console.error(`${problem} The window and the logs are in ${artefact}.*`);
  return code || 1;
}

/** What the workbench does not see: to it, a host that crashed has passed its tests. */
async function problemOfHost(server: CodeServer): Promise<string | undefined> {
  // The workbench has asked the host to end, and that takes a moment.
  const exit = /Extension Host Process exited with code: (\w+), signal: (\w+)/;
  for (let i = 0; i < 100 && !exit.test(server.log); i++) await delay(100);
  const [message, code, signal] = exit.exec(server.log) ?? ["The extension host did not end."];
  if (code !== "0" || signal !== "null") return message;
  return existsSync(join(server.folder, "tmp/tests-passed")) ? undefined : "The tests did not all pass.";
}

async function keepArtefacts(page: Page, logs: readonly string[]): Promise<string> {
  mkdirSync(artefactFolder, { recursive: true });
  const artefact = join(artefactFolder, "integration-tests");
  await page.screenshot({ path: `${artefact}.png` });
  writeFileSync(`${artefact}.log`, logs.join("\n"));
  return artefact;
}
