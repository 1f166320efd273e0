import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** What it can read from its standard input; nothing by default. */
  readonly input?: string;
  /** The executable where that is tested, otherwise the sources. */
  readonly program?: Program;
}

/** A way to start the command line. */
interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The sources, run by Node. */
export const sources: Program = {
  path: process.execPath,
  args: ["--conditions=@resona/source", fileURLToPath(new URL("../main.ts", import.meta.url))],
  env: {},
};

const binaryPath = process.env["RESONA_BINARY"];

/** The single-file executable, where that is tested (`install-binary.ts`). It has to find all it needs within itself. */
export const binary: Program | undefined =
  binaryPath === undefined ? undefined : { path: binaryPath, args: [], env: { PATH: "" } };

/** Starts the real command line, with none of the environment's own wishes. */
export function startCli(
  argv: readonly string[],
  { cwd, env = {}, input, program = binary ?? sources }: Setting,
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(RESONA_|FORCE_COLOR|NO_COLOR|NODE_)/.test(name));
  const child = spawn(program.path, [...program.args, ...argv], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...program.env, ...env },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(input);
  return child;
}

export function cliResult(child: ChildProcess): Promise<CliRun> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the real command line to its end. */
export function cli(argv: readonly string[], setting: Setting): Promise<CliRun> {
  return cliResult(startCli(argv, setting));
}

/** A folder with these files, removed when the test ends; its real path. */
export async function workspaceWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "resona-cli-")));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
