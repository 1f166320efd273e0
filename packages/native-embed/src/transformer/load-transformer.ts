import { setImmediate } from "node:timers/promises";

import type { ModelMemory, ModelOptions } from "../architectures/text-model.ts";
import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { compileKernels } from "../kernels/compile-kernels.ts";
import { bindKernels } from "../kernels/kernels.ts";
import { allocateMemory } from "../kernels/webassembly.ts";
import type { WasmMemory } from "../kernels/webassembly.ts";
import type { ForwardSetup } from "./forward.ts";
import { MemoryMonitor } from "./memory-monitor.ts";
import { planTransformer } from "./plan-transformer.ts";
import { StreamingGgufLoader } from "./streaming-gguf-loader.ts";
import type { Fill } from "./weight-placement.ts";

export interface LoadOptions extends ModelOptions {
  /** What the loading is counted by and held to. */
  readonly monitor?: MemoryMonitor | undefined;
}

/** A transformer in shared memory, ready for threads to run. */
export interface LoadedTransformer {
  /** For each thread, with its `region`. */
  readonly setup: Omit<ForwardSetup, "region">;
  readonly dimension: number;
  /** Most tokens of one text, special ones included. */
  readonly maxTokens: number;
  /** Threads that can run forwards at once: regions 0 to threads - 1. */
  readonly threads: number;
  /** Most tokens of one forward, at least `maxTokens`. */
  readonly batchTokens: number;
  /** The vocabulary is not in it. */
  readonly memory: Pick<ModelMemory, "weights" | "scratch" | "loading">;
}

/**
 * Loads the weights of a transformer; its tokenizer is another matter.
 *
 * Rejects with what {@link planTransformer} throws, `INVALID_TENSOR` when a weight is not finite, `OUT_OF_MEMORY`, what the
 * source's `read` rejects with, or the signal's reason.
 */
export async function loadTransformer(
  source: ByteSource,
  header: GgufHeader,
  { signal, monitor = new MemoryMonitor(), ...options }: LoadOptions,
): Promise<LoadedTransformer> {
  const kernels = await compileKernels();
  const planned = planTransformer(header, options, kernels);
  const { plan } = planned;
  const memory = allocate(planned.memoryBytes, header.name);
  // The stack at the start of the memory is for this.
  const functions = bindKernels(kernels.module, memory, 0);
  await new StreamingGgufLoader(source, memory, functions, monitor).load(planned.steps, signal);
  for (const fill of planned.fills) await fillIn(memory, fill, signal);
  for (const { values, groups, k, sums } of planned.blockSums) functions.sum_blocks(values, groups, k, sums);
  return {
    setup: { kernels, memory, plan },
    dimension: plan.hyper.width,
    maxTokens: planned.maxTokens,
    threads: planned.threads,
    batchTokens: plan.batchTokens,
    memory: { weights: planned.weightBytes, scratch: planned.threads * plan.regionBytes, loading: monitor.report() },
  };
}

/** Numbers between which other work of the process gets its turn. */
const FILL_SLICE = 65_536;

async function fillIn(memory: WasmMemory, { to, numbers, at }: Fill, signal: AbortSignal | undefined): Promise<void> {
  const target = new Float32Array(memory.buffer, to, numbers);
  for (let index = 0; index < numbers; index++) {
    if (index % FILL_SLICE === FILL_SLICE - 1) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    target[index] = at(index);
  }
}

function allocate(bytes: number, model: string): WasmMemory {
  try {
    return allocateMemory(bytes);
  } catch (error) {
    if (error instanceof RangeError)
      throw nativeEmbedError("OUT_OF_MEMORY", model, `${bytes} bytes of memory cannot be had`, error);
    throw error;
  }
}
