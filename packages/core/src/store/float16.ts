import { arrow } from "./arrow.ts";

type Float16ArrayConstructor = new (values: ArrayLike<number>) => { readonly buffer: ArrayBuffer };
/** Node 24 and later; absent in Node 22. */
const NativeFloat16Array = (globalThis as { Float16Array?: Float16ArrayConstructor }).Float16Array;

/** IEEE 754 half-precision bits of each value, rounded to nearest even. */
export function toFloat16Bits(values: Float32Array): Uint16Array {
  if (NativeFloat16Array) return new Uint16Array(new NativeFloat16Array(values).buffer);
  return Uint16Array.from(values, nearestFloat16Bits);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);
const LEAST_NORMAL = 0x3880_0000;
const HALF = 0x3f00_0000;
const INFINITE = 0x7f80_0000;

/**
 * The bits of one value, for engines that cannot tell them. Arrow's `float64ToUint16` is no help: it rounds what is just
 * below a power of two down to half of it.
 */
export function nearestFloat16Bits(value: number): number {
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > INFINITE) return 0x7e00;
  if (magnitude < LEAST_NORMAL) {
    // Subnormal numbers are multiples of 2^-24, as are those of single precision from a half to one.
    single[0] = Math.abs(value) + 0.5;
    return sign | ((singleBits[0] ?? 0) - HALF);
  }
  // The 13 bits that go are rounded to nearest even, and what is carried goes on into the exponent, which counts from
  // -15 instead of -127.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | Math.min((rounded - (112 << 23)) >>> 13, 0x7c00);
}

/** The values of half-precision bits. */
export function fromFloat16Bits(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = valueOfBits[bits[i] ?? 0] ?? 0;
  return values;
}

/** Every half-precision number by its bits, 256 KiB: reading candidates decodes a hundred thousand for one query. */
const valueOfBits: Float32Array = Float32Array.from({ length: 1 << 16 }, (_, bits) => arrow.util.uint16ToFloat64(bits));
