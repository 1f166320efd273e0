import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { MaintenanceResult, MaintenanceStep } from "@resona/core";

import { type Check, checkTable, table } from "../models/report.ts";
import { RECORDS_PER_ITEM } from "./synthetic-items.ts";
import type { MaintainFigures, TableFigures, TaskName, Tasks } from "./tasks.ts";

const COMMITS = 1_000;
/** Blocks of queries to either of two tables in turn; the fastest of each counts. */
const QUERY_BLOCKS = 7;
const QUERIES = 200;

const RECORDS = 450_000;
const ITEMS_PER_COMMIT = 500;
const CHANGED_RECORDS = 5_000;
const ROUNDS = 10;

/** Shorter than the true vectors: a table of so many rows then gets no vector index. */
const DIMENSION_WITHOUT_INDEX = 128;

/** A table of many commits of one item, beside one with the same rows that was written at once. */
interface ManyCommits {
  readonly before: TableFigures;
  readonly after: TableFigures;
  /** By cleanup alone, without compaction. */
  readonly freedBytes: number;
  /** Milliseconds of a query, the median: before, after, and of the table that was written at once. */
  readonly queryMs: { readonly before: number; readonly after: number; readonly fresh: number };
}

/** A large table: first maintenance, then rounds of changes and maintenance with queries going on. */
interface LargeTable {
  readonly withoutVectorIndex: MaintainFigures;
  readonly withVectorIndex: MaintainFigures;
  readonly recall: number;
  /** Milliseconds of a query while nothing else goes on: the median, and what 95 of 100 stay below. */
  readonly quietMs: { readonly p50: number; readonly p95: number };
  readonly rounds: readonly Round[];
}

interface Round extends MaintainFigures {
  readonly after: TableFigures;
  /** Milliseconds of a query during maintenance. */
  readonly queryP95: number;
  readonly queries: number;
}

/**
 * Measures maintenance after many small commits and on a large table, and prints tables with every bound and whether it
 * is met. Takes some 10 minutes and 3 GB of disk; Linux only.
 *
 * @param part `commits` or `large`; both if it is left out
 */
