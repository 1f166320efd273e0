import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { reportLoad } from "../machine-load.ts";
import { type Check, checkTable, table } from "../models/report.ts";
import { writeSyntheticCorpus } from "../synthetic-corpus.ts";
import type { ExtensionFigures, HostFigures } from "./extension-figures.ts";

const extension = fileURLToPath(new URL("../../../../apps/vscode/", import.meta.url));
const vsix = join(extension, `dist-vsix/resona-${process.platform}-${process.arch}.vsix`);

const FILES = 4_000;

/**
 * Measures the packed extension in VS Code: what it costs the extension host, and how long a search takes from the key
 * to the list. Needs the VSIX (`npm run build:extension`) and what its end-to-end tests need. Takes some 3 minutes.
 */
export async function reportExtension(progress: (line: string) => void): Promise<readonly Check[]> {
  reportLoad(progress);
  const { size: vsixBytes } = await stat(vsix).catch((error: unknown) => {
    throw new Error(`There is no ${vsix}: run \`npm run build:extension\`.`, { cause: error });
  });
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-extension-"));
  try {
    const workspace = join(folder, "workspace");
    await writeSyntheticCorpus(workspace, FILES);
    const figures = await measure(workspace, join(folder, "figures.json"));
    const checks = checksOf(figures, vsixBytes);
    console.log(describe(figures, checks));
    return checks;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(workspace: string, figures: string): Promise<ExtensionFigures> {
  const runner = spawn(process.execPath, [join(extension, "e2e/run.ts"), "bounds"], {
    stdio: ["ignore", 2, 2],
    env: { ...process.env, RESONA_WORKSPACE: workspace, RESONA_FIGURES: figures },
  });
  const [code] = (await once(runner, "exit")) as [number | null];
  if (code !== 0) throw new Error(`The extension could not be measured; its tests ended with ${code}.`);
  return JSON.parse(await readFile(figures, "utf8")) as ExtensionFigures;
}

function checksOf(figures: ExtensionFigures, vsixBytes: number): Check[] {
  const { activationMs, calm, indexing, afterTypingMs, afterPauseMs } = figures;
  return [
    { name: "loading and activate(), median, ms", measured: median(activationMs), atMost: 50 },
    {
      name: "host RSS: peak while indexing less median before, MB",
      measured: (indexing.peakRssBytes - calm.medianRssBytes) / 1e6,
      atMost: 20,
    },
    {
      name: "event-loop delay of the host while indexing, p99, ms",
      measured: indexing.eventLoopDelayP99Ms,
      atMost: 20,
    },
    { name: "last key of a text → results, p50, ms", measured: median(afterTypingMs), atMost: 150 },
    { name: "single key after a pause → results, p50, ms", measured: median(afterPauseMs), atMost: 150 },
    { name: "VSIX, MB", measured: vsixBytes / 1e6, atMost: 75 },
  ];
}

function describe({ calm, indexing, ...times }: ExtensionFigures, checks: readonly Check[]): string {
  const hostRow = (name: string, figures: HostFigures) => [
    name,
    (figures.medianRssBytes / 1e6).toFixed(1),
    (figures.peakRssBytes / 1e6).toFixed(1),
    figures.eventLoopDelayP99Ms.toFixed(1),
    figures.eventLoopDelayMaxMs.toFixed(1),
  ];
  const listed = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(" ");
  return [
    `## The extension in VS Code, ${FILES.toLocaleString("en-US")} files`,
    table(
      ["extension host", "median RSS, MB", "peak", "event-loop delay p99, ms", "max"],
      [hostRow("nothing is done", calm), hostRow(`indexing, ${indexing.seconds.toFixed(0)} s`, indexing)],
    ),
    `Loading and activate(), a window each, ms: ${listed(times.activationMs)}`,
    `As VS Code shows it, with other extensions' loading: ${listed(times.shownActivationMs)}`,
    `Last key of a text → results, ms: ${listed(times.afterTypingMs)}`,
    `Single key after a pause → results, ms: ${listed(times.afterPauseMs)}`,
    checkTable(checks, 1),
  ].join("\n\n");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
