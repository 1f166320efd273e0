import type { WasmMemory, WasmModule } from "./webassembly.ts";
import { instantiate } from "./webassembly.ts";

/** A byte position in the module's memory; 0 stands for "none". */
export type Address = number;

/**
 * The functions of `wasm/*.c`, where each is described. Addresses of float32 and of activations are multiples of 16;
 * strides count numbers, not bytes.
 */
export interface KernelFunctions {
  pack_int8: (
    format: number,
    blocks: Address,
    count: number,
    at: number,
    k: number,
    values: Address,
    scales: Address,
  ) => number;
  pack_float: (
    format: number,
    keptFormat: number,
    source: Address,
    count: number,
    at: number,
    k: number,
    values: Address,
  ) => number;
  dequantize: (format: number, blocks: Address, count: number, out: Address) => number;
  all_finite: (format: number, blocks: Address, count: number) => number;
  sum_blocks: (values: Address, groups: number, k: number, sums: Address) => void;

  linear_work_bytes: (k: number) => number;
  linear_exact: LinearInt8;
  linear_relaxed: LinearRelaxed;
  linear_float: LinearFloat;
  probe_relaxed_dot: (weight: number, activation: number) => number;

  attention_work_bytes: (n: number, head: number) => number;
  attention_exact: Attention;
  attention_float: Attention;

  gather_rows: (
    format: number,
    table: Address,
    width: number,
    ids: Address,
    count: number,
    out: Address,
    add: number,
  ) => void;
  layer_norm: (
    x: Address,
    stride: number,
    added: Address,
    rows: number,
    width: number,
    gain: Address,
    shift: Address,
    epsilon: number,
  ) => number;
  gelu: (x: Address, count: number) => void;
  gelu_gate: (x: Address, gate: Address, rows: number, width: number, stride: number) => void;
  silu_gate: (x: Address, gate: Address, rows: number, width: number, stride: number) => void;
  rotate: (x: Address, stride: number, rows: number, heads: number, head: number, table: Address) => void;
  mean_rows: (x: Address, rows: number, width: number, out: Address) => void;
}

type LinearInt8 = (
  x: Address,
  xStride: number,
  rows: number,
  values: Address,
  scales: Address,
  columns: number,
  k: number,
  bias: Address,
  out: Address,
  outStride: number,
  work: Address,
) => void;

type LinearRelaxed = (
  x: Address,
  xStride: number,
  rows: number,
  values: Address,
  scales: Address,
  sums: Address,
  columns: number,
  k: number,
  bias: Address,
  out: Address,
  outStride: number,
  work: Address,
) => void;

type LinearFloat = (
  x: Address,
  xStride: number,
  rows: number,
  format: number,
  values: Address,
  columns: number,
  k: number,
  bias: Address,
  out: Address,
  outStride: number,
  work: Address,
) => void;

type Attention = (
  qkv: Address,
  stride: number,
  n: number,
  heads: number,
  head: number,
  slopes: Address,
  out: Address,
  outStride: number,
  work: Address,
) => void;

/** The stack of one thread; the deepest call needs less than 4 KiB. */
export const STACK_BYTES = 65_536;

/** The module's functions over a memory, for one thread, whose stack is [stack, stack + STACK_BYTES). */
export function bindKernels(module: WasmModule, memory: WasmMemory, stack: Address): KernelFunctions {
  return instantiate(module, memory, stack + STACK_BYTES) as unknown as KernelFunctions;
}
