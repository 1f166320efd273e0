import { readFileSync } from "node:fs";

import { encodeBlocks } from "@resona/test-models";
import { describe, expect, it } from "vitest";

import { blockFormats } from "../quantization/block-formats.ts";
import type { BlockFormatName } from "../quantization/block-formats.ts";
import { dequantize } from "../quantization/dequantize.ts";
import { compileKernels, probeDotProduct } from "./compile-kernels.ts";
import { KernelMemory, noise } from "./kernel-memory.test-helper.ts";
import * as reference from "./reference-kernels.test-helper.ts";
import { compileModule } from "./webassembly.ts";
import type { WasmModule } from "./webassembly.ts";

const binary = (name: string): WasmModule =>
  compileModule(readFileSync(new URL(`../../wasm/${name}`, import.meta.url)));
const { module, wide } = await compileKernels();
const formats = Object.keys(blockFormats) as BlockFormatName[];

const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  largest(Array.from(a, (value, i) => value - b[i]!));

/** A matrix as it is in a file, and what the kernels made of it. */
function packed(on: KernelMemory, format: BlockFormatName, columns: number, k: number, seed: number) {
  const weights = noise(columns * k, seed);
  const blocks = encodeBlocks(format, weights);
  const { type, bytes, elements } = blockFormats[format];
  const values = on.reserve(columns * k);
  const scales = on.reserve((columns * k) / 8);
  // In two runs, as it comes out of a file; numbers without blocks by four.
  const unit = Math.max(4, elements);
  const unitBytes = (bytes * unit) / elements;
  const count = blocks.byteLength / unitBytes;
  const first = Math.floor(count / 24) * 8;
  const at = on.put(blocks);
  const finite = [
    on.kernels.pack_int8(type, at, first, 0, k, values, scales),
    on.kernels.pack_int8(type, at + first * unitBytes, count - first, first * unit, k, values, scales),
  ];
  const numbers = new Float32Array(columns * k);
  dequantize(format, blocks, numbers);
  return { values, scales, numbers, finite };
}

/** The panels of `pack.c`, back to rows. */
function unpacked(on: KernelMemory, values: number, scales: number, columns: number, k: number): reference.Int8Matrix {
  const panels = new Int8Array(on.memory.buffer, values, columns * k);
  const scalePanels = new Float32Array(on.memory.buffer, scales, (columns * k) / 32);
  const matrix = { columns, k, values: new Int8Array(columns * k), scales: new Float32Array((columns * k) / 32) };
  for (let column = 0; column < columns; column++) {
    const [group, lane] = [column >> 3, column & 7];
    for (let i = 0; i < k; i++)
      matrix.values[column * k + i] = panels[group * 8 * k + (i >> 2) * 32 + lane * 4 + (i & 3)]!;
    for (let b = 0; b < k / 32; b++)
      matrix.scales[(column * k) / 32 + b] = scalePanels[(group * (k / 32) + b) * 8 + lane]!;
  }
  return matrix;
}

describe.each(formats)("dequantising %s", (format) => {
  const { type, elements, bytes } = blockFormats[format];
  it("gives what the scalar twin gives", () => {
    const on = new KernelMemory(module);
    const blocks = encodeBlocks(format, noise(1024, 5));
    const expected = new Float32Array(1024);
    dequantize(format, blocks, expected);
    const out = on.reserve(4096);
    const perCall = elements === 1 ? 4 : elements;
    expect(on.kernels.dequantize(type, on.put(blocks), 1024 / perCall, out)).toBe(1);
    expect(largestDifference(on.floats(out, 1024), expected)).toBeLessThan(1e-6);
  });

  it("notices what is not finite", () => {
    const on = new KernelMemory(module);
    const blocks = encodeBlocks(format, noise(512, 6));
    const perCall = elements === 1 ? 4 : elements;
    expect(on.kernels.all_finite(type, on.put(blocks), 512 / perCall)).toBe(1);
    // Infinity where the scale of the last block is, or the last number itself.
    const last = format === "Q6_K" ? blocks.byteLength - 2 : blocks.byteLength - bytes;
    blocks.set(format === "F32" ? [0, 0, 0x80, 0x7f] : format === "BF16" ? [0x80, 0x7f] : [0, 0x7c], last);
    expect(on.kernels.all_finite(type, on.put(blocks), 512 / perCall)).toBe(0);
    expect(on.kernels.dequantize(type, on.put(blocks), 512 / perCall, on.reserve(2048))).toBe(0);
  });
});

