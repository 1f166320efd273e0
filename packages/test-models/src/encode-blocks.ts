// From float32 to the blocks of ggml's storage formats. The layouts are those of ggml's block structures
// (ggml/src/ggml-common.h); all numbers are little-endian. Nothing is allocated per number: models of 137 million
// weights are written with this.

export type BlockFormat =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K";

export interface BlockLayout {
  /** ggml's number of the format. */
  readonly type: number;
  /** Numbers in one block. */
  readonly elements: number;
  /** Bytes of one block. */
  readonly bytes: number;
}

export const blockLayouts: Readonly<Record<BlockFormat, BlockLayout>> = {
  F32: { type: 0, elements: 1, bytes: 4 },
  F16: { type: 1, elements: 1, bytes: 2 },
  BF16: { type: 30, elements: 1, bytes: 2 },
  Q4_0: { type: 2, elements: 32, bytes: 18 },
  Q4_1: { type: 3, elements: 32, bytes: 20 },
  Q5_0: { type: 6, elements: 32, bytes: 22 },
  Q5_1: { type: 7, elements: 32, bytes: 24 },
  Q8_0: { type: 8, elements: 32, bytes: 34 },
  Q4_K: { type: 12, elements: 256, bytes: 144 },
  Q5_K: { type: 13, elements: 256, bytes: 176 },
  Q6_K: { type: 14, elements: 256, bytes: 210 },
};

/** Bytes of `elements` numbers, a whole number of blocks. Throws `RangeError` when they are not. */
export function encodedSize(format: BlockFormat, elements: number): number {
  const layout = blockLayouts[format];
  if (elements % layout.elements !== 0) {
    throw new RangeError(`${elements} numbers are not a whole number of ${format} blocks of ${layout.elements}`);
  }
  return (elements / layout.elements) * layout.bytes;
}

/** The values as blocks: a whole number of them. Throws `RangeError` otherwise. */
export function encodeBlocks(format: BlockFormat, values: Float32Array): Uint8Array {
  const target = new Uint8Array(encodedSize(format, values.length));
  encodeBlocksInto(format, values, target, 0);
  return target;
}

/** Writes the values as blocks into `target`, from byte `offset` on. */
export function encodeBlocksInto(format: BlockFormat, values: Float32Array, target: Uint8Array, offset: number): void {
  const { elements, bytes } = blockLayouts[format];
  const encode = encoders[format];
  for (let start = 0, to = offset; start < values.length; start += elements, to += bytes) {
    encode(values, start, target, to);
  }
}

/** One block, of the values from `start` on, to the bytes from `to` on. */
type BlockEncoder = (values: Float32Array, start: number, target: Uint8Array, to: number) => void;

const encoders: Readonly<Record<BlockFormat, BlockEncoder>> = {
  F32: encodeF32,
  F16: encodeF16,
  BF16: encodeBF16,
  Q4_0: encodeQ4_0,
  Q4_1: encodeQ4_1,
  Q5_0: encodeQ5_0,
  Q5_1: encodeQ5_1,
  Q8_0: encodeQ8_0,
  Q4_K: encodeQ4_K,
  Q5_K: encodeQ5_K,
  Q6_K: encodeQ6_K,
};

const one = new Float32Array(1);
const bitsOfOne = new Uint32Array(one.buffer);

function float32Bits(value: number): number {
  one[0] = value;
  return bitsOfOne[0] as number;
}

/** The bits of the nearest float16, ties to even. */
export function toFloat16(value: number): number {
  const bits = float32Bits(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  // From 65,520 on the nearest float16 is infinity.
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // Below 2^-14 float16 is a multiple of 2^-24, as float32 is near 0.5: the addition rounds.
  if (magnitude < 0x3880_0000) return sign | (float32Bits(Math.abs(Math.fround(value)) + 0.5) - 0x3f00_0000);
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x3800_0000 + 0xfff + odd) >>> 13);
}

/** The number that these bits of a float16 are. */
export function fromFloat16(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1024 + mantissa) * 2 ** (exponent - 25) : mantissa * 2 ** -24);
}

/** Stores a float16 and returns the value that it has there. */
function putFloat16(target: Uint8Array, offset: number, value: number): number {
  const bits = toFloat16(value);
  target[offset] = bits;
  target[offset + 1] = bits >>> 8;
  return fromFloat16(bits);
}

function encodeF32(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const bits = float32Bits(at(values, start));
  target[to] = bits;
  target[to + 1] = bits >>> 8;
  target[to + 2] = bits >>> 16;
  target[to + 3] = bits >>> 24;
}

function encodeF16(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const bits = toFloat16(at(values, start));
  target[to] = bits;
  target[to + 1] = bits >>> 8;
}

/** The upper half of a float32, rounded to even. */
function encodeBF16(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const value = at(values, start);
  const bits = float32Bits(value);
  const rounded = Number.isNaN(value) ? (bits >>> 16) | 64 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  target[to] = rounded;
  target[to + 1] = rounded >>> 8;
}

