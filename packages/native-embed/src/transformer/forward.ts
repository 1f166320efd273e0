import { encoderArchitectures } from "../architectures/encoder-architectures.ts";
import type { CompiledKernels } from "../kernels/compile-kernels.ts";
import { bindKernels } from "../kernels/kernels.ts";
import type { WasmMemory } from "../kernels/webassembly.ts";
import { Operations } from "./operations.ts";
import type { Batch } from "./operations.ts";
import type { TransformerPlan } from "./transformer-plan.ts";
import { divideWorkSpace } from "./work-space.ts";

/** What a thread needs to run forwards: can be posted to it as it is. */
export interface ForwardSetup {
  readonly kernels: CompiledKernels;
  /** Shared: weights, and a work space for each thread. */
  readonly memory: WasmMemory;
  readonly plan: TransformerPlan;
  /** Which of the work spaces is this thread's, from 0. */
  readonly region: number;
}

/** Runs forwards in one thread. */
export interface Forward {
  /**
   * The vectors of some texts: their tokens one after the other, and how many each has, at least one. At most
   * `plan.batchTokens` tokens. Gives [lengths.length × width], each of length 1; NaN throughout when weights and
   * texts led to numbers that are not finite.
   */
  embed(tokens: Int32Array, lengths: Int32Array): Float32Array;
}

/** Binds the kernels to this thread's part of the memory. */
export function createForward({ kernels, memory, plan, region }: ForwardSetup): Forward {
  const { hyper, weights } = plan;
  const architecture = encoderArchitectures[hyper.architecture];
  if (architecture === undefined) throw new Error(`no architecture is called ${hyper.architecture}`);
  const start = plan.regions + region * plan.regionBytes;
  const hiddenWidth = Math.max(...weights.blocks.map(({ up }) => up.columns));
  const sizes = bindKernels(kernels.module, memory, start);
  const space = divideWorkSpace(start, plan.batchTokens, hyper, hiddenWidth, sizes);
  const ops = new Operations(kernels, memory, hyper, space);
  const ids = new Int32Array(memory.buffer, space.ids, plan.batchTokens);
  const positions = new Int32Array(memory.buffer, space.positions, plan.batchTokens);
  const pooled = new Float32Array(memory.buffer, space.pooled, hyper.width);

  const pool = (first: number, length: number): void => {
    const [from, rows] =
      hyper.pooling === "mean" ? [first, length] : [hyper.pooling === "cls" ? first : first + length - 1, 1];
    ops.mean(space.x, from, rows, space.pooled);
  };

  return {
    embed(tokens, lengths) {
      ids.set(tokens);
      const texts: { first: number; length: number }[] = [];
      let first = 0;
      for (const length of lengths) {
        for (let position = 0; position < length; position++) positions[first + position] = position;
        texts.push({ first, length });
        first += length;
      }
      const batch: Batch = { tokens: first, texts };
      architecture.forward(ops, weights, space, batch);
      const vectors = new Float32Array(lengths.length * hyper.width);
      if (!ops.takeIsFinite()) return vectors.fill(Number.NaN);
      for (const [index, text] of texts.entries()) {
        pool(text.first, text.length);
        normalize(pooled, vectors.subarray(index * hyper.width, (index + 1) * hyper.width));
      }
      return vectors;
    },
  };
}

/** to = from / |from|, or zeros of zeros; NaN throughout of what is not finite. */
function normalize(from: Float32Array, to: Float32Array): void {
  let squares = 0;
  for (const value of from) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  if (!Number.isFinite(squares)) to.fill(Number.NaN);
  else for (let j = 0; j < from.length; j++) to[j] = from[j]! * scale;
}