export async function reportMaintenance(
  part: string | undefined,
  progress: (line: string) => void,
): Promise<readonly Check[]> {
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-maintenance-"));
  try {
    return [
      ...(part === "large" ? [] : await reportManyCommits(folder, progress)),
      ...(part === "commits" ? [] : await reportLargeTable(join(folder, "large"), progress)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function reportManyCommits(folder: string, progress: (line: string) => void): Promise<readonly Check[]> {
  const measured = await measureManyCommits(folder, progress);
  const { before, after, fresh } = measured.queryMs;
  const checks = manyCommitsChecks(measured);
  const sections = [
    "## Maintenance after many commits",
    `${COMMITS} commits of one item, one record each: a query took ${ms(before)} ms before maintenance, ${ms(after)} after, ${ms(fresh)} where the same rows were written at once (medians, the fastest of ${QUERY_BLOCKS} blocks of ${QUERIES}, in turn).`,
    checkTable(checks, 3),
  ];
  console.log(`${sections.join("\n\n")}\n`);
  return checks;
}

async function reportLargeTable(folder: string, progress: (line: string) => void): Promise<readonly Check[]> {
  const large = await measureLarge(folder, progress);
  const checks = largeChecks(large);
  const worstP95 = Math.max(...large.rounds.map(({ queryP95 }) => queryP95));
  const sections = [
    "## Maintenance of a large table",
    table(
      [`${RECORDS} records`, "sweep ms", "compaction ms", "index ms", "cleanup ms", "peak RSS MB"],
      [
        stepRow("first, without a vector index", large.withoutVectorIndex),
        stepRow("making the vector index", large.withVectorIndex),
        ...large.rounds.map((round, n) => stepRow(`after ${CHANGED_RECORDS} changes, round ${n + 1}`, round)),
      ],
    ),
    table(
      ["round", "fragments", "vector segments", "versions", "disk ÷ live", "query p95 ms", "queries"],
      large.rounds.map(({ after, queryP95, queries }, n) => [
        n + 1,
        after.fragments,
        after.vectorSegments,
        after.versions,
        (after.diskBytes / after.liveBytes).toFixed(2),
        ms(queryP95),
        queries,
      ]),
    ),
    `Every run of maintenance has a process of its own; memory is the most that the whole of it had. Queries are asked by another process, by words and by vector in turn; with nothing else going on the median is ${ms(large.quietMs.p50)} ms, p95 ${ms(large.quietMs.p95)} ms; during maintenance the worst p95 was ${ms(worstP95)} ms.`,
    checkTable(checks, 3),
  ];
  console.log(`${sections.join("\n\n")}\n`);
  return checks;
}

async function measureManyCommits(parent: string, progress: (line: string) => void): Promise<ManyCommits> {
  const [many, copy, fresh] = ["many", "copy", "fresh"].map((name) => join(parent, name)) as [string, string, string];
  await mkdir(fresh);
  const rows = { items: COMMITS, recordsPerItem: 1 };
  await run("write", { folder: many, ...rows, itemsPerCommit: 1 });
  const before = await run("measure", { folder: many });
  await cp(many, copy, { recursive: true, preserveTimestamps: true });
  const cleanupAlone = { skipCompaction: true, skipIndex: true, retentionDays: 0 };
  const freed = await run("maintain", { folder: copy, options: cleanupAlone });
  const queryBefore = median(await run("query", { folder: many, count: QUERIES }));
  await run("maintain", { folder: many, options: { retentionDays: 0 } });
  const after = await run("measure", { folder: many });
  await run("write", { folder: fresh, ...rows, itemsPerCommit: COMMITS });
  await run("maintain", { folder: fresh, options: { skipCompaction: true, skipCleanup: true } });
  const blocks = { after: [] as number[], fresh: [] as number[] };
  for (let block = 0; block < QUERY_BLOCKS; block++) {
    blocks.after.push(median(await run("query", { folder: many, count: QUERIES })));
    blocks.fresh.push(median(await run("query", { folder: fresh, count: QUERIES })));
  }
  const queryMs = { before: queryBefore, after: Math.min(...blocks.after), fresh: Math.min(...blocks.fresh) };
  progress(`${COMMITS} commits: queries ${JSON.stringify(queryMs)}, ${JSON.stringify(after)}`);
  return { before, after, freedBytes: freed.result.cleanup?.bytesRemoved ?? 0, queryMs };
}

async function measureLarge(folder: string, progress: (line: string) => void): Promise<LargeTable> {
  const items = RECORDS / RECORDS_PER_ITEM;
  await run("write", { folder, items, recordsPerItem: RECORDS_PER_ITEM, itemsPerCommit: ITEMS_PER_COMMIT });
  progress(`${RECORDS} records are written`);
  const options = { retentionDays: 0 };
  const withoutVectorIndex = await run("maintain", { folder, options, dimension: DIMENSION_WITHOUT_INDEX });
  progress(`first maintenance: ${stepRow("", withoutVectorIndex).join(" ")}`);
  const withVectorIndex = await run("maintain", { folder, options });
  progress(`vector index: ${stepRow("", withVectorIndex).join(" ")}`);
  const recall = await run("recall", { folder });
  const quiet = await run("query", { folder, count: QUERIES });
  const quietMs = { p50: median(quiet), p95: quantile(quiet, 0.95) };
  progress(`recall@10 ${recall.toFixed(4)}, queries ${JSON.stringify(quietMs)}`);
  const rounds: Round[] = [];
  for (let generation = 1; generation <= ROUNDS; generation++) {
    await run("change", { folder, items, count: CHANGED_RECORDS / RECORDS_PER_ITEM, generation });
    const queries = start("query", { folder, count: Infinity });
    const figures = await run("maintain", { folder, options });
    queries.stop();
    const times = await queries.answer;
    const after = await run("measure", { folder });
    rounds.push({ ...figures, after, queryP95: quantile(times, 0.95), queries: times.length });
    progress(`round ${generation}: ${stepRow("", figures).join(" ")}, ${JSON.stringify(rounds.at(-1)?.after)}`);
  }
  return { withoutVectorIndex, withVectorIndex, recall, quietMs, rounds };
}

function manyCommitsChecks({ before, after, freedBytes, queryMs }: ManyCommits): Check[] {
  return [
    { name: `${COMMITS} commits: fragments afterwards`, measured: after.fragments, atMost: 3 },
    { name: `${COMMITS} commits: versions afterwards`, measured: after.versions, atMost: 2 },
    { name: "query p50 afterwards ÷ of a table written at once", measured: queryMs.after / queryMs.fresh, atMost: 1.1 },
    {
      name: "reclaimable bytes ÷ bytes freed, off by",
      measured: Math.abs(before.reclaimableBytes / freedBytes - 1),
      atMost: 0.05,
    },
  ];
}

function largeChecks({ withoutVectorIndex, withVectorIndex, recall, rounds }: LargeTable): Check[] {
  const last = rounds.at(-1)?.after;
  const inRounds = rounds.map(({ peakMB }) => peakMB);
  const failures = [withoutVectorIndex, withVectorIndex, ...rounds].flatMap(({ result }) => result.failures);
  return [
    { name: "peak RSS without a vector index, MB", measured: withoutVectorIndex.peakMB, atMost: 700 },
    { name: "peak RSS with a vector index made, MB", measured: withVectorIndex.peakMB, atMost: 1_200 },
    { name: "peak RSS in the rounds, MB", measured: Math.max(...inRounds), atMost: 1_200 },
    { name: "recall@10 of the vector index", measured: recall, atLeast: 0.98 },
    { name: `vector segments after ${ROUNDS} rounds`, measured: last?.vectorSegments ?? Number.NaN, atMost: 10 },
    { name: `fragments after ${ROUNDS} rounds`, measured: last?.fragments ?? Number.NaN, atMost: 10 },
    {
      name: "most vector segments",
      measured: Math.max(...rounds.map(({ after }) => after.vectorSegments)),
      atMost: 10,
    },
    { name: `disk ÷ live data after ${ROUNDS} rounds`, measured: ratio(last), atMost: 1.5 },
    { name: "failed steps", measured: failures.length, atMost: 0 },
  ];
}

function ratio(figures: TableFigures | undefined): number {
  return figures === undefined ? Number.NaN : figures.diskBytes / figures.liveBytes;
}

const steps: readonly MaintenanceStep[] = ["sweep", "compaction", "index", "cleanup"];

function stepRow(name: string, { result, peakMB }: { result: MaintenanceResult; peakMB: number }): string[] {
  return [name, ...steps.map((step) => (result.stepMs[step] ?? 0).toFixed(0)), peakMB.toFixed(0)];
}

/** Loads {@link file://./run-task.ts}, or what it was compiled to. */
const ENTRY: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./run-task.ts" : "./run-task.js", import.meta.url),
);

type Answer<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** Begins a task in a process of its own. */
function start<Name extends TaskName>(
  task: Name,
  request: Parameters<Tasks[Name]>[0],
): { readonly answer: Promise<Answer<Name>>; readonly stop: () => void } {
  const child = fork(ENTRY, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send({ task, request });
  return { answer: answerOf(child, task), stop: () => child.send("stop") };
}

async function answerOf<Name extends TaskName>(child: ChildProcess, task: Name): Promise<Answer<Name>> {
  const ended = new AbortController();
  child.once("exit", (code, signal) => {
    ended.abort(new Error(`The process for "${task}" ended (${signal ?? code}).`));
  });
  try {
    const [{ answer }] = (await once(child, "message", { signal: ended.signal })) as [{ answer: Answer<Name> }];
    if (!ended.signal.aborted) await once(child, "exit");
    return answer;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  }
}

async function run<Name extends TaskName>(task: Name, request: Parameters<Tasks[Name]>[0]): Promise<Answer<Name>> {
  return await start(task, request).answer;
}

function median(times: readonly number[]): number {
  return quantile(times, 0.5);
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? Number.NaN;
}

function ms(time: number): string {
  return time.toFixed(1);
}