describe.each(formats)("packing %s", (format) => {
  it("keeps every weight to within half a step of an int8 with one scale for 32", () => {
    const [columns, k] = [24, 256];
    const on = new KernelMemory(module);
    const { values, scales, numbers, finite } = packed(on, format, columns, k, 7);
    const matrix = unpacked(on, values, scales, columns, k);
    const isWhole = ["Q8_0", "Q4_0", "Q5_0"].includes(format);
    expect(finite).toEqual([1, 1]);
    for (const [i, number] of numbers.entries()) {
      const scale = matrix.scales[i >> 5]!;
      const error = Math.abs(matrix.values[i]! * scale - number);
      expect(error).toBeLessThanOrEqual(isWhole ? 1e-7 : Math.abs(scale) * 0.501);
    }
  });
});

/** The ordinary module, and the one for wide vectors where this machine has it. */
function modules(): readonly (readonly [string, WasmModule])[] {
  return wide === undefined
    ? [["plain", module]]
    : [
        ["plain", module],
        ["wide", wide.module],
      ];
}

describe("the work areas", () => {
  const CANARY = 0x5a;

  it.each([32, 384, 8_448, 24_576, 40_960, 65_536])("of a product with k = %d are as large as what is written", (k) => {
    for (const [, using] of modules()) {
      const on = new KernelMemory(module, 32);
      const columns = 16;
      const [x, values] = [on.reserve(5 * k * 4), on.reserve(columns * k * 4)];
      const [scales, sums, out] = [
        on.reserve((columns * k) / 8),
        on.reserve((columns * k) / 16),
        on.reserve(8 * columns * 4),
      ];
      const size = on.kernels.linear_work_bytes(k);
      const work = on.reserve(size);
      const after = new Uint8Array(on.memory.buffer, work + size, 65_536);
      after.fill(CANARY);
      const { linear_exact, linear_relaxed, linear_float } = on.bind(using);
      linear_exact(x, k, 5, values, scales, columns, k, 0, out, columns, work);
      linear_relaxed(x, k, 5, values, scales, sums, columns, k, 0, out, columns, work);
      for (const format of ["F32", "F16", "BF16"] as const) {
        linear_float(x, k, 5, blockFormats[format].type, values, columns, k, 0, out, columns, work);
      }
      expect(after.every((byte) => byte === CANARY)).toBe(true);
    }
  });

  it("of a product keep its parts apart, however wide it is", () => {
    const [rows, columns, k] = [2, 8, 65_536];
    const on = new KernelMemory(module, 32);
    const blocks = encodeBlocks("F16", noise(columns * k, 25));
    const weights = new Float32Array(columns * k);
    dequantize("F16", blocks, weights);
    const { type } = blockFormats.F16;
    const values = on.reserve(columns * k * 2);
    on.kernels.pack_float(type, type, on.put(blocks), columns * k, 0, k, values);
    const [x, bias] = [noise(rows * k, 26), noise(columns, 27)];
    const out = on.reserve((rows + 3) * columns * 4);
    const work = on.reserve(on.kernels.linear_work_bytes(k));
    on.kernels.linear_float(on.put(x), k, rows, type, values, columns, k, on.put(bias), out, columns, work);
    expect(
      largestDifference(on.floats(out, rows * columns), reference.linear(x, rows, weights, columns, k, bias)),
    ).toBeLessThan(1e-2);
  });

  it.each([
    { n: 1, head: 8 },
    { n: 130, head: 40 },
    { n: 65, head: 512 },
  ])("of attention over $n tokens with heads of $head are as large as what is written", ({ n, head }) => {
    for (const [, using] of modules()) {
      const on = new KernelMemory(module, 32);
      const [qkv, out] = [on.reserve(n * 3 * head * 4), on.reserve((n + 3) * head * 4)];
      const size = on.kernels.attention_work_bytes(n, head);
      const work = on.reserve(size);
      const after = new Uint8Array(on.memory.buffer, work + size, 65_536);
      after.fill(CANARY);
      const { attention_exact, attention_float } = on.bind(using);
      attention_exact(qkv, 3 * head, n, 1, head, 0, out, head, work);
      attention_float(qkv, 3 * head, n, 1, head, 0, out, head, work);
      expect(after.every((byte) => byte === CANARY)).toBe(true);
    }
  });
});

