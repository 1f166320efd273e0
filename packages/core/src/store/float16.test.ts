import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { arrow } from "./arrow.ts";
import { fromFloat16Bits, nearestFloat16Bits, toFloat16Bits } from "./float16.ts";

const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);

/** A number of single precision and its neighbours. */
function near(value: number): Float32Array {
  const [bits = 0] = new Uint32Array(Float32Array.of(value).buffer);
  const numbers = new Float32Array(Uint32Array.of(bits - 1, bits, bits + 1).buffer);
  return numbers.filter((number) => !Number.isNaN(number));
}

/** As the engine has it; only newer ones do. */
function nativeBits(values: Float32Array): Uint16Array {
  const { Float16Array: Native } = globalThis as unknown as {
    Float16Array: new (values: Float32Array) => { readonly buffer: ArrayBuffer };
  };
  return new Uint16Array(new Native(values).buffer);
}

describe("half precision", () => {
  it("reads all 65,536 numbers as Arrow does", () => {
    const expected = Float32Array.from(all, (bits) => arrow.util.uint16ToFloat64(bits));
    expect(fromFloat16Bits(all)).toEqual(expected);
  });

  it("keeps the components of a unit vector to 11 bits", () => {
    const values = Float32Array.from({ length: 1_000 }, (_, i) => Math.sin(i * i));
    const back = fromFloat16Bits(toFloat16Bits(values));
    for (const [i, value] of values.entries()) {
      expect(Math.abs((back[i] ?? 0) - value)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) * 2 ** -11));
    }
  });
});

// Older engines have nothing to compare with.
describe("rounding without the engine's help", { skip: !("Float16Array" in globalThis) }, () => {
  it("is the engine's for every number, between any two of them, and next to those", () => {
    const numbers = fromFloat16Bits(all).filter(Number.isFinite).toSorted();
    const middles = numbers.map((number, i) => (number + (numbers[i + 1] ?? number)) / 2);
    const values = [...numbers, ...middles, 65_504, 65_520, 1e30, Infinity, -Infinity].map(near);
    const isOther = (some: Float32Array) =>
      Uint16Array.from(some, nearestFloat16Bits).join() !== nativeBits(some).join();
    expect(values.filter(isOther)).toEqual([]);
  });

  it("is the engine's for any number", () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(nearestFloat16Bits(value)).toBe(nativeBits(Float32Array.of(value))[0]);
      }),
      { numRuns: 10_000 },
    );
  });
});
