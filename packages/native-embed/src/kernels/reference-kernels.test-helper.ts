/**
 * What the kernels of `wasm/*.c` compute, written as plainly as possible: row-major matrices, one number at a time.
 * The quantised products repeat the kernels' roundings one for one and so agree to the bit.
 */

const SPAN = 128;
const ACTIVATION_MAX = 4095;

/** Round half to even, as WebAssembly's nearest does. */
function nearest(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const f = Math.fround;

/** A quantised matrix: weight = values[column][i] × scales[column][i / 32]. */
export interface Int8Matrix {
  readonly columns: number;
  readonly k: number;
  /** [columns, k] */
  readonly values: Int8Array;
  /** [columns, k / 32] */
  readonly scales: Float32Array;
}

/** [rows, columns] */
export function linearExact(
  x: Float32Array,
  rows: number,
  { columns, k, values, scales }: Int8Matrix,
  bias: Float32Array,
): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let total = bias[column]!;
      for (let span = 0; span < k; span += SPAN) {
        const end = Math.min(span + SPAN, k);
        const activations = x.subarray(row * k + span, row * k + end);
        const magnitude = activations.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        const inverse = magnitude > 0 ? f(ACTIVATION_MAX / magnitude) : 0;
        const blocks = scales.subarray((column * k + span) / 32, (column * k + end) / 32);
        const largest = blocks.reduce((most, scale) => Math.max(most, Math.abs(scale)), 0);
        const toRatio = f(4096 / Math.max(largest, f(1e-30)));
        let sum = 0;
        for (const [i, value] of activations.entries()) {
          const activation = nearest(f(value * inverse));
          const ratio = nearest(f(blocks[i >> 5]! * toRatio));
          const weight = (values[column * k + span + i]! * 256 * ratio + 0x4000) >> 15;
          sum += activation * weight;
        }
        if (Math.abs(sum) >= 2 ** 31) throw new RangeError("the sum does not fit");
        const scale = f(f(largest * f(1 / 32)) * f(magnitude / ACTIVATION_MAX));
        total = f(f(f(sum) * scale) + total);
      }
      out[row * columns + column] = total;
    }
  }
  return out;
}

/** [rows, columns], with int8 activations. */
export function linearInt8(
  x: Float32Array,
  rows: number,
  { columns, k, values, scales }: Int8Matrix,
  bias: Float32Array,
): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let total = bias[column]!;
      for (let block = 0; block < k; block += 32) {
        const activations = x.subarray(row * k + block, row * k + block + 32);
        const magnitude = activations.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        const inverse = magnitude > 0 ? f(127 / magnitude) : 0;
        const sum = activations.reduce(
          (s, value, i) => s + nearest(f(value * inverse)) * values[column * k + block + i]!,
          0,
        );
        const scale = f(scales[(column * k + block) / 32]! * f(magnitude / 127));
        total = f(f(f(sum) * scale) + total);
      }
      out[row * columns + column] = total;
    }
  }
  return out;
}

/** [rows, columns] in double precision; weights [columns, k] */
export function linear(
  x: Float32Array,
  rows: number,
  weights: Float32Array,
  columns: number,
  k: number,
  bias: Float32Array,
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = bias[column]!;
    for (let i = 0; i < k; i++) sum += x[row * k + i]! * weights[column * k + i]!;
    return sum;
  });
}

/** [n, heads × head] from qkv [n, 3 × heads × head] */
export function attention(
  qkv: Float32Array,
  n: number,
  heads: number,
  head: number,
  slopes: Float32Array | undefined,
): Float64Array {
  const width = heads * head;
  const out = new Float64Array(n * width);
  const at = (token: number, part: number, h: number, i: number): number =>
    qkv[token * 3 * width + part * width + h * head + i]!;
  for (let h = 0; h < heads; h++) {
    for (let query = 0; query < n; query++) {
      const scores = Array.from({ length: n }, (_, key) => {
        let score = 0;
        for (let i = 0; i < head; i++) score += at(query, 0, h, i) * at(key, 1, h, i);
        return score / Math.sqrt(head) - (slopes?.[h] ?? 0) * Math.abs(query - key);
      });
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < head; i++) {
        out[query * width + h * head + i] = weights.reduce(
          (sum, weight, key) => sum + (weight / total) * at(key, 2, h, i),
          0,
        );
      }
    }
  }
  return out;
}

/** x / (1 + e^…): GELU in its tanh form. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** One row. */
export function layerNorm(x: Float32Array, gain: Float32Array, shift: Float32Array, epsilon: number): Float64Array {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return Float64Array.from(x, (value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[i]! + shift[i]!);
}
