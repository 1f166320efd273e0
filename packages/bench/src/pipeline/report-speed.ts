import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { EngineOptions } from "@resona/core";
import { type ModelShape, modelShapes } from "@resona/test-models";

import { reportLoad } from "../machine-load.ts";
import { ModelFiles } from "../models/model-files.ts";
import { type Check, type Section, checkTable, table } from "../models/report.ts";
import { writeSyntheticCorpus } from "../synthetic-corpus.ts";
import type { StageTimes } from "./index-stepwise.ts";
import type { IndexingFigures, IndexingRequest, IndexingWay } from "./run-indexing.ts";

const HTTP_FILES = 1_000;
const HTTP_LATENCY_MS = 50;
const PROMISED_WITH_HTTP = 3;

/** The smallest transformer in use; it takes fifty times as long as parsing does. */
const MINILM_FILES = 40;
/** Embeds about as fast as files are parsed, so that there is something to overlap. */
const quickShape: ModelShape = { ...modelShapes["tiny-bert"], contextLength: 128 };
const QUICK_FILES = 1_000;
const PROMISED_WITH_TRANSFORMER = 1.4;

/** A workspace and an embedder, and the ways of indexing that are compared on it. */
interface Contest {
  readonly name: string;
  readonly files: number;
  readonly rounds: number;
  readonly options: EngineOptions;
  readonly ways: readonly IndexingWay[];
  /** How many times as fast as this way the pipeline is to be. */
  readonly promise?: { readonly against: IndexingWay; readonly atLeast: number };
}

/** The runs of every way, in the order in which they were made. */
type Outcome = ReadonlyMap<IndexingWay, readonly IndexingFigures[]>;

/**
 * Compares `Engine.index` with the same stages run one after another: with an embedding service that answers after 50
 * ms, and with transformers of this process. Takes some 10 minutes.
 */
export async function reportSpeed(progress: (line: string) => void): Promise<Section> {
  reportLoad(progress);
  const folder = await mkdtemp(join(await realpath(tmpdir()), "resona-bench-pipeline-"));
  const models = await ModelFiles.create();
  const service = await startService();
  try {
    const http: Contest = {
      name: `service, ${HTTP_LATENCY_MS} ms`,
      files: HTTP_FILES,
      rounds: 3,
      options: { embeddingUrl: service.url, embeddingModel: "bench" },
      ways: ["pipeline", "stepwise, a file each", "stepwise, groups"],
      promise: { against: "stepwise, a file each", atLeast: PROMISED_WITH_HTTP },
    };
    const minilm: Contest = {
      name: "minilm",
      files: MINILM_FILES,
      rounds: 3,
      options: { model: models.write("minilm", "Q8_0"), modelThreads: 1 },
      ways: ["pipeline", "stepwise, groups"],
    };
    const quick: Contest = {
      name: "quick transformer",
      files: QUICK_FILES,
      rounds: 7,
      options: { model: models.writeAs("quick", quickShape, "Q8_0"), modelThreads: 1 },
      ways: ["pipeline", "stepwise, groups"],
      promise: { against: "stepwise, groups", atLeast: PROMISED_WITH_TRANSFORMER },
    };
    const outcomes = new Map<Contest, Outcome>();
    for (const contest of [http, minilm, quick]) outcomes.set(contest, await measure(folder, contest, progress));
    return describe(outcomes);
  } finally {
    service.end();
    await models.removeAll();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every run has a process and an index of its own; the ways take turns, each round in the opposite order. */
async function measure(folder: string, contest: Contest, progress: (line: string) => void): Promise<Outcome> {
  const { name, files, rounds, options, ways } = contest;
  const workspace = join(folder, "workspace");
  const index = join(folder, "index");
  await writeSyntheticCorpus(workspace, files);
  const outcome = new Map(ways.map((way): [IndexingWay, IndexingFigures[]] => [way, []]));
  for (let round = 0; round < rounds; round++)
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const figures = await runAlone({ workspace, way, options: { ...options, index } });
      await rm(index, { recursive: true });
      outcome.get(way)?.push(figures);
      progress(`${name}, ${way}: ${JSON.stringify(figures)}`);
    }
  await rm(workspace, { recursive: true });
  const counts = new Set([...outcome.values()].flat().map(({ chunks }) => chunks));
  if (counts.size !== 1) throw new Error(`The ways of indexing found ${[...counts].join(" and ")} chunks.`);
  return outcome;
}

function describe(outcomes: ReadonlyMap<Contest, Outcome>): Section {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const [{ name, files, ways, promise }, outcome] of outcomes) {
    const pipeline = outcome.get("pipeline") ?? [];
    for (const way of ways) {
      const figures = outcome.get(way) ?? [];
      const stages = medianStages(figures);
      rows.push([
        name,
        String(files),
        String(figures[0]?.chunks ?? 0),
        way,
        seconds(medianMs(figures)),
        seconds(shortestMs(figures)),
        seconds(medianCpuMs(figures)),
        ...(stages ? stagesOf(stages) : ["", "", "", ""]),
        ...(stages ? ratios(figures, pipeline, stages) : ["", "", "", ""]),
      ]);
    }
    if (promise === undefined) continue;
    const { against, atLeast } = promise;
    const measured = medianMs(outcome.get(against)) / medianMs(pipeline);
    checks.push({ name: `${against} ÷ pipeline, ${name}`, measured, atLeast });
  }
  const ofRun = [
    "embedder",
    "files",
    "chunks",
    "way",
    "s",
    "shortest",
    "CPU s",
    "parse",
    "embed",
    "commit",
    "maintain",
  ];
  const compared = ["÷ pipeline", "shortest ÷", "by overlap", "by cores"];
  return {
    title: "Speed of the pipeline against the same stages one after another",
    text: [
      table([...ofRun, ...compared], rows),
      `Medians of several runs, each in a process of its own, by turns, and the shortest of them, on ${availableParallelism()} cores; transformers with one thread, which is the default on two cores (one less than there are). "Stepwise" reads and chunks all files one at a time, then embeds one request at a time, then commits: a request for each file, or for groups of about 128 chunks as the pipeline makes them. "By overlap" and "by cores" are what could be had at best: (parse + embed) ÷ max(parse, embed) of the stepwise run, and its shortest time ÷ the processor time of the pipeline spread over all cores. A transformer of the shape of MiniLM embeds so much more slowly than files are parsed that nothing is to be had.`,
      checkTable(checks),
    ],
    checks,
  };
}

