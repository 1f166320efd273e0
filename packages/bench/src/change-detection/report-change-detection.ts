import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { reportLoad } from "../machine-load.ts";
import { type Check, checkTable, table } from "../models/report.ts";
import type { LoadFigures, LoadRequest, LoadWay } from "./load-hashes.ts";
import { type StoredTableShape, writeStoredTable } from "./stored-table.ts";

const ROUNDS = 5;
/** Fresh processes, and loads in one process, for the table that takes milliseconds. */
const SMALL_ROUNDS = 9;
const SMALL_REPEATS = 40;

const large: StoredTableShape = {
  records: 450_000,
  baseIds: 45_000,
  dimension: 256,
  textLength: 800,
  commitRows: 10_000,
};
/** Texts and long vectors are left out: neither way reads them, and they would take 3 GB. */
const huge: StoredTableShape = {
  records: 2_000_000,
  baseIds: 318_000,
  dimension: 8,
  textLength: 0,
  commitRows: 50_000,
};
const small: StoredTableShape = { records: 5_000, baseIds: 500, dimension: 256, textLength: 800, commitRows: 5_000 };

/** What both ways took, process by process. */
interface WaysMeasured {
  readonly streamed: readonly LoadFigures[];
  readonly atOnce: readonly LoadFigures[];
}

export interface ChangeDetectionReport {
  readonly large: WaysMeasured;
  readonly huge: WaysMeasured;
  /** Each process loads once. */
  readonly smallCold: WaysMeasured;
  /** One process loads again and again. */
  readonly smallWarm: WaysMeasured;
  readonly checks: readonly Check[];
}

/**
 * Measures the streamed map of stored hashes beside loading all rows at once, prints tables with every bound and
 * whether it is met, and returns the figures. Takes a few minutes and 800 MB of disk; Linux only.
 */
export async function reportChangeDetection(progress: (line: string) => void): Promise<ChangeDetectionReport> {
  reportLoad(progress);
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-hashes-"));
  try {
    const measured = {
      large: await measure(join(folder, "large"), large, ROUNDS, 1, progress),
      huge: await measure(join(folder, "huge"), huge, ROUNDS, 1, progress),
      smallCold: await measure(join(folder, "small-cold"), small, SMALL_ROUNDS, 1, progress),
      smallWarm: await measure(join(folder, "small-warm"), small, 1, SMALL_REPEATS, progress),
    };
    const checks: Check[] = [
      { name: "450,000 records: RSS added, MB", measured: addedMB(measured.large.streamed), atMost: 80 },
      { name: "450,000 records: time ÷ toArray + Map", measured: timeRatio(measured.large), atMost: 0.4 },
      { name: "450,000 records: bytes per base id", measured: bytesPerBaseId(measured.large), atMost: 40 },
      { name: "2,000,000 records: bytes per base id", measured: bytesPerBaseId(measured.huge), atMost: 40 },
      {
        name: "5,000 records, new process: time ÷ toArray + Map",
        measured: timeRatio(measured.smallCold),
        atMost: 1.1,
      },
      { name: "5,000 records, repeated: time ÷ toArray + Map", measured: timeRatio(measured.smallWarm), atMost: 1.1 },
    ];
    const sections = [
      "## Change detection: loading the stored hashes",
      table(
        ["table", "way", "ms (median)", "ms (least)", "RSS added MB", "RSS open MB", "bytes per base id"],
        [
          ...describe("450,000 records, 45,000 base ids", measured.large),
          ...describe("2,000,000 records, 318,000 base ids", measured.huge),
          ...describe("5,000 records, 500 base ids, new process", measured.smallCold),
          ...describe("5,000 records, 500 base ids, repeated", measured.smallWarm),
        ],
      ),
      `Each load in a new process with the table open, ${ROUNDS} of each way in turn (${SMALL_ROUNDS} of the small table); "repeated" is ${SMALL_REPEATS} loads in one process. Memory is the largest of all, over what the process has with the table open. Vectors have 256 dimensions and texts 800 characters; the table of 2,000,000 records has vectors of 8 and no texts. "At once" is toArray and a Map of strings. Bytes are those of the arrays, or by which the heap grew. Times are compared by their medians.`,
      checkTable(checks),
    ];
    console.log(`${sections.join("\n\n")}\n`);
    return { ...measured, checks };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  folder: string,
  shape: StoredTableShape,
  rounds: number,
  times: number,
  progress: (line: string) => void,
): Promise<WaysMeasured> {
  await mkdir(folder);
  await writeStoredTable(folder, shape);
  const streamed: LoadFigures[] = [];
  const atOnce: LoadFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    streamed.push(await loadAlone({ folder, way: "streamed", times }));
    atOnce.push(await loadAlone({ folder, way: "at once", times }));
  }
  for (const { baseIds } of [...streamed, ...atOnce])
    if (baseIds !== shape.baseIds) throw new Error(`${baseIds} base ids were loaded, not ${shape.baseIds}.`);
  progress(`${shape.records} records: ${timeMs(streamed).toFixed(1)} ms, at once ${timeMs(atOnce).toFixed(1)} ms`);
  await rm(folder, { recursive: true });
  return { streamed, atOnce };
}

/** Loads {@link file://./load-hashes.ts}, or what it was compiled to. */
const ENTRY: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./load-hashes.ts" : "./load-hashes.js", import.meta.url),
);

async function loadAlone(request: LoadRequest): Promise<LoadFigures> {
  const args = [...process.execArgv, "--expose-gc", ENTRY, JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as LoadFigures;
}

function describe(name: string, { streamed, atOnce }: WaysMeasured): string[][] {
  const row = (way: LoadWay, figures: readonly LoadFigures[]): string[] => [
    name,
    way,
    timeMs(figures).toFixed(1),
    Math.min(...figures.flatMap(({ ms }) => ms)).toFixed(1),
    addedMB(figures).toFixed(1),
    most(figures, "openMB").toFixed(1),
    // Of a small heap the map is the lesser part.
    figures.some(({ baseIds }) => baseIds < 10_000) ? "-" : most(figures, "bytesPerBaseId").toFixed(1),
  ];
  return [row("streamed", streamed), row("at once", atOnce)];
}

function timeRatio({ streamed, atOnce }: WaysMeasured): number {
  return timeMs(streamed) / timeMs(atOnce);
}

function timeMs(figures: readonly LoadFigures[]): number {
  const times = figures.flatMap(({ ms }) => ms).toSorted((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}

function addedMB(figures: readonly LoadFigures[]): number {
  return most(figures, "peakAddedMB");
}

function bytesPerBaseId({ streamed }: WaysMeasured): number {
  return most(streamed, "bytesPerBaseId");
}

function most(figures: readonly LoadFigures[], key: "peakAddedMB" | "openMB" | "bytesPerBaseId"): number {
  return Math.max(...figures.map((figure) => figure[key]));
}
