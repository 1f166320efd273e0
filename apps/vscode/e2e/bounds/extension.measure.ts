// Measures the packed extension in a real window, in the workspace RESONA_WORKSPACE, and writes what it finds as JSON
// into the file RESONA_FIGURES.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { afterAll, expect, test } from "vitest";

import { type ExtensionFigures, type HostFigures } from "../../../../packages/bench/src/extension/extension-figures.ts";
import { useEditor } from "../editor.ts";
import { readSamples } from "./host-samples.ts";
import { observeTyping } from "./observe-typing.ts";

const WINDOWS = 7;
const CALM_MS = 10_000;
const INDEXING_LIMIT_MS = 300_000;

/** A quick typist's: only the last key of a text is followed by a pause. */
const MS_BETWEEN_KEYS = 80;
/** Longer than a search takes. */
const PAUSE_MS = 700;
const texts = [
  "parse the configuration file",
  "send the invoice to a customer",
  "close the connection after an error",
  "sort users by their name",
  "write the report to disk",
  "retry a request that failed",
  "validate the input of a form",
  "cache of open sessions",
  "update the price of an order",
  "remove old entries",
];

const { RESONA_WORKSPACE: workspace, RESONA_FIGURES: figuresFile } = process.env;
if (workspace === undefined || figuresFile === undefined)
  throw new Error("Run it by `npm run bench -- extension`, which sets RESONA_WORKSPACE and RESONA_FIGURES.");

const folder = mkdtempSync(join(tmpdir(), "resona-probe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const samplesFile = join(folder, "samples.jsonl");
const settings = {
  "resona.autoIndex": false,
  // Otherwise the host of a remote window reads /proc all the time, for ports that could be forwarded: four fifths of
  // all that it allocates while files are indexed, and with it grows the space that V8 has for new objects.
  "remote.autoForwardPorts": false,
};
const editor = useEditor({ workspace, settings, env: { RESONA_PROBE: samplesFile } });

test("the extension", async () => {
  const shownActivationMs = [await shownActivationTime()];
  while (shownActivationMs.length < WINDOWS) {
    await editor.openWindow();
    shownActivationMs.push(await shownActivationTime());
  }
  await delay(CALM_MS);
  const calm = await during(() => delay(CALM_MS));
  const startedAt = performance.now();
  const indexing = await during(async () => {
    await editor.runCommand("Resona: Index Workspace");
    await expect.poll(() => editor.log(), { timeout: INDEXING_LIMIT_MS }).toContain("Indexing completed");
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const figures: ExtensionFigures = {
    activationMs: activationTimes(),
    shownActivationMs,
    calm,
    indexing: { ...indexing, seconds },
    ...(await searchLatencies()),
  };
  writeFileSync(figuresFile, JSON.stringify(figures));
});

/** Loading and `activate()` in milliseconds, of each window's extension host. */
function activationTimes(): number[] {
  const times = new Map(readSamples(samplesFile).map(({ pid, activationMs }) => [pid, activationMs]));
  return [...times.values()].filter((time) => time !== undefined);
}

/** The same as VS Code shows it to users, with what others load meanwhile. */
async function shownActivationTime(): Promise<number> {
  const { page } = editor;
  await editor.runCommand("Developer: Show Running Extensions");
  // Lists show what there is room for.
  await page.setViewportSize({ width: 1280, height: 4_000 });
  const row = page.locator(".monaco-list-row", { has: page.getByText("Resona", { exact: true }) });
  const time = await row.getByText(/Activation: \d+ms/).innerText();
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1280, height: 800 });
  return Number(/\d+/.exec(time)?.[0]);
}

/** What the window's extension host needed while something was done. */
async function during(work: () => Promise<void>): Promise<HostFigures> {
  const pid = readSamples(samplesFile).at(-1)?.pid;
  const begin = Date.now();
  await work();
  const samples = readSamples(samplesFile).filter((sample) => sample.pid === pid && sample.at >= begin);
  const rss = samples.map(({ rssBytes }) => rssBytes).toSorted((a, b) => a - b);
  const delays = samples.flatMap(({ delaysMs }) => delaysMs).toSorted((a, b) => a - b);
  return {
    medianRssBytes: quantile(rss, 0.5),
    peakRssBytes: quantile(rss, 1),
    eventLoopDelayP99Ms: quantile(delays, 0.99),
    eventLoopDelayMaxMs: quantile(delays, 1),
  };
}

async function searchLatencies(): Promise<Pick<ExtensionFigures, "afterTypingMs" | "afterPauseMs">> {
  await editor.runCommand("Resona: Search");
  const typing = await observeTyping(editor);
  const { keyboard } = editor.page;
  // The first search opens the model and the index.
  await editor.type("warm up");
  await expect.poll(async () => (await editor.choices()).length, { timeout: 60_000 }).toBeGreaterThan(2);
  const afterTypingMs: number[] = [];
  const afterPauseMs: number[] = [];
  const note = async (latencies: number[]) => {
    await delay(PAUSE_MS);
    const latency = await typing.latencyMs();
    // Where a key brings nothing else to light, there is nothing to be timed.
    if (latency !== undefined) latencies.push(latency);
  };
  for (const text of texts) {
    await editor.type("");
    await delay(PAUSE_MS);
    await keyboard.type(text, { delay: MS_BETWEEN_KEYS });
    await note(afterTypingMs);
    for (const key of " of x") {
      await keyboard.type(key);
      await note(afterPauseMs);
    }
  }
  return { afterTypingMs, afterPauseMs };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