function stagesOf({ parse, embed, commit, maintain }: StageTimes): string[] {
  return [parse, embed, commit, maintain].map(seconds);
}

/** What the pipeline gains over a stepwise run, and could gain. */
function ratios(
  figures: readonly IndexingFigures[],
  pipeline: readonly IndexingFigures[],
  stages: StageTimes,
): string[] {
  const cores = shortestMs(figures) / (medianCpuMs(pipeline) / availableParallelism());
  const measured = [medianMs(figures) / medianMs(pipeline), shortestMs(figures) / shortestMs(pipeline)];
  return [...measured, mostByOverlap(stages), cores].map((ratio) => ratio.toFixed(2));
}

/** How many times as fast as one after another two stages can be side by side. */
function mostByOverlap({ parse, embed }: StageTimes): number {
  return (parse + embed) / Math.max(parse, embed);
}

function medianStages(figures: readonly IndexingFigures[]): StageTimes | undefined {
  const stages = figures.flatMap((figure) => figure.stages ?? []);
  if (stages.length === 0) return undefined;
  const of = (stage: keyof StageTimes) => median(stages.map((times) => times[stage]));
  return { parse: of("parse"), embed: of("embed"), commit: of("commit"), maintain: of("maintain") };
}

function medianMs(figures: readonly IndexingFigures[] = []): number {
  return median(figures.map(({ ms }) => ms));
}

function shortestMs(figures: readonly IndexingFigures[]): number {
  return Math.min(...figures.map(({ ms }) => ms));
}

function medianCpuMs(figures: readonly IndexingFigures[]): number {
  return median(figures.map(({ cpuMs }) => cpuMs));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}

/** Begins {@link file://./serve-embeddings.ts}, or what it was compiled to. */
async function startService(): Promise<{ readonly url: string; readonly end: () => void }> {
  const child = fork(entry("serve-embeddings"), [String(HTTP_LATENCY_MS)]);
  const [url] = (await once(child, "message")) as [string];
  return { url, end: () => child.disconnect() };
}

/** Runs {@link file://./run-indexing.ts}, or what it was compiled to. */
async function runAlone(request: IndexingRequest): Promise<IndexingFigures> {
  const args = [...process.execArgv, entry("run-indexing"), JSON.stringify(request)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as IndexingFigures;
}

function entry(name: string): string {
  return fileURLToPath(new URL(`./${name}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
}
