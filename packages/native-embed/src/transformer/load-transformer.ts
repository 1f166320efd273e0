import type { ModelMemory } from "../architectures/text-model.ts";
import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { compileKernels } from "../kernels/compile-kernels.ts";
import { bindKernels } from "../kernels/kernels.ts";
import { allocateMemory } from "../kernels/webassembly.ts";
import type { WasmMemory } from "../kernels/webassembly.ts";
import type { ForwardSetup } from "./forward.ts";
import { MemoryMonitor } from "./memory-monitor.ts";
import type { MemoryReport } from "./memory-monitor.ts";
import { planTransformer } from "./plan-transformer.ts";
import type { TransformerOptions } from "./plan-transformer.ts";
import { StreamingGgufLoader } from "./streaming-gguf-loader.ts";

export interface LoadOptions extends TransformerOptions {
  readonly signal?: AbortSignal | undefined;
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
  /** Bytes; the vocabulary is not among them. */
  readonly memory: Pick<ModelMemory, "weights" | "scratch">;
  readonly loading: MemoryReport;
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
  for (const { to, numbers, at } of planned.fills) {
    const target = new Float32Array(memory.buffer, to, numbers);
    for (let index = 0; index < numbers; index++) target[index] = at(index);
  }
  for (const { values, groups, k, sums } of planned.blockSums) functions.sum_blocks(values, groups, k, sums);
  return {
    setup: { kernels, memory, plan },
    dimension: plan.hyper.width,
    maxTokens: planned.maxTokens,
    threads: planned.threads,
    batchTokens: plan.batchTokens,
    memory: { weights: planned.weightBytes, scratch: planned.threads * plan.regionBytes },
    loading: monitor.report(),
  };
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
