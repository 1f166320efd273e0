import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";

import { nativeEmbedError } from "../errors.ts";
import { blockFormats } from "../quantization/block-formats.ts";
import type { BlockFormatName } from "../quantization/block-formats.ts";
import { bindKernels, STACK_BYTES } from "./kernels.ts";
import type { KernelFunctions } from "./kernels.ts";
import { allocateMemory, compileModule } from "./webassembly.ts";
import type { WasmModule } from "./webassembly.ts";

/**
 * How the dot products of quantised weights are computed here:
 * - `relaxed-unsigned`, `relaxed-signed`: int8 activations and the one instruction for them (AVX-VNNI, ARM's sdot),
 *   which takes them as unsigned or signed;
 * - `exact`: int16 activations, on every machine.
 */
export type DotProduct = "exact" | "relaxed-signed" | "relaxed-unsigned";

/** Compiled modules and what they can do here; posted to threads as it is. */
export interface CompiledKernels {
  readonly module: WasmModule;
  /** The matrix products compiled for vectors of 256 bits, and which of them to take from there. */
  readonly wide: { readonly module: WasmModule; readonly functions: readonly MatrixProduct[] } | undefined;
  readonly dot: DotProduct;
}

/** What the module for wide vectors has too. */
type MatrixProduct = keyof KernelFunctions & `${"linear" | "attention"}_${"exact" | "relaxed" | "float"}`;

let compiled: Promise<CompiledKernels> | undefined;

/**
 * Compiles once per process, in about 50 ms, during which other work of the process gets its turn.
 * Rejects with `KERNELS_UNAVAILABLE` where WebAssembly cannot be had, `OUT_OF_MEMORY` where its memory cannot.
 */
export function compileKernels(): Promise<CompiledKernels> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined;
    const code = error instanceof RangeError ? "OUT_OF_MEMORY" : "KERNELS_UNAVAILABLE";
    throw nativeEmbedError(code, "WebAssembly", error instanceof Error ? error.message : String(error), error);
  });
  return compiled;
}

/**
 * Versions of V8 whose 256-bit compilation was tested here. It is an experiment of V8's, so elsewhere it is left alone,
 * and here each function's results are compared with those of the ordinary one at every start.
 */
const TESTED_WIDE = /^13\.6\./;

async function compile(): Promise<CompiledKernels> {
  const module = compileOptimized("kernels.wasm", []);
  await setImmediate();
  return { module, wide: await compileWide(module), dot: probeDotProduct(module) };
}

async function compileWide(plain: WasmModule): Promise<CompiledKernels["wide"]> {
  if (process.arch !== "x64" || !TESTED_WIDE.test(process.versions.v8)) return undefined;
  const module = compileOptimized("wide.wasm", ["experimental-wasm-revectorize"]);
  await setImmediate();
  const functions = sameAndFaster(plain, module);
  return functions.length > 0 ? { module, functions } : undefined;
}

/**
 * Optimised at once and completely. V8 would otherwise compile each function lazily, first without optimising it, and
 * would stay there where parsing has switched optimising off for the process (core does, for the memory that it takes).
 *
 * The flags are the whole process's, and what another thread compiles meanwhile is optimised too: hence not in V8's own
 * time but here and now, in about 15 ms. Afterwards they are at V8's defaults, whatever the process was started with.
 */
function compileOptimized(file: string, extraFlags: readonly string[]): WasmModule {
  const bytes = readFileSync(new URL(`../../wasm/${file}`, import.meta.url));
  setFlags(["no-liftoff", "no-wasm-lazy-compilation", ...extraFlags]);
  try {
    return compileModule(bytes);
  } finally {
    setFlags(["liftoff", "wasm-lazy-compilation", ...extraFlags.map((flag) => `no-${flag}`)]);
  }
}

function setFlags(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(`--${flag}`);
}

/** What four products of -1 and of 127 with the byte 0xff add up to tells the three behaviours apart. */
export function probeDotProduct(module: WasmModule): DotProduct {
  const { probe_relaxed_dot: probe } = bindKernels(module, allocateMemory(STACK_BYTES), 0);
  const [low, high] = [probe(-1, 0xff), probe(127, 0xff)];
  if (low === -4 * 255 && high === 4 * 127 * 255) return "relaxed-unsigned";
  if (low === 4 && high === -4 * 127) return "relaxed-signed";
  return "exact";
}

const ROWS = 20;
const COLUMNS = 40;
const K = 160;
const REPETITIONS = 20;
/** Of the largest result. */
const RESULT_BYTES = ROWS * 2 * COLUMNS * 4;

/** The products whose results agree to the bit with those of the plain module, and that take less time. */
function sameAndFaster(plain: WasmModule, wide: WasmModule): MatrixProduct[] {
  const memory = allocateMemory(4 * 1024 * 1024);
  const x = STACK_BYTES;
  const scales = x + 65_536;
  const sums = scales + 8_192;
  const values = scales + 32_768;
  const out = scales + 131_072;
  const work = out + 65_536;
  const calls: Readonly<Record<MatrixProduct, (kernels: KernelFunctions) => void>> = {
    linear_exact: (kernels) => kernels.linear_exact(x, K, ROWS, values, scales, COLUMNS, K, scales, out, COLUMNS, work),
    linear_relaxed: (kernels) =>
      kernels.linear_relaxed(x, K, ROWS, values, scales, sums, COLUMNS, K, scales, out, COLUMNS, work),
    linear_float: (kernels) => {
      for (const [index, format] of ["F32", "F16", "BF16"].entries()) {
        const { type } = blockFormats[format as BlockFormatName];
        const to = out + index * RESULT_BYTES;
        kernels.linear_float(x, K, ROWS, type, values, COLUMNS, K, scales, to, COLUMNS, work);
      }
    },
    attention_exact: (kernels) => kernels.attention_exact(x, 240, ROWS, 2, COLUMNS, scales, out, 2 * COLUMNS, work),
    attention_float: (kernels) => kernels.attention_float(x, 240, ROWS, 2, COLUMNS, scales, out, 2 * COLUMNS, work),
  };
  fillWithNoise(new Float32Array(memory.buffer, x, (out - x) / 4));
  const results = new Uint8Array(memory.buffer, out, 3 * RESULT_BYTES);
  const measure = (kernels: KernelFunctions, name: MatrixProduct): { milliseconds: number; result: Buffer } => {
    results.fill(0);
    let milliseconds = Infinity;
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const start = performance.now();
      calls[name](kernels);
      milliseconds = Math.min(milliseconds, performance.now() - start);
    }
    return { milliseconds, result: Buffer.from(results) };
  };
  const [ordinary, merged] = [bindKernels(plain, memory, 0), bindKernels(wide, memory, 0)];
  return (Object.keys(calls) as MatrixProduct[]).filter((name) => {
    const expected = measure(ordinary, name);
    const actual = measure(merged, name);
    return actual.result.equals(expected.result) && actual.milliseconds < expected.milliseconds;
  });
}

/** A linear congruential generator: any numbers do, as long as they differ. */
function fillWithNoise(numbers: Float32Array): void {
  let state = 1;
  for (let i = 0; i < numbers.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    numbers[i] = state / 2 ** 31;
  }
}
