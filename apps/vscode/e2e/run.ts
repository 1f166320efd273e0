// `pnpm e2e`: all end-to-end tests, or one kind of them with arguments for its runner; `README.md` has the commands.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, delimiter, join } from "node:path";

import { findOrInstallChromium } from "./chromium.ts";
import { installCodeServer, targetFrom } from "./code-server-install.ts";
import { extensionFolder, repositoryFolder } from "./paths.ts";

const vitest = join(repositoryFolder, "node_modules/vitest/vitest.mjs");
const runners = {
  integration: join(extensionFolder, "node_modules/@vscode/test-cli/out/bin.mjs"),
  ui: vitest,
  bounds: vitest,
} as const;
type Kind = keyof typeof runners;

process.exitCode = await main(process.argv.slice(2));

async function main([kind, ...args]: readonly string[]): Promise<number> {
  if (!isKind(kind)) {
    console.error(`There are the kinds ${Object.keys(runners).join(", ")}, not ${kind}.`);
    return 2;
  }
  const missing = whatIsMissing();
  if (missing !== undefined) {
    console.error(`SKIPPED: the end-to-end tests of the VS Code extension. ${missing}`);
    return kind === undefined ? 0 : 2;
  }
  if (kind !== undefined) {
    await installCodeServer(targetFrom(process.env));
    return run(kind, args);
  }
  await Promise.all([installCodeServer("current"), installCodeServer("floor")]);
  // One after the other: each of them keeps two cores busy. All of them, so that one run tells all that is wrong.
  const codes = [
    await run("integration", [], { VSCODE_TARGET: "current" }),
    await run("integration", [], { VSCODE_TARGET: "floor" }),
    await run("ui", [], { VSCODE_TARGET: "current" }),
    await run("ui", ["first-run"], { VSCODE_TARGET: "floor" }),
  ];
  return Math.max(...codes);
}

function isKind(kind: string | undefined): kind is Kind | undefined {
  return kind === undefined || kind in runners;
}

function whatIsMissing(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64")
    return "They run on Linux for x64; elsewhere, test:desktop runs those of the extension host in desktop VS Code.";
  if (findOrInstallChromium() !== undefined) return undefined;
  return "There is no Chromium, and it could not be installed: apt-get install chromium.";
}

/** Runs a kind of tests to its end and returns its exit code. */
async function run(kind: Kind, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const configs = { ui: "vitest.config.ts", bounds: "bounds/vitest.config.ts" };
  const own = kind === "integration" ? [] : ["run", "--config", join(import.meta.dirname, configs[kind])];
  const runner = spawn(process.execPath, [runners[kind], ...own, ...args], {
    cwd: extensionFolder,
    stdio: "inherit",
    env: {
      ...process.env,
      // The Node that runs this is new enough for the stand-in.
      PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
      VSCODE_TEST_EXECUTABLE: join(import.meta.dirname, "code-stand-in.ts"),
      ...env,
    },
  });
  const passOn = (signal: NodeJS.Signals): boolean => runner.kill(signal);
  process.on("SIGTERM", passOn).on("SIGINT", passOn);
  const [code] = (await once(runner, "exit")) as [number | null];
  process.off("SIGTERM", passOn).off("SIGINT", passOn);
  return code ?? 130;
}