describe.each(modules())("%s matrix products", (_name, using) => {
  const shapes = [
    { rows: 1, columns: 8, k: 32 },
    { rows: 7, columns: 40, k: 160 },
    { rows: 37, columns: 24, k: 384 },
  ];

  it.each(shapes)("multiply int16 activations exactly: $rows × $k · $k × $columns", ({ rows, columns, k }) => {
    const on = new KernelMemory(module);
    const { values, scales } = packed(on, "Q8_0", columns, k, 11);
    const [x, bias] = [noise(rows * k, 12), noise(columns, 13)];
    const out = on.reserve((rows + 3) * columns * 4);
    const work = on.reserve(on.kernels.linear_work_bytes(k));
    const { linear_exact } = on.bind(using);
    linear_exact(on.put(x), k, rows, values, scales, columns, k, on.put(bias), out, columns, work);
    const expected = reference.linearExact(x, rows, unpacked(on, values, scales, columns, k), bias);
    expect(on.floats(out, rows * columns)).toEqual(expected);
  });

  it("never overflow: the largest activations times the largest weights of both signs", () => {
    const [rows, columns, k] = [4, 16, 512];
    const on = new KernelMemory(module);
    const weights = Float32Array.from({ length: columns * k }, (_, i) => (Math.floor(i / k) % 2 === 0 ? 1 : -1));
    const blocks = encodeBlocks("Q8_0", weights);
    // -128, which the encoder never makes.
    blocks.fill(0x80, 34 * 16 + 2, 34 * 17);
    const [values, scales] = [on.reserve(columns * k), on.reserve((columns * k) / 8)];
    on.kernels.pack_int8(blockFormats.Q8_0.type, on.put(blocks), blocks.byteLength / 34, 0, k, values, scales);
    const [x, bias] = [new Float32Array(rows * k).fill(3), new Float32Array(columns)];
    const out = on.reserve((rows + 3) * columns * 4);
    const { linear_exact } = on.bind(using);
    linear_exact(
      on.put(x),
      k,
      rows,
      values,
      scales,
      columns,
      k,
      0,
      out,
      columns,
      on.reserve(on.kernels.linear_work_bytes(k)),
    );
    const matrix = unpacked(on, values, scales, columns, k);
    const result = on.floats(out, rows * columns);
    expect(result).toEqual(reference.linearExact(x, rows, matrix, bias));
    expect(result[0]).toBeCloseTo(3 * k, 0);
    expect(result[15]).toBeCloseTo(-3 * k, 0);
  });

  it.each(["F32", "F16", "BF16"] as const)("multiply float activations with weights in %s", (format) => {
    const [rows, columns, k] = [7, 40, 96];
    const on = new KernelMemory(module);
    const blocks = encodeBlocks(format, noise(columns * k, 21));
    const weights = new Float32Array(columns * k);
    dequantize(format, blocks, weights);
    const { type, bytes } = blockFormats[format];
    const values = on.reserve(columns * k * bytes);
    expect(on.kernels.pack_float(type, type, on.put(blocks), columns * k, 0, k, values)).toBe(1);
    const [x, bias] = [noise(rows * k, 22), noise(columns, 23)];
    const out = on.reserve((rows + 3) * columns * 4);
    const { linear_float } = on.bind(using);
    linear_float(
      on.put(x),
      k,
      rows,
      type,
      values,
      columns,
      k,
      on.put(bias),
      out,
      columns,
      on.reserve(on.kernels.linear_work_bytes(k)),
    );
    expect(
      largestDifference(on.floats(out, rows * columns), reference.linear(x, rows, weights, columns, k, bias)),
    ).toBeLessThan(1e-5);
  });

  it.each([
    { n: 1, heads: 2, head: 8 },
    { n: 9, heads: 3, head: 32 },
    { n: 150, heads: 2, head: 40 },
  ])("attend over $n tokens with $heads heads of $head, with and without a position bias", ({ n, heads, head }) => {
    const on = new KernelMemory(module);
    const width = heads * head;
    const qkv = noise(n * 3 * width, 31).map((value) => value * 3);
    const slopes = Float32Array.from({ length: heads }, (_, h) => 2 ** -(h + 1));
    const [at, slopesAt] = [on.put(qkv), on.put(slopes)];
    const work = on.reserve(on.kernels.attention_work_bytes(n, head));
    const out = on.reserve((n + 3) * width * 4);
    const { attention_exact, attention_float } = on.bind(using);
    for (const bias of [undefined, slopes]) {
      const expected = reference.attention(qkv, n, heads, head, bias);
      attention_float(at, 3 * width, n, heads, head, bias ? slopesAt : 0, out, width, work);
      expect(largestDifference(on.floats(out, n * width), expected)).toBeLessThan(1e-4);
      attention_exact(at, 3 * width, n, heads, head, bias ? slopesAt : 0, out, width, work);
      expect(largestDifference(on.floats(out, n * width), expected)).toBeLessThan(1.5e-2);
    }
  });
});

