import type { ModelFormat } from "@resona/test-models";

import { measureAlone } from "./measuring-process.ts";
import { type ModelFiles, sizeMB } from "./model-files.ts";
import { type Check, type Section, checkTable, table } from "./report.ts";
import type { LoadResult } from "./tasks.ts";

const ROUNDS = 5;
const formats: readonly ModelFormat[] = ["F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_M", "Q5_K_M", "Q6_K"];
const kQuants = new Set<ModelFormat>(["Q4_K_M", "Q5_K_M", "Q6_K"]);
const SMALL_HEAP = "--max-old-space-size=32";

/** Time and memory that it takes to load the nomic shape, each load in a new process, the file in the page cache. */
export async function measureLoading(files: ModelFiles, progress: (line: string) => void): Promise<Section> {
  const model = files.write("nomic", "Q8_0");
  const ours: LoadResult[] = [];
  const theirs: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measureAlone("measureLoad", { engine: "resona", model }));
    theirs.push(await measureAlone("measureLoad", { engine: "llama.cpp", model }));
  }
  const inSmallHeap = await measureAlone("measureLoad", { engine: "resona", model }, [SMALL_HEAP]);
  const fileMB = await sizeMB(model);
  await files.remove(model);
  progress(`loading: ours ${least(ours, "loadMs").toFixed(0)} ms, llama.cpp ${least(theirs, "loadMs").toFixed(0)} ms`);

  const rows = [
    describe("ours", ours),
    describe("node-llama-cpp", theirs),
    describe(`ours, ${SMALL_HEAP}`, [inSmallHeap]),
  ];
  const checks: Check[] = [
    {
      name: "load time ÷ node-llama-cpp's (model alone)",
      measured: least(ours, "loadMs") / least(theirs, "loadMs"),
      atMost: 1,
    },
    {
      name: "the same with what comes before it (import, getLlama)",
      measured: leastTime(ours, ["libraryMs", "loadMs"]) / leastTime(theirs, ["libraryMs", "loadMs"]),
      atMost: 1,
    },
    {
      name: "the same until the first vector",
      measured: leastTime(ours, timeColumns) / leastTime(theirs, timeColumns),
      atMost: 1,
    },
    { name: "growth of V8's heap, MB", measured: most(ours, "heapGrowthMB"), atMost: 10 },
    { name: "peak RSS over the file's size, MB", measured: most(ours, "loadedRssMB") - fileMB, atMost: 90 },
    { name: `numbers in a vector with ${SMALL_HEAP}`, measured: inSmallHeap.dimension, atLeast: 768 },
    { name: "lateness of a 10 ms timer, ms", measured: most(ours, "timerLateMs"), atMost: 50 },
  ];
  const formatRows: string[][] = [];
  for (const format of formats) {
    const file = files.write("nomic", format);
    const loads: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round++)
      loads.push(await measureAlone("measureLoad", { engine: "resona", model: file }));
    const ratio = least(loads, "loadMs") / least(ours, "loadMs");
    formatRows.push([
      format,
      (await sizeMB(file)).toFixed(0),
      least(loads, "loadMs").toFixed(0),
      ratio.toFixed(2),
      most(loads, "loadedRssMB").toFixed(0),
      most(loads, "timerLateMs").toFixed(0),
    ]);
    progress(`loading: ${formatRows.at(-1)?.join(" ")}`);
    if (kQuants.has(format)) checks.push({ name: `load time, ${format} ÷ Q8_0`, measured: ratio, atMost: 2 });
    await files.remove(file);
  }
  return {
    title: `Loading: nomic Q8_0, ${fileMB.toFixed(0)} MB`,
    text: [
      table(
        ["", ...timeColumns.map((column) => columnNames[column]), ...sizeColumns.map((column) => columnNames[column])],
        rows,
      ),
      `Times are the shortest of ${ROUNDS}, the rest the largest. "Library" is the import and, for node-llama-cpp, getLlama; "context" is what it needs after loading; the first text is one word long. node-llama-cpp maps the file, and reads it as it is used.`,
      table(["format", "file MB", "model ms", "÷ Q8_0", "peak RSS MB", "timer late ms"], formatRows),
      checkTable(checks),
    ],
    checks,
  };
}

const timeColumns = ["libraryMs", "loadMs", "contextMs", "firstTextMs"] as const;
const sizeColumns = ["heldMB", "loadedRssMB", "peakRssMB", "heapGrowthMB", "timerLateMs"] as const;
const columnNames: Readonly<Record<(typeof timeColumns)[number] | (typeof sizeColumns)[number], string>> = {
  libraryMs: "library ms",
  loadMs: "model ms",
  contextMs: "context ms",
  firstTextMs: "first text ms",
  heldMB: "held MB",
  loadedRssMB: "peak RSS MB",
  peakRssMB: "after the first text MB",
  heapGrowthMB: "heap growth MB",
  timerLateMs: "timer late ms",
};

function describe(name: string, loads: readonly LoadResult[]): string[] {
  const times = timeColumns.map((column) => least(loads, column).toFixed(0));
  const sizes = sizeColumns.map((column) => most(loads, column).toFixed(1).replace("NaN", "?"));
  return [name, ...times, ...sizes];
}

function least(loads: readonly LoadResult[], key: keyof LoadResult): number {
  return Math.min(...loads.map((load) => load[key]));
}

/** The shortest of the sums of some times. */
function leastTime(loads: readonly LoadResult[], parts: readonly (typeof timeColumns)[number][]): number {
  return Math.min(...loads.map((load) => parts.reduce((sum, part) => sum + (load[part] || 0), 0)));
}

function most(loads: readonly LoadResult[], key: keyof LoadResult): number {
  return Math.max(...loads.map((load) => load[key]));
}
