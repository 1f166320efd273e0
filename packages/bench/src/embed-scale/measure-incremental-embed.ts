import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeItems } from "./write-items.ts";

const ITEMS = 318_000;
const CHANGED_EVERY = 100;

/** One run of `embed generate` in a process of its own. */
export interface EmbedRun {
  readonly wallMs: number;
  /** High-water mark of the resident memory, as the system counts it. */
  readonly peakRssBytes: number;
  /** The document that it printed. */
  readonly output: Record<string, unknown>;
}

export interface IncrementalEmbed {
  readonly first: EmbedRun;
  readonly incremental: EmbedRun;
}

/**
 * Embeds 318,000 items, which give about 450,000 records, with the command given, and once more when one in a hundred
 * has changed.
 *
 * @param command the CLI: a binary, or Node and its main file
 */
export async function measureIncrementalEmbed(
  command: readonly [string, ...string[]],
  report: (line: string) => void,
): Promise<IncrementalEmbed> {
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-"));
  try {
    const items = join(folder, "items.jsonl");
    const embed = () =>
      run(command, ["embed", "generate", "--from", items, "--index", join(folder, "index"), "--json"]);
    await writeItems(items, { items: ITEMS, round: 0, changedEvery: CHANGED_EVERY });
    const first = await embed();
    report(`first: ${JSON.stringify(first)}`);
    await writeItems(items, { items: ITEMS, round: 1, changedEvery: CHANGED_EVERY });
    const incremental = await embed();
    report(`incremental: ${JSON.stringify(incremental)}`);
    return { first, incremental };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run([program, ...before]: readonly [string, ...string[]], args: readonly string[]): Promise<EmbedRun> {
  const startedAt = performance.now();
  const child = spawn(program, [...before, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  let peakKb = 0;
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, highWaterKb(child.pid));
  }, 50);
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) {
    text += part;
    peakKb = Math.max(peakKb, highWaterKb(child.pid));
  }
  const [code] = (await ended) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${text}`);
  const output = JSON.parse(text) as Record<string, unknown>;
  return { wallMs: performance.now() - startedAt, peakRssBytes: peakKb * 1024, output };
}

/** Of a process that may have ended. */
function highWaterKb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
