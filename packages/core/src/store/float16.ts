import { arrow } from "./arrow.ts";

type Float16ArrayConstructor = new (values: ArrayLike<number>) => { readonly buffer: ArrayBuffer };
/** Node 24 and later; absent in Node 22, where Arrow's own conversion does the same, slower. */
const NativeFloat16Array = (globalThis as { Float16Array?: Float16ArrayConstructor }).Float16Array;

/** IEEE 754 half-precision bits of each value, rounded to nearest even. */
export function toFloat16Bits(values: Float32Array): Uint16Array {
  if (NativeFloat16Array) return new Uint16Array(new NativeFloat16Array(values).buffer);
  return Uint16Array.from(values, (value) => arrow.util.float64ToUint16(value));
}

/** The values of half-precision bits. */
export function fromFloat16Bits(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = valueOfBits[bits[i] ?? 0] ?? 0;
  return values;
}

/** Every half-precision number by its bits, 256 KiB: reading candidates decodes a hundred thousand for one query. */
const valueOfBits: Float32Array = Float32Array.from({ length: 1 << 16 }, (_, bits) => arrow.util.uint16ToFloat64(bits));
