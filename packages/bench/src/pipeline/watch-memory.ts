import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));

const MS_PER_SAMPLE = 250;

/** Memory of a process at one moment. */
export interface MemorySample {
  /** Since the process was started. */
  readonly ms: number;
  /** Resident memory, of which `anonymousBytes` are not those of files (Node itself, libraries). */
  readonly rssBytes: number;
  readonly anonymousBytes: number;
  /** Files whose records are committed; undefined before the first commit and after the last one. */
  readonly filesDone?: number;
}

export interface IndexingMemory {
  readonly wallMs: number;
  readonly samples: readonly MemorySample[];
  /** The highest resident memory, as the operating system counted it: no peak is between two samples. */
  readonly peakRssBytes: number;
  /** The document that it printed. */
  readonly summary: { readonly filesIndexed: number; readonly chunksWritten: number; readonly filesFailed: number };
}

/**
 * Runs the built CLI's `index` on a workspace that has no index, with default settings, and samples its memory. Linux
 * only.
 */
export async function watchMemoryOfIndexing(workspace: string): Promise<IndexingMemory> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [cli, "index", "--workspace", workspace, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const samples: MemorySample[] = [];
  let peakRssBytes = 0;
  const timer = setInterval(() => {
    const sampled = memoryOf(child.pid);
    if (!sampled) return;
    const { peakBytes, ...memory } = sampled;
    peakRssBytes = Math.max(peakRssBytes, peakBytes);
    samples.push({ ms: performance.now() - startedAt, ...memory, ...progressOf(workspace) });
  }, MS_PER_SAMPLE);
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) text += part;
  const [code] = (await ended) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`resona index ended with ${code}: ${text}`);
  const summary = JSON.parse(text) as IndexingMemory["summary"] & { readonly peakRssBytes: number };
  peakRssBytes = Math.max(peakRssBytes, summary.peakRssBytes);
  return { wallMs: performance.now() - startedAt, samples, peakRssBytes, summary };
}

/** Undefined for a process that has ended. */
function memoryOf(
  pid: number | undefined,
): (Pick<MemorySample, "rssBytes" | "anonymousBytes"> & { readonly peakBytes: number }) | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024;
    const memory = { rssBytes: bytesOf("VmRSS"), anonymousBytes: bytesOf("RssAnon"), peakBytes: bytesOf("VmHWM") };
    return Number.isNaN(memory.rssBytes) ? undefined : memory;
  } catch {
    return undefined;
  }
}

/** As the checkpoint of the run says, which is there from the first commit to the last one. */
function progressOf(workspace: string): Pick<MemorySample, "filesDone"> {
  try {
    const text = readFileSync(join(workspace, ".resona", "checkpoint.json"), "utf8");
    return { filesDone: (JSON.parse(text) as { sourcesDone: number }).sourcesDone };
  } catch {
    return {};
  }
}
