import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openEngine } from "@resona/core";

import type { Measurements } from "./bounds.ts";
import { queries } from "./queries.ts";
import { runCli } from "./run-cli.ts";
import { writeSyntheticCorpus } from "./synthetic-corpus.ts";

const FILES = 4_000;
const MANY_FILES = 40_000;
/** Files of the synthetic corpus that give about 50,000 chunks. */
const FILES_FOR_50K_CHUNKS = 9_000;

/** Makes synthetic workspaces in a temporary folder and measures every bound on them. */
export async function measureBounds(report: (line: string) => void): Promise<Measurements> {
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-"));
  try {
    const few = await measureIndexing(folder, report);
    const warm = await measureQueries(folder, report);
    const many = await measureManyFiles(folder, report);
    return { ...few, ...warm, ...many, rssGrowth: many.peakRssLarge / few.peakRss };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureIndexing(folder: string, report: (line: string) => void) {
  const workspace = join(folder, "few");
  const bytes = await writeSyntheticCorpus(workspace, FILES);
  report(`${FILES} files, ${megabytes(bytes)} MB`);
  const at = ["--workspace", workspace];
  const cold = await runCli("index", ...at);
  report(`cold: ${JSON.stringify(cold.output)}`);
  const stats = await runCli("stats", ...at);
  // Young files are read again once, because their times cannot be trusted yet; a user's are older.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await runCli("index", ...at);
  const unchanged = await runCli("index", ...at);
  const sources = (await readdir(workspace, { recursive: true })).filter((name) => /\.(ts|py|go)$/.test(name));
  for (const name of sources.slice(0, 10)) await appendFile(join(workspace, name), "\n# touched\n");
  const touched = await runCli("index", ...at);
  const search = await runCli("search", "where are failed uploads retried", ...at);
  return {
    coldIndex: cold.wallMs,
    peakRss: megabytes(numberOf(cold.output, "peakRssBytes")),
    versions: numberOf(stats.output, "versions"),
    unchanged: unchanged.wallMs,
    touched: touched.wallMs,
    coldSearch: search.wallMs,
  };
}

async function measureQueries(folder: string, report: (line: string) => void) {
  const workspace = join(folder, "warm");
  await writeSyntheticCorpus(workspace, FILES_FOR_50K_CHUNKS);
  const engine = await openEngine({ workspace });
  try {
    await engine.index();
    report(`warm queries over ${(await engine.stats()).chunks} chunks`);
    for (const query of queries.slice(0, 10)) await engine.search(query);
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      for (const query of queries) {
        const startedAt = performance.now();
        await engine.search(query);
        times.push(performance.now() - startedAt);
      }
    }
    times.sort((a, b) => a - b);
    const quantile = (share: number) => times[Math.floor(times.length * share)] ?? 0;
    return { queryP50: quantile(0.5), queryP95: quantile(0.95) };
  } finally {
    await engine.close();
  }
}

async function measureManyFiles(folder: string, report: (line: string) => void) {
  const workspace = join(folder, "many");
  const bytes = await writeSyntheticCorpus(workspace, MANY_FILES);
  report(`${MANY_FILES} files, ${megabytes(bytes)} MB`);
  const cold = await runCli("index", "--workspace", workspace);
  report(`cold: ${JSON.stringify(cold.output)}`);
  return { peakRssLarge: megabytes(numberOf(cold.output, "peakRssBytes")) };
}

function numberOf(output: Record<string, unknown>, name: string): number {
  const value = output[name];
  if (typeof value !== "number")
    throw new TypeError(`The CLI's output has no number ${name}: ${JSON.stringify(output)}`);
  return value;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
}