describe.each([
  { dot: "relaxed-unsigned", emulated: binary("emulated-unsigned.wasm") },
  { dot: "relaxed-signed", emulated: binary("emulated-signed.wasm") },
] as const)("the $dot dot product, emulated", ({ dot, emulated }) => {
  it("is recognised by its behaviour", () => {
    expect(probeDotProduct(emulated)).toBe(dot);
  });

  it.each([
    { rows: 1, columns: 8, k: 32 },
    { rows: 9, columns: 24, k: 160 },
  ])("multiplies int8 activations: $rows × $k · $k × $columns", ({ rows, columns, k }) => {
    const on = new KernelMemory(emulated);
    const { values, scales } = packed(on, "Q8_0", columns, k, 41);
    const [x, bias] = [noise(rows * k, 42), noise(columns, 43)];
    const sums = dot === "relaxed-unsigned" ? on.reserve((columns * k) / 16) : 0;
    if (sums !== 0) on.kernels.sum_blocks(values, columns / 8, k, sums);
    const out = on.reserve((rows + 3) * columns * 4);
    const work = on.reserve(on.kernels.linear_work_bytes(k));
    on.kernels.linear_relaxed(on.put(x), k, rows, values, scales, sums, columns, k, on.put(bias), out, columns, work);
    const expected = reference.linearInt8(x, rows, unpacked(on, values, scales, columns, k), bias);
    expect(on.floats(out, rows * columns)).toEqual(expected);
  });
});