/** A float16 scale, 32 signed bytes. The same bytes as llama-quantize writes: quotients in float32, halves away from 0. */
function encodeQ8_0(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  let largest = 0;
  for (let i = start; i < start + 32; i++) largest = Math.max(largest, Math.abs(at(values, i)));
  const scale = Math.fround(largest / 127);
  const inverse = scale ? Math.fround(1 / scale) : 0;
  putFloat16(target, to, scale);
  for (let i = 0; i < 32; i++) {
    const quotient = Math.fround(at(values, start + i) * inverse);
    target[to + 2 + i] = quotient < 0 ? -Math.round(-quotient) : Math.round(quotient);
  }
}

/** A float16 scale, 16 bytes of two levels each: value = scale × (level - 8); the low halves come first. */
function encodeQ4_0(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const scale = Math.fround(farthestFromZero(values, start, 32) / -8);
  const inverse = scale ? Math.fround(1 / scale) : 0;
  putFloat16(target, to, scale);
  packNibbles(values, start, target, to + 2, inverse, 8.5, 15);
}

/** Scale and minimum in float16, levels as in Q4_0: value = scale × level + minimum. */
function encodeQ4_1(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const minimum = smallest(values, start, 32);
  const scale = Math.fround((greatest(values, start, 32) - minimum) / 15);
  const inverse = scale ? Math.fround(1 / scale) : 0;
  putFloat16(target, to, scale);
  putFloat16(target, to + 2, minimum);
  packNibbles(values, start, target, to + 4, inverse, 0.5 - minimum * inverse, 15);
}

/** A float16 scale, 32 fifth bits, 16 bytes of two low halves each: value = scale × (level - 16). */
function encodeQ5_0(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const scale = Math.fround(farthestFromZero(values, start, 32) / -16);
  const inverse = scale ? Math.fround(1 / scale) : 0;
  putFloat16(target, to, scale);
  putUint32(target, to + 2, packNibbles(values, start, target, to + 6, inverse, 16.5, 31));
}

/** Scale and minimum in float16, levels as in Q5_0: value = scale × level + minimum. */
function encodeQ5_1(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  const minimum = smallest(values, start, 32);
  const scale = Math.fround((greatest(values, start, 32) - minimum) / 31);
  const inverse = scale ? Math.fround(1 / scale) : 0;
  putFloat16(target, to, scale);
  putFloat16(target, to + 2, minimum);
  putUint32(target, to + 4, packNibbles(values, start, target, to + 8, inverse, 0.5 - minimum * inverse, 31));
}

/**
 * Writes the low halves of 32 levels, number i and number i + 16 to one byte, and returns the fifth bits, number i's
 * at bit i. A level is value × inverse + shift without its fraction, and at most `top`.
 */
function packNibbles(
  values: Float32Array,
  start: number,
  target: Uint8Array,
  to: number,
  inverse: number,
  shift: number,
  top: number,
): number {
  let fifth = 0;
  for (let i = 0; i < 16; i++) {
    const low = clamp(Math.trunc(at(values, start + i) * inverse + shift), 0, top);
    const high = clamp(Math.trunc(at(values, start + i + 16) * inverse + shift), 0, top);
    target[to + i] = (low & 15) | ((high & 15) << 4);
    fifth |= ((low >>> 4) << i) | ((high >>> 4) << (i + 16));
  }
  return fifth;
}

const subScales = new Float64Array(8);
const subMinimums = new Float64Array(8);
const levels = new Uint8Array(256);

/** Scales and minimums of 8 × 32 numbers, then 128 bytes of two levels each; see `encodeScales`. */
function encodeQ4_K(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  encodeScales(values, start, target, to, 15);
  packPairs(target, to + 16);
}

/** As Q4_K, with the fifth bits between: bit j of byte l belongs to number l of sub-block j. */
function encodeQ5_K(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  encodeScales(values, start, target, to, 31);
  for (let l = 0; l < 32; l++) {
    let fifth = 0;
    for (let j = 0; j < 8; j++) fifth |= (at(levels, 32 * j + l) >>> 4) << j;
    target[to + 16 + l] = fifth;
  }
  packPairs(target, to + 48);
}

/**
 * The first 16 bytes of a Q4_K or Q5_K block, and its levels up to `top` into `levels`. Each of the 8 sub-blocks of
 * 32 has a 6-bit scale s and a 6-bit minimum m, to be multiplied by the block's float16 d and dmin:
 * value = d × s × level - dmin × m.
 */
