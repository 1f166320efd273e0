// `vscode-test`: the integration tests, in the extension host of the VS Code that `VSCODE_TEST_EXECUTABLE` names; without
// it, desktop VS Code is downloaded. Builds the extension and the tests first.
import { rmSync } from "node:fs";

import { defineConfig } from "@vscode/test-cli";

import { bundleIntegrationTests } from "./e2e/bundle-integration-tests.ts";
import { makeWorkspace, shopFiles } from "./e2e/workspace.ts";

const executable = process.env.VSCODE_TEST_EXECUTABLE;
const workspaceFolder = makeWorkspace(shopFiles);
process.once("exit", () => rmSync(workspaceFolder, { recursive: true, force: true, maxRetries: 5 }));
await import("./esbuild.mjs");
await bundleIntegrationTests();

export default defineConfig({
  files: "dist-e2e/*.test.cjs",
  workspaceFolder,
  // Nothing here is a measure of time; a busy machine is waited for.
  mocha: { ui: "bdd", timeout: 120_000 },
  ...(executable === undefined ? {} : { useInstallation: { fromPath: executable } }),
});
