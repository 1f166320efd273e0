import type { ModelShape } from "@resona/test-models";

import { type EngineName, type LoadedModel, startEngine } from "./engines.ts";
import { codeChunks, parityTexts, randomStrings, sizedText } from "./texts.ts";

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;

/** What a measuring process is sent, and what it sends back. */
export interface Question {
  readonly task: TaskName;
  readonly input: unknown;
}
export type Answer = { readonly result: unknown } | { readonly error: string };

/** Everything that a measuring process can do. Tasks that follow each other in one process share its engine. */
export const tasks: {
  open: typeof open;
  composeTexts: typeof composeTexts;
  measureTexts: typeof measureTexts;
  measureBatch: typeof measureBatch;
  measureLoad: typeof measureLoad;
  compareVectors: typeof compareVectors;
  compareTokens: typeof compareTokens;
} = { open, composeTexts, measureTexts, measureBatch, measureLoad, compareVectors, compareTokens };

let opened: LoadedModel | undefined;

/** Loads a model for the tasks that follow. Returns the kernels that compute with it. */
async function open(input: EngineModel): Promise<string> {
  const engine = await startEngine(input.engine);
  opened = await engine.load(input.model, input.threads);
  return engine.kernels;
}

interface EngineModel {
  readonly engine: EngineName;
  /** Path of a GGUF file. */
  readonly model: string;
  readonly threads?: number;
}

function openModel(): LoadedModel {
  if (opened === undefined) throw new Error("no model is open");
  return opened;
}

/** A text of each number of tokens, for the model of that shape in the file `model`. */
async function composeTexts(input: {
  readonly model: string;
  readonly shape: ModelShape;
  readonly tokens: readonly number[];
}): Promise<string[]> {
  const { startLlama } = await import("@resona/test-models");
  const llama = await (await startLlama()).load(input.model);
  const texts = input.tokens.map((tokens, i) => sizedText(input.shape, tokens, (text) => llama.tokenize(text), i + 1));
  await llama.close();
  return texts;
}

interface TextTime {
  /** Processor time of the whole process, for one text. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Embeds a text again and again, so many a call, for about `blockMs`, and returns the time that one takes. */
async function measureTexts(input: {
  readonly text: string;
  readonly perCall: number;
  readonly blockMs: number;
}): Promise<TextTime> {
  const model = openModel();
  const texts = Array.from({ length: input.perCall }, () => input.text);
  const embed = (): Promise<unknown> => model.embed(texts);
  const once = await timed(1, embed);
  const { cpuMs, wallMs } = await timed(Math.max(1, Math.round(input.blockMs / once.wallMs)), embed);
  return { cpuMs: cpuMs / input.perCall, wallMs: wallMs / input.perCall };
}

/** Embeds all texts in one call and returns the time of the call. */
async function measureBatch(input: { readonly texts: readonly string[] }): Promise<TextTime> {
  const model = openModel();
  return timed(1, () => model.embed(input.texts));
}

async function timed(count: number, work: () => Promise<unknown>): Promise<TextTime> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) await work();
  const wallMs = (performance.now() - startedAt) / count;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000 / count, wallMs };
}

export interface LoadResult {
  /** Until the library was ready to load a model. */
  readonly libraryMs: number;
  readonly loadMs: number;
  readonly contextMs: number;
  /** The first text, of one word: what the loading has put off is done now. */
  readonly firstTextMs: number;
  readonly heldMB: number;
  /** The most memory that the process had until the model was loaded, as the operating system counts it. */
  readonly loadedRssMB: number;
  /** The same until the first text was done. */
  readonly peakRssMB: number;
  /** The most that was in use of V8's heap while the model was loaded, over what was before. */
  readonly heapGrowthMB: number;
  /** By how much a timer of 10 ms was late at most while the model was loaded. */
  readonly timerLateMs: number;
  /** Numbers in a vector, to show that it works. */
  readonly dimension: number;
}

const TIMER_MS = 10;

