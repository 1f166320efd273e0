import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));

export interface CliRun {
  /** From the start of the process to its end. */
  readonly wallMs: number;
  /** The JSON document that it printed. */
  readonly output: Record<string, unknown>;
}

/** Runs the built CLI as a user would, with `--json`; throws if it fails. */
export async function runCli(...args: readonly string[]): Promise<CliRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [cli, ...args, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) text += part;
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`resona ${args.join(" ")} ended with ${code}: ${text}`);
  return { wallMs: performance.now() - startedAt, output: JSON.parse(text) as Record<string, unknown> };
}
