import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Check, type Section, checkTable, table } from "../models/report.ts";
import { type CorpusShape, writeSyntheticCorpus } from "../synthetic-corpus.ts";
import { type MemoryFigures, type MemoryOfPart, memoryFigures, timeOfShare } from "./memory-figures.ts";
import { type Mark, plotMemory } from "./plot-memory.ts";
import { type IndexingMemory, watchMemoryOfIndexing } from "./watch-memory.ts";

const FILES = 100_000;
/** Files of 15 KB on average: 1.5 GB. */
const shape: CorpusShape = { medianChars: 9_350, maxChars: 500_000, coinsWords: true };

const BOUND_MB = 600;
/** A twentieth of the bound, over nine tenths of the files. */
const MAX_FITTED_RISE_MB = 30;
/** A tenth of the bound: the highest of a few samples depends on when garbage is collected. */
const MAX_HIGHEST_RISE_MB = 60;

/**
 * Indexes a generated workspace of 100,000 files and 1.5 GB with the command line's defaults and watches its memory;
 * writes a plot of it. Takes half an hour and 7 GB of disk; Linux only.
 *
 * @param scale share of the files, for a quicker look: memory that grows shows with all of them
 */
export async function reportMemory(scale: number, progress: (line: string) => void): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-pipeline-"));
  try {
    const workspace = join(folder, "workspace");
    const bytes = await writeSyntheticCorpus(workspace, Math.round(FILES * scale), shape);
    progress(`the workspace is written, ${megabytes(bytes)} MB`);
    const run = await watchMemoryOfIndexing(workspace);
    progress(JSON.stringify(run.summary));
    return await describe(run, bytes);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function describe(run: IndexingMemory, bytes: number): Promise<Section> {
  const { samples, peakRssBytes, wallMs, summary } = run;
  const files = summary.filesIndexed;
  const figures = memoryFigures(samples, files);
  const title = `Memory of indexing ${files.toLocaleString("en-US")} files, ${megabytes(bytes)} MB`;
  const svg = plotMemory({ title, samples, boundMB: BOUND_MB, marks: marksOf(run, files) });
  const plot = join(await mkdtemp(join(tmpdir(), "resona-bench-plot-")), "memory.svg");
  await writeFile(plot, svg);
  const checks: Check[] = [
    { name: "peak RSS, MB", measured: peakRssBytes / 1e6, atMost: BOUND_MB },
    {
      name: "rise of the fitted line after the first tenth, MB",
      measured: figures.fittedRiseMB,
      atMost: MAX_FITTED_RISE_MB,
    },
    {
      name: "highest after the first fifth less highest in it, MB",
      measured: figures.highestRiseMB,
      atMost: MAX_HIGHEST_RISE_MB,
    },
    { name: "files that failed", measured: summary.filesFailed, atMost: 0 },
  ];
  return {
    title,
    text: [
      table(["files", "until second", "median MB", "highest MB"], partRows(figures, files)),
      `${summary.chunksWritten.toLocaleString("en-US")} chunks in ${(wallMs / 60_000).toFixed(1)} minutes. Resident memory (VmRSS of the whole process, its threads and libraries included) every 250 ms; the peak is the system's own (VmHWM), so that none is missed between two samples. Flat means: a straight line fitted by least squares to all samples from a tenth of the files to the last commit rises by no more than ${MAX_FITTED_RISE_MB} MB, and no sample after the first fifth, maintenance at the end included, is higher by more than ${MAX_HIGHEST_RISE_MB} MB than the highest of the first fifth.`,
      checkTable(checks, 0),
      `Plot: ${plot}`,
    ],
    checks,
  };
}

function partRows({ tenths, maintenance }: MemoryFigures, files: number): string[][] {
  const rowOf = (name: string, { endSeconds, medianMB, highestMB }: MemoryOfPart) => [
    name,
    endSeconds.toFixed(0),
    medianMB.toFixed(0),
    highestMB.toFixed(0),
  ];
  return [
    ...Array.from(tenths, ([tenth, part]) => rowOf(Math.round((files * tenth) / 10).toLocaleString("en-US"), part)),
    ...(maintenance ? [rowOf("maintenance", maintenance)] : []),
  ];
}

function marksOf({ samples }: IndexingMemory, files: number): Mark[] {
  const tenth = timeOfShare(samples, files, 0.1);
  const lastCommit = samples.findLast(({ filesDone }) => filesDone !== undefined)?.ms;
  return [
    ...(tenth === undefined ? [] : [{ ms: tenth, label: "a tenth of the files" }]),
    ...(lastCommit === undefined ? [] : [{ ms: lastCommit, label: "last commit, then maintenance" }]),
  ];
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString("en-US");
}