/** Loads a model and, when that is done, embeds one short text. */
async function measureLoad(input: EngineModel): Promise<LoadResult> {
  const startedAt = performance.now();
  const engine = await startEngine(input.engine);
  const libraryMs = performance.now() - startedAt;
  const heapBefore = process.memoryUsage().heapUsed;
  let heapPeak = heapBefore;
  let timerLateMs = 0;
  let tickedAt = performance.now();
  const tick = (): void => {
    const now = performance.now();
    timerLateMs = Math.max(timerLateMs, now - tickedAt - TIMER_MS);
    tickedAt = now;
    heapPeak = Math.max(heapPeak, process.memoryUsage().heapUsed);
  };
  const timer = setInterval(tick, TIMER_MS);
  const model = await engine.load(input.model, input.threads);
  tick();
  clearInterval(timer);
  const loadedRssMB = peakRssMB();
  const readyAt = performance.now();
  const [vector] = await model.embed(["x"]);
  const firstTextMs = performance.now() - readyAt;
  const { loadMs, contextMs, heldMB } = model;
  await model.close();
  return {
    libraryMs,
    loadMs,
    contextMs,
    firstTextMs,
    heldMB,
    loadedRssMB,
    peakRssMB: peakRssMB(),
    heapGrowthMB: (heapPeak - heapBefore) / 1e6,
    timerLateMs,
    dimension: vector?.length ?? 0,
  };
}

function peakRssMB(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

/** Embeds the ten texts with both engines and returns the smallest cosine between their vectors of one text. */
async function compareVectors(input: {
  readonly model: string;
  readonly shape: ModelShape;
}): Promise<{ readonly cosine: number; readonly tokens: number[] }> {
  const { startLlama } = await import("@resona/test-models");
  const llama = await (await startLlama()).load(input.model);
  const texts = parityTexts(input.shape, (text) => llama.tokenize(text));
  const tokens = texts.map((text) => llama.tokenize(text).length);
  await llama.close();
  const vectors: ArrayLike<number>[][] = [];
  for (const name of ["llama.cpp", "resona"] as const) {
    const model = await (await startEngine(name)).load(input.model);
    vectors.push(await model.embed(texts));
    await model.close();
  }
  const [theirs = [], ours = []] = vectors;
  return { cosine: Math.min(...texts.map((_, i) => cosine(theirs[i] ?? [], ours[i] ?? []))), tokens };
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? Number.NaN, b[i] ?? Number.NaN];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

interface TokenComparison {
  readonly texts: number;
  readonly tokens: number;
  readonly mismatches: number;
  /** The first text whose tokens differ. */
  readonly example?: string;
}

/** Tokenizes strings or pieces of code with both engines and counts the texts whose tokens differ. */
async function compareTokens(input: {
  readonly model: string;
  readonly texts: "random strings" | "code";
}): Promise<TokenComparison> {
  const texts = input.texts === "code" ? await codeChunks(500) : randomStrings(3000);
  const { startLlama } = await import("@resona/test-models");
  const llama = await (await startLlama()).load(input.model);
  const encode = await loadOwnTokenizer(input.model);
  let tokens = 0;
  const different = texts.filter((text) => {
    const expected = llama.tokenize(text);
    tokens += expected.length;
    return expected.join() !== encode(text).join();
  });
  await llama.close();
  const [example] = different;
  return { texts: texts.length, tokens, mismatches: different.length, ...(example === undefined ? {} : { example }) };
}

/** Where native-embed's modules are: sources beside sources, compiled ones beside compiled ones. */
const internals = import.meta.url.endsWith(".ts")
  ? "../../../native-embed/src/tokenizers/load-tokenizer.ts"
  : "../../../native-embed/dist/tokenizers/load-tokenizer.js";

/** The tokens of a text as native-embed feeds them to the model, which no part of its public API gives. */
async function loadOwnTokenizer(model: string): Promise<(text: string) => Int32Array> {
  const { openFileSource, readGgufHeader } = await import("@resona/native-embed");
  const { loadTokenizer } = (await import(new URL(internals, import.meta.url).href)) as {
    loadTokenizer: (
      source: unknown,
      header: unknown,
    ) => Promise<{ encode(text: string, limit: number): { readonly ids: Int32Array } }>;
  };
  const source = await openFileSource(model);
  const tokenizer = await loadTokenizer(source, await readGgufHeader(source));
  await source.close();
  return (text) => tokenizer.encode(text, 1e6).ids;
}
