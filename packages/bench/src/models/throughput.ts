import { type ModelShapeName, modelShapes } from "@resona/test-models";

import type { EngineName } from "./engines.ts";
import { MeasuringProcess, measureAlone } from "./measuring-process.ts";
import type { ModelFiles } from "./model-files.ts";
import { type Check, type Section, checkTable, table } from "./report.ts";

interface Contender {
  readonly engine: EngineName;
  readonly perCall: number;
  /** Tokens of the longest text that is measured. */
  readonly longest: number;
}

const ours: Contender = { engine: "resona", perCall: 1, longest: 400 };
/** Short texts are packed together when they come together. */
const oursPacked: Contender = { engine: "resona", perCall: 16, longest: 16 };
const llama: Contender = { engine: "llama.cpp", perCall: 1, longest: 400 };
const llamaOnAvx2: Contender = { engine: "llama.cpp haswell", perCall: 1, longest: 400 };
const contenders: readonly Contender[] =
  process.arch === "x64" ? [ours, oursPacked, llama, llamaOnAvx2] : [ours, oursPacked, llama];

const sizes = [16, 128, 400] as const;
type Size = (typeof sizes)[number];

/** How many times as fast as llama.cpp we promise to be, with all that the processor can do. */
const promises: Partial<Record<ModelShapeName, Partial<Record<Size, number>>>> = {
  minilm: { 16: 2, 128: 0.85, 400: 1 },
  nomic: { 128: 0.65, 400: 0.65 },
};
/** The same, when llama.cpp uses no more than AVX2. */
const PROMISED_ON_AVX2 = 1;
const PROMISED_OF_TWO_WORKERS = 1.9;

const ROUNDS = 7;
const BLOCK_MS = 250;

/** Processor time per text on one thread, ours and llama.cpp's, and what a second worker brings. Formats are Q8_0. */
export async function measureThroughput(files: ModelFiles, progress: (line: string) => void): Promise<Section> {
  const rows: string[][] = [];
  const checks: Check[] = [];
  const kernels = new Set<string>();
  for (const shape of ["minilm", "nomic"] as const) {
    const model = files.write(shape, "Q8_0");
    const texts = await measureAlone("composeTexts", { model, shape: modelShapes[shape], tokens: sizes });
    const timings = await measureContenders(model, texts);
    for (const { contender, kernels: used } of timings) if (used !== "") kernels.add(`${contender.engine}: ${used}`);
    for (const [i, size] of sizes.entries()) {
      const timeOf = (contender: Contender): number =>
        timings.find((timing) => timing.contender === contender)?.times[i] ?? Number.NaN;
      const ratio = timeOf(llama) / timeOf(ours);
      const ratioOnAvx2 = timeOf(llamaOnAvx2) / timeOf(ours);
      const numbers = [...[ours, oursPacked, llama, llamaOnAvx2].map(timeOf), ratio, ratioOnAvx2];
      rows.push([shape, String(size), ...numbers.map((value) => (Number.isNaN(value) ? "" : value.toFixed(2)))]);
      progress(`throughput: ${rows.at(-1)?.join(" ")}`);
      const atLeast = promises[shape]?.[size];
      const of = `${shape}, ${size} tokens`;
      if (atLeast !== undefined) checks.push({ name: `llama.cpp ÷ ours, ${of}`, measured: ratio, atLeast });
      if (!contenders.includes(llamaOnAvx2)) continue;
      checks.push({ name: `llama.cpp with AVX2 ÷ ours, ${of}`, measured: ratioOnAvx2, atLeast: PROMISED_ON_AVX2 });
    }
    const gain = await measureTwoWorkers(model, shape);
    progress(`throughput: two workers ${gain.toFixed(2)}`);
    checks.push({ name: `two workers ÷ one, ${shape}`, measured: gain, atLeast: PROMISED_OF_TWO_WORKERS });
    await files.remove(model);
  }
  return {
    title: "Throughput: processor time in ms per text, one thread, Q8_0",
    text: [
      table(
        ["shape", "tokens", "ours", "16 a call", "llama.cpp", "AVX2 alone", "llama.cpp ÷ ours", "AVX2 alone ÷ ours"],
        rows,
      ),
      `One text a call, but for the column that says otherwise. The shortest of ${ROUNDS} blocks of ${BLOCK_MS} ms, by turns. Kernels: ${[...kernels].join(", ")}.`,
      checkTable(checks),
    ],
    checks,
  };
}

interface Timing {
  readonly contender: Contender;
  readonly kernels: string;
  /** Processor time in ms for each text. */
  readonly times: readonly number[];
}

/** One timing for each contender. */
async function measureContenders(model: string, texts: readonly string[]): Promise<Timing[]> {
  const running = contenders.map((contender) => ({
    contender,
    child: new MeasuringProcess(),
    kernels: "",
    times: [] as number[],
  }));
  try {
    for (const one of running) one.kernels = await one.child.ask("open", { engine: one.contender.engine, model });
    for (const [i, text] of texts.entries()) {
      for (let round = 0; round < ROUNDS; round++) {
        for (const { contender, child, times } of running) {
          if ((sizes[i] ?? 0) > contender.longest) continue;
          const { cpuMs } = await child.ask("measureTexts", { text, perCall: contender.perCall, blockMs: BLOCK_MS });
          times[i] = Math.min(times[i] ?? Infinity, cpuMs);
        }
      }
    }
    return running;
  } finally {
    for (const { child } of running) await child.end();
  }
}

/** A batch takes one worker so many seconds, more or less. */
const batchTexts: Partial<Record<ModelShapeName, number>> = { minilm: 64, nomic: 8 };

/** How many times as fast two workers are as one, by the clock, with texts of 128 tokens. */
async function measureTwoWorkers(model: string, shape: ModelShapeName): Promise<number> {
  const tokens = Array.from({ length: batchTexts[shape] ?? 16 }, () => 128);
  const texts = await measureAlone("composeTexts", { model, shape: modelShapes[shape], tokens });
  const processes = [1, 2].map((threads) => ({ threads, child: new MeasuringProcess() }));
  try {
    const best = [Infinity, Infinity];
    for (const { threads, child } of processes) await child.ask("open", { engine: "resona", model, threads });
    for (let round = 0; round < ROUNDS; round++) {
      for (const [i, { child }] of processes.entries()) {
        const { wallMs } = await child.ask("measureBatch", { texts });
        best[i] = Math.min(best[i] ?? Infinity, wallMs);
      }
    }
    const [one = Number.NaN, two = Number.NaN] = best;
    return one / two;
  } finally {
    for (const { child } of processes) await child.end();
  }
}
