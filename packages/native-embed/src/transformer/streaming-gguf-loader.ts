import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import { limits } from "../gguf/limits.ts";
import { readAhead } from "../gguf/read-ahead.ts";
import type { KernelFunctions } from "../kernels/kernels.ts";
import type { WasmMemory } from "../kernels/webassembly.ts";
import { blockFormats } from "../quantization/block-formats.ts";
import type { BlockFormatName } from "../quantization/block-formats.ts";
import type { MemoryMonitor } from "./memory-monitor.ts";
import { STAGES } from "./plan-transformer.ts";
import type { LoadStep } from "./weight-placement.ts";

/**
 * Brings tensors from a file into the shared memory, 64 KiB at a time: a read goes straight into the memory, and is
 * repacked from there by the kernels while the next ones are under way. Nothing is allocated in JavaScript, and other
 * work of the process gets its turn at every read.
 */
export class StreamingGgufLoader {
  readonly #source: ByteSource;
  readonly #memory: WasmMemory;
  readonly #kernels: KernelFunctions;
  readonly #monitor: MemoryMonitor;

  constructor(source: ByteSource, memory: WasmMemory, kernels: KernelFunctions, monitor: MemoryMonitor) {
    this.#source = source;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#monitor = monitor;
  }

  /**
   * Performs all steps, in the order of the file.
   * Rejects with `INVALID_TENSOR` when a weight is not finite, with what the source's `read` rejects with, and with the
   * signal's reason once it is aborted.
   */
  async load(steps: readonly LoadStep[], signal?: AbortSignal): Promise<void> {
    const stageBytes = STAGES.length * limits.windowBytes;
    this.#monitor.allocate(stageBytes);
    try {
      const ordered = steps.toSorted((a, b) => a.tensor.position - b.tensor.position);
      for (const step of ordered) await this.#perform(step, signal);
    } finally {
      this.#monitor.release(stageBytes);
    }
  }

  async #perform(step: LoadStep, signal: AbortSignal | undefined): Promise<void> {
    const { position, byteLength, format, name } = step.tensor;
    const unit = unitOf(format);
    const pieces = readAhead(this.#source, {
      position,
      byteLength,
      pieceBytes: Math.floor(limits.windowBytes / unit.bytes) * unit.bytes,
      depth: STAGES.length,
      target: (index, from, bytes) => {
        const to = step.kind === "raw" ? step.to + from : STAGES[index % STAGES.length]!;
        return new Uint8Array(this.#memory.buffer, to, bytes);
      },
    });
    let done = 0;
    for await (const { byteOffset, byteLength: bytes } of pieces) {
      signal?.throwIfAborted();
      this.#monitor.read(bytes);
      if (!this.#accept(step, byteOffset, done / unit.bytes, bytes / unit.bytes)) {
        throw nativeEmbedError("INVALID_TENSOR", this.#source.name, `"${name}" has numbers that are not finite`);
      }
      done += bytes;
    }
  }

  /** Takes `count` units that were read to `from`, the first of which is unit `first` of the tensor. */
  #accept(step: LoadStep, from: number, first: number, count: number): boolean {
    const { format } = step.tensor;
    const { type } = blockFormats[format];
    const { elements } = unitOf(format);
    const kernels = this.#kernels;
    switch (step.kind) {
      case "int8":
        return kernels.pack_int8(type, from, count, first * elements, step.k, step.values, step.scales) !== 0;
      case "float":
        return (
          kernels.pack_float(
            type,
            blockFormats[step.kept].type,
            from,
            count * elements,
            first * elements,
            step.k,
            step.values,
          ) !== 0
        );
      case "numbers":
        return kernels.dequantize(type, from, count, step.to + first * elements * 4) !== 0;
      case "raw":
        return kernels.all_finite(type, from, count) !== 0;
    }
  }
}

/** What the kernels take at a time: a block, or four numbers of a format that has none. */
function unitOf(format: BlockFormatName): { readonly elements: number; readonly bytes: number } {
  const { elements, bytes } = blockFormats[format];
  return elements === 1 ? { elements: 4, bytes: bytes * 4 } : { elements, bytes };
}
