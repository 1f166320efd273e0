import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { blockLayouts, encodeBlocks, encodedSize, fromFloat16, toFloat16 } from "./encode-blocks.ts";
import type { BlockFormat } from "./encode-blocks.ts";

/**
 * Reads number `i` of a block, written from the descriptions of the formats: one number at a time, nothing shared
 * with the encoders but the reading of float16.
 */
const naiveReaders: Readonly<Record<BlockFormat, (block: DataView, i: number) => number>> = {
  F32: (block) => block.getFloat32(0, true),
  F16: (block) => half(block, 0),
  BF16: (block) => {
    const whole = new DataView(new ArrayBuffer(4));
    whole.setUint16(0, block.getUint16(0, true));
    return whole.getFloat32(0);
  },
  Q4_0: (block, i) => half(block, 0) * (nibble(block, 2, i) - 8),
  Q4_1: (block, i) => half(block, 0) * nibble(block, 4, i) + half(block, 2),
  Q5_0: (block, i) => half(block, 0) * (nibble(block, 6, i) + 16 * bit(block, 2, i) - 16),
  Q5_1: (block, i) => half(block, 0) * (nibble(block, 8, i) + 16 * bit(block, 4, i)) + half(block, 2),
  Q8_0: (block, i) => half(block, 0) * block.getInt8(2 + i),
  Q4_K: (block, i) => {
    const [scale, minimum] = sixBits(block, Math.floor(i / 32));
    return half(block, 0) * scale * pairNibble(block, 16, i) - half(block, 2) * minimum;
  },
  Q5_K: (block, i) => {
    const [scale, minimum] = sixBits(block, Math.floor(i / 32));
    const fifth = (block.getUint8(16 + (i % 32)) >> Math.floor(i / 32)) & 1;
    return half(block, 0) * scale * (pairNibble(block, 48, i) + 16 * fifth) - half(block, 2) * minimum;
  },
  Q6_K: (block, i) => {
    const [side, quarter, l] = [Math.floor(i / 128), Math.floor((i % 128) / 32), i % 32];
    const low = (block.getUint8(64 * side + 32 * (quarter % 2) + l) >> (quarter < 2 ? 0 : 4)) & 15;
    const high = (block.getUint8(128 + 32 * side + l) >> (2 * quarter)) & 3;
    return half(block, 208) * block.getInt8(192 + Math.floor(i / 16)) * (low + 16 * high - 32);
  },
};

const half = (block: DataView, at: number): number => fromFloat16(block.getUint16(at, true));
const nibble = (block: DataView, at: number, i: number): number =>
  (block.getUint8(at + (i % 16)) >> (i < 16 ? 0 : 4)) & 15;
const bit = (block: DataView, at: number, i: number): number => (block.getUint32(at, true) >>> i) & 1;
const pairNibble = (block: DataView, at: number, i: number): number =>
  (block.getUint8(at + 32 * Math.floor(i / 64) + (i % 32)) >> (i % 64 < 32 ? 0 : 4)) & 15;

function sixBits(block: DataView, j: number): [scale: number, minimum: number] {
  const byte = (k: number): number => block.getUint8(4 + k);
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [(byte(j + 4) & 15) | ((byte(j - 4) >> 6) << 4), (byte(j + 4) >> 4) | ((byte(j) >> 6) << 4)];
}

function decode(format: BlockFormat, bytes: Uint8Array, length: number): number[] {
  const layout = blockLayouts[format];
  return Array.from({ length }, (_, i) => {
    const block = new DataView(bytes.buffer, bytes.byteOffset + Math.floor(i / layout.elements) * layout.bytes);
    return naiveReaders[format](block, i % layout.elements);
  });
}

/** How far a number may be from its original, as a share of the largest magnitude in its block. */
const tolerances: Readonly<Record<BlockFormat, number>> = {
  F32: 0,
  F16: 2 ** -11,
  BF16: 2 ** -8,
  Q4_0: 0.13,
  Q4_1: 0.07,
  Q5_0: 0.065,
  Q5_1: 0.035,
  Q8_0: 0.005,
  Q4_K: 0.11,
  Q5_K: 0.08,
  Q6_K: 0.04,
};
/**
 * How many times its scale a number of the format can be. Scales are float16, whose numbers are at least 2^-24 apart, so
 * that in a block of tiny numbers the scale itself is off by up to 2^-25.
 */
const scaleFactors: Readonly<Record<BlockFormat, number>> = {
  F32: 0,
  F16: 0,
  BF16: 0,
  Q4_0: 8,
  Q4_1: 16,
  Q5_0: 16,
  Q5_1: 32,
  Q8_0: 127,
  Q4_K: 63 * 16,
  Q5_K: 63 * 32,
  Q6_K: 128 * 32,
};
const formats = Object.keys(blockLayouts) as BlockFormat[];

describe.each(formats)("%s", (format) => {
  const { elements, bytes } = blockLayouts[format];

  it("reads back as what was written, as closely as the format can", () => {
    const numbers = fc.double({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 2 * elements, maxLength: 2 * elements }), (list) => {
        const values = Float32Array.from(list);
        const encoded = encodeBlocks(format, values);
        expect(encoded.byteLength).toBe(2 * bytes);
        const decoded = decode(format, encoded, values.length);
        for (const [i, value] of values.entries()) {
          const block = Math.floor(i / elements) * elements;
          const largest = Math.max(...values.subarray(block, block + elements).map(Math.abs));
          expect(Math.abs((decoded[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
            tolerances[format] * largest + scaleFactors[format] * 2 ** -25 + 2 ** -20,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it("reads tiny numbers back as closely as its scale can be written", () => {
    const values = Float32Array.from({ length: elements }, (_, i) => 0.001 * Math.sin(i + 1));
    const decoded = decode(format, encodeBlocks(format, values), elements);
    const largest = Math.max(...values.map(Math.abs));
    const most = tolerances[format] * largest + scaleFactors[format] * 2 ** -25;
    for (const [i, value] of values.entries())
      expect(Math.abs((decoded[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(most);
  });

  it("keeps zeros", () => {
    const decoded = decode(format, encodeBlocks(format, new Float32Array(elements)), elements);
    for (const value of decoded) expect(Math.abs(value)).toBe(0);
  });

  it("refuses a part of a block", () => {
    expect(() => encodedSize(format, elements - 0.5)).toThrow(RangeError);
  });
});

describe("float16", () => {
  it("survives the way to a number and back, all 65,536 of them but NaN", () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = fromFloat16(bits);
      if (Number.isNaN(value)) continue;
      expect(toFloat16(value)).toBe(bits);
    }
    expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  });

  it("is the nearest one, and of two as near the even one", () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = (fromFloat16(bits) + fromFloat16(bits + 1)) / 2;
      expect(toFloat16(middle)).toBe(bits + (bits % 2));
    }
    expect(toFloat16(65_519)).toBe(0x7bff);
    expect(toFloat16(65_520)).toBe(0x7c00);
    expect(toFloat16(-65_520)).toBe(0xfc00);
  });
});