function encodeScales(values: Float32Array, start: number, target: Uint8Array, to: number, top: number): void {
  let largestScale = 0;
  let largestMinimum = 0;
  for (let j = 0; j < 8; j++) {
    const minimum = Math.min(0, smallest(values, start + 32 * j, 32));
    const scale = (Math.max(0, greatest(values, start + 32 * j, 32)) - minimum) / top;
    subScales[j] = scale;
    subMinimums[j] = -minimum;
    largestScale = Math.max(largestScale, scale);
    largestMinimum = Math.max(largestMinimum, -minimum);
  }
  const d = putFloat16(target, to, largestScale / 63);
  const dmin = putFloat16(target, to + 2, largestMinimum / 63);
  target.fill(0, to + 4, to + 16);
  for (let j = 0; j < 8; j++) {
    const s = d ? clamp(Math.round(at(subScales, j) / d), 0, 63) : 0;
    const m = dmin ? clamp(Math.round(at(subMinimums, j) / dmin), 0, 63) : 0;
    packScale(target, to + 4, j, s, m);
    const step = d * s;
    for (let i = 32 * j; i < 32 * (j + 1); i++) {
      levels[i] = step ? clamp(Math.round((at(values, start + i) + dmin * m) / step), 0, top) : 0;
    }
  }
}

/**
 * Eight scales and eight minimums of 6 bits in 12 bytes: those of sub-blocks 0–3 fill the low 6 bits of bytes 0–3 and
 * 4–7; of sub-blocks 4–7 the low 4 bits share bytes 8–11, and the upper 2 bits are the top of bytes 0–3 and 4–7.
 */
function packScale(target: Uint8Array, to: number, j: number, scale: number, minimum: number): void {
  if (j < 4) {
    target[to + j] = scale;
    target[to + j + 4] = minimum;
  } else {
    target[to + j + 4] = (scale & 15) | ((minimum & 15) << 4);
    target[to + j - 4] = at(target, to + j - 4) | ((scale >>> 4) << 6);
    target[to + j] = at(target, to + j) | ((minimum >>> 4) << 6);
  }
}

/** The low halves of 256 levels: sub-blocks 2p and 2p + 1 share the 32 bytes from 32p on. */
function packPairs(target: Uint8Array, to: number): void {
  for (let pair = 0; pair < 4; pair++) {
    for (let l = 0; l < 32; l++) {
      const low = at(levels, 64 * pair + l) & 15;
      const high = at(levels, 64 * pair + 32 + l) & 15;
      target[to + 32 * pair + l] = low | (high << 4);
    }
  }
}

const sixteenths = new Float64Array(16);

/**
 * 128 bytes of low halves, 64 bytes of upper pairs of bits, 16 signed scales, a float16 d: value = d × scale ×
 * (level - 32), a scale for each 16 numbers. Each half of 128 numbers is four quarters of 32 that share its bytes.
 */
function encodeQ6_K(values: Float32Array, start: number, target: Uint8Array, to: number): void {
  let extreme = 0;
  for (let j = 0; j < 16; j++) {
    const scale = farthestFromZero(values, start + 16 * j, 16) / -32;
    sixteenths[j] = scale;
    if (Math.abs(scale) > Math.abs(extreme)) extreme = scale;
  }
  const d = putFloat16(target, to + 208, extreme / -128);
  for (let j = 0; j < 16; j++) {
    const scale = d ? clamp(Math.round(at(sixteenths, j) / d), -128, 127) : 0;
    target[to + 192 + j] = scale;
    const step = d * scale;
    for (let i = 16 * j; i < 16 * (j + 1); i++) {
      levels[i] = step ? clamp(Math.round(at(values, start + i) / step), -32, 31) + 32 : 32;
    }
  }
  for (let half = 0; half < 2; half++) {
    for (let l = 0; l < 32; l++) {
      const first = 128 * half + l;
      const [a, b] = [at(levels, first), at(levels, first + 32)];
      const [c, e] = [at(levels, first + 64), at(levels, first + 96)];
      target[to + 64 * half + l] = (a & 15) | ((c & 15) << 4);
      target[to + 64 * half + 32 + l] = (b & 15) | ((e & 15) << 4);
      target[to + 128 + 32 * half + l] = (a >>> 4) | ((b >>> 4) << 2) | ((c >>> 4) << 4) | ((e >>> 4) << 6);
    }
  }
}

/** The value with the largest magnitude, with its sign; the first of equals. */
function farthestFromZero(values: Float32Array, start: number, count: number): number {
  let farthest = 0;
  for (let i = start; i < start + count; i++) {
    const value = at(values, i);
    if (Math.abs(value) > Math.abs(farthest)) farthest = value;
  }
  return farthest;
}

function smallest(values: Float32Array, start: number, count: number): number {
  let result = Number.POSITIVE_INFINITY;
  for (let i = start; i < start + count; i++) result = Math.min(result, at(values, i));
  return result;
}

function greatest(values: Float32Array, start: number, count: number): number {
  let result = Number.NEGATIVE_INFINITY;
  for (let i = start; i < start + count; i++) result = Math.max(result, at(values, i));
  return result;
}

function putUint32(target: Uint8Array, to: number, value: number): void {
  for (let i = 0; i < 4; i++) target[to + i] = value >>> (8 * i);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** An element that is there. */
function at(array: Float32Array | Float64Array | Uint8Array | Uint32Array, index: number): number {
  return array[index] as number;
}
