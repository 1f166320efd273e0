import type { CompiledKernels, DotProduct } from "../kernels/compile-kernels.ts";
import { bindKernels } from "../kernels/kernels.ts";
import type { Address, KernelFunctions } from "../kernels/kernels.ts";
import type { WasmMemory } from "../kernels/webassembly.ts";
import type { HyperParameters, Linear, Norm, Table } from "./transformer-plan.ts";
import type { WorkSpace } from "./work-space.ts";

/** The texts of one forward, laid one after the other: n tokens in all. */
export interface Batch {
  readonly tokens: number;
  /** Of each text, the row of its first token and how many there are. */
  readonly texts: readonly { readonly first: number; readonly length: number }[];
}

/** Rows of float32 in the work space. */
export interface Rows {
  readonly at: Address;
  /** Numbers from one row to the next. */
  readonly stride: number;
}

/** Rows of the feed-forward part that are done at a time: its wide vectors take 6 MB instead of growing with the text. */
export const FEED_FORWARD_ROWS = 256;

/**
 * The operations that architectures are written in, over one thread's work space. Each is one call, or one a text, of a
 * kernel; what they compute is said at the kernels, in `wasm/*.c`.
 */
export class Operations {
  readonly #kernels: KernelFunctions;
  readonly #hyper: HyperParameters;
  readonly #dot: DotProduct;
  readonly #space: WorkSpace;
  #isFinite = true;

  constructor(compiled: CompiledKernels, memory: WasmMemory, hyper: HyperParameters, space: WorkSpace) {
    const kernels = bindKernels(compiled.module, memory, space.stack);
    this.#kernels = withWide(kernels, compiled.wide, memory, space.stack);
    this.#hyper = hyper;
    this.#dot = compiled.dot;
    this.#space = space;
  }

  /** out[i] = table[ids[i]], or that added to what is there; ids [n] int32. */
  gather(table: Table, ids: Address, batch: Batch, out: Rows, how: "set" | "add"): void {
    this.#kernels.gather_rows(table.format, table.data, out.stride, ids, batch.tokens, out.at, how === "add" ? 1 : 0);
  }

  /** out [rows, columns] = x [rows, k] · Wᵀ + bias */
  linear(x: Rows, rows: number, weight: Linear, out: Rows): void {
    const { columns, k, bias } = weight;
    const work = this.#space.work;
    if (weight.kind === "float") {
      this.#kernels.linear_float(
        x.at,
        x.stride,
        rows,
        weight.format,
        weight.values,
        columns,
        k,
        bias,
        out.at,
        out.stride,
        work,
      );
    } else if (this.#dot === "exact") {
      this.#kernels.linear_exact(
        x.at,
        x.stride,
        rows,
        weight.values,
        weight.scales,
        columns,
        k,
        bias,
        out.at,
        out.stride,
        work,
      );
    } else {
      const { values, scales, sums } = weight;
      this.#kernels.linear_relaxed(
        x.at,
        x.stride,
        rows,
        values,
        scales,
        sums,
        columns,
        k,
        bias,
        out.at,
        out.stride,
        work,
      );
    }
  }

  /** Whether all numbers were finite that were normalised since this was last asked. */
  takeIsFinite(): boolean {
    const result = this.#isFinite;
    this.#isFinite = true;
    return result;
  }

  /** x = LayerNorm(x + added), x [rows, width] */
  norm(x: Rows, added: Rows | undefined, rows: number, { gain, shift }: Norm): void {
    const { width, epsilon } = this.#hyper;
    const isFinite = this.#kernels.layer_norm(x.at, x.stride, added?.at ?? 0, rows, width, gain, shift, epsilon);
    this.#isFinite &&= isFinite !== 0;
  }

  /** Turns the queries and keys in qkv [n, 3 × width] by their positions, which begin anew with each text. */
  rotate(qkv: Rows, batch: Batch, rotations: Address): void {
    const { heads, width } = this.#hyper;
    for (const { first, length } of batch.texts) {
      this.#kernels.rotate(rowAt(qkv, first), qkv.stride, length, heads * 2, width / heads, rotations);
    }
  }

  /** out [n, width] = self-attention over qkv [n, 3 × width], each text on its own; `precise` in float32. */
  attention(qkv: Rows, batch: Batch, slopes: Address | undefined, precise: boolean, out: Rows): void {
    const { heads, width } = this.#hyper;
    const attention = precise ? this.#kernels.attention_float : this.#kernels.attention_exact;
    // Up to three rows after a text are written too: texts go in order, so that the next one overwrites them.
    for (const { first, length } of batch.texts) {
      const from = rowAt(qkv, first);
      const to = rowAt(out, first);
      attention(from, qkv.stride, length, heads, width / heads, slopes ?? 0, to, out.stride, this.#space.work);
    }
  }

  /** Runs `part` over all rows, some at a time. */
  inParts(batch: Batch, part: (first: number, rows: number) => void): void {
    for (let first = 0; first < batch.tokens; first += FEED_FORWARD_ROWS) {
      part(first, Math.min(FEED_FORWARD_ROWS, batch.tokens - first));
    }
  }

  /** x = gelu(x), x [rows, stride]. Gives x. */
  gelu(x: Rows, rows: number): Rows {
    this.#kernels.gelu(x.at, rows * x.stride);
    return x;
  }

  /** x [rows, 2 × width]: its second half times gelu of its first. Gives the second half. */
  geluGate(x: Rows, rows: number): Rows {
    const gated = secondHalf(x);
    this.#kernels.gelu_gate(gated.at, x.at, rows, x.stride / 2, x.stride);
    return gated;
  }

  /** The same with silu. */
  siluGate(x: Rows, rows: number): Rows {
    const gated = secondHalf(x);
    this.#kernels.silu_gate(gated.at, x.at, rows, x.stride / 2, x.stride);
    return gated;
  }

  /** out [width] = the mean of rows of x */
  mean(x: Rows, first: number, rows: number, out: Address): void {
    this.#kernels.mean_rows(rowAt(x, first), rows, x.stride, out);
  }
}

/** The rows from `first` on. */
export function rowsFrom(rows: Rows, first: number): Rows {
  return { at: rowAt(rows, first), stride: rows.stride };
}

function secondHalf(rows: Rows): Rows {
  return { at: rows.at + rows.stride * 2, stride: rows.stride };
}

function rowAt(rows: Rows, row: number): Address {
  return rows.at + row * rows.stride * 4;
}

function withWide(
  kernels: KernelFunctions,
  wide: CompiledKernels["wide"],
  memory: WasmMemory,
  stack: Address,
): KernelFunctions {
  if (wide === undefined) return kernels;
  const merged = bindKernels(wide.module, memory, stack);
  return { ...kernels, ...Object.fromEntries(wide.functions.map((name) => [name, merged[name]])) };
}