describe("what stands between the matrix products", () => {
  const on = new KernelMemory(module);

  it("normalises rows, after adding others, with a stride", () => {
    const [rows, width, stride] = [3, 20, 32];
    const [x, added, gain, shift] = [
      noise(rows * stride, 51),
      noise(rows * width, 52),
      noise(width, 53),
      noise(width, 54),
    ];
    const at = on.put(x);
    on.kernels.layer_norm(at, stride, on.put(added), rows, width, on.put(gain), on.put(shift), 1e-5);
    const result = on.floats(at, rows * stride);
    for (let row = 0; row < rows; row++) {
      const sum = x.slice(row * stride, row * stride + width).map((value, i) => value + added[row * width + i]!);
      const expected = reference.layerNorm(sum, gain, shift, 1e-5);
      expect(largestDifference(result.subarray(row * stride, row * stride + width), expected)).toBeLessThan(1e-5);
      expect(result.subarray(row * stride + width, (row + 1) * stride)).toEqual(
        x.subarray(row * stride + width, (row + 1) * stride),
      );
    }
  });

  it("applies GELU and the gates over the whole range of floats that matter", () => {
    const x = Float32Array.from({ length: 400 }, (_, i) => (i - 200) / 10);
    const gate = noise(400, 61).map((value) => value * 10);
    const [one, two, three, gates] = [on.put(x), on.put(x), on.put(x), on.put(gate)];
    on.kernels.gelu(one, 400);
    on.kernels.gelu_gate(two, gates, 5, 80, 80);
    on.kernels.silu_gate(three, gates, 5, 80, 80);
    expect(largestDifference(on.floats(one, 400), x.map(reference.gelu))).toBeLessThan(1e-4);
    expect(
      largestDifference(
        on.floats(two, 400),
        x.map((value, i) => value * reference.gelu(gate[i]!)),
      ),
    ).toBeLessThan(1e-3);
    expect(
      largestDifference(
        on.floats(three, 400),
        x.map((value, i) => value * reference.silu(gate[i]!)),
      ),
    ).toBeLessThan(1e-3);
  });

  it("turns pairs of numbers by their angles", () => {
    const [rows, heads, head] = [2, 3, 8];
    const x = noise(rows * heads * head, 71);
    const table = Float32Array.from({ length: rows * head }, (_, i) => {
      const angle = Math.floor(i / head) + 0.1 * (i % (head / 2));
      return i % head < head / 2 ? Math.cos(angle) : Math.sin(angle);
    });
    const at = on.put(x);
    on.kernels.rotate(at, heads * head, rows, heads, head, on.put(table));
    const expected = x.map((value, i) => {
      const [row, j] = [Math.floor(i / (heads * head)), i % head];
      const angle = row + 0.1 * (j % (head / 2));
      const other = j < head / 2 ? -x[i + head / 2]! : x[i - head / 2]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
    expect(largestDifference(on.floats(at, x.length), expected)).toBeLessThan(1e-6);
  });

  it.each(formats)("looks up rows of a table in %s, and adds them to others", (format) => {
    const [width, rows] = [512, 5];
    const blocks = encodeBlocks(format, noise(width * rows, 81));
    const table = new Float32Array(width * rows);
    dequantize(format, blocks, table);
    const ids = Int32Array.of(4, 0, 4);
    const [at, out] = [on.put(blocks), on.reserve(width * 3 * 4)];
    const { type } = blockFormats[format];
    on.kernels.gather_rows(type, at, width, on.put(ids), 3, out, 0);
    on.kernels.gather_rows(type, at, width, on.put(ids), 3, out, 1);
    const expected = Array.from(
      { length: width * 3 },
      (_, i) => 2 * table[ids[Math.floor(i / width)]! * width + (i % width)]!,
    );
    expect(largestDifference(on.floats(out, width * 3), expected)).toBeLessThan(1e-5);
  });

  it("notices rows that are not finite when it normalises them", () => {
    const gain = on.put(new Float32Array(8).fill(1));
    const normalize = (...row: number[]): number =>
      on.kernels.layer_norm(on.put(Float32Array.from(row)), 8, 0, 1, 8, gain, 0, 1e-5);
    expect(normalize(1, 2, 3, 4, 5, 6, 7, 8)).toBe(1);
    expect(normalize(0, 0, 0, 0, 0, 0, 0, 0)).toBe(1);
    expect(normalize(1, 2, 3, 4, Infinity, 6, 7, 8)).toBe(0);
    expect(normalize(1, 2, 3, 4, Number.NaN, 6, 7, 8)).toBe(0);
    expect(normalize(1, 2, 3e38, 3e38, 5, 6, 7, 8)).toBe(0);
  });

  it("averages rows", () => {
    const x = noise(3 * 8, 91);
    const out = on.reserve(32);
    on.kernels.mean_rows(on.put(x), 3, 8, out);
    expect(
      largestDifference(
        on.floats(out, 8),
        Array.from({ length: 8 }, (_, j) => (x[j]! + x[8 + j]! + x[16 + j]!) / 3),
      ),
    ).toBeLessThan(1e-6);
  });
});
