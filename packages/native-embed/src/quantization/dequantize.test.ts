import { readFileSync } from "node:fs";

import { encodeBlocks } from "@resona/test-models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { blockFormats } from "./block-formats.ts";
import type { BlockFormatName } from "./block-formats.ts";
import { dequantize } from "./dequantize.ts";
import { halfToNumber } from "./half-float.ts";

const formats = Object.keys(blockFormats) as BlockFormatName[];

function numbersOf(format: BlockFormatName, blocks: Uint8Array): Float32Array {
  const { elements, bytes } = blockFormats[format];
  const out = new Float32Array((blocks.byteLength / bytes) * elements);
  dequantize(format, blocks, out);
  return out;
}

/** A block of zeros with some bytes in it. */
function block(format: BlockFormatName, bytes: Readonly<Record<number, number>>): Uint8Array {
  const data = new Uint8Array(blockFormats[format].bytes);
  for (const [at, byte] of Object.entries(bytes)) data[Number(at)] = byte;
  return data;
}

// Half precision, low byte first: 0x3c00 is 1, 0x4000 is 2, 0xb800 is -0.5.
const one = { 0: 0x00, 1: 0x3c };
const two = { 0: 0x00, 1: 0x40 };
const secondMinusHalf = { 2: 0x00, 3: 0xb8 };
const secondOne = { 2: 0x00, 3: 0x3c };

describe("by hand", () => {
  it.each<[BlockFormatName, Record<number, number>, Record<number, number>]>([
    ["F32", { 2: 0xc0, 3: 0xbf }, { 0: -1.5 }],
    ["F16", one, { 0: 1 }],
    ["BF16", { 0: 0xc0, 1: 0xbf }, { 0: -1.5 }],
    // Byte 0 of the nibbles: 1 for number 0, 15 for number 16; byte 15: 8 for number 15, 0 for number 31.
    ["Q4_0", { ...two, 2: 0xf1, 17: 0x08 }, { 0: -14, 16: 14, 15: 0, 31: -16, 7: -16 }],
    ["Q4_1", { ...two, ...secondMinusHalf, 4: 0xf1, 19: 0x08 }, { 0: 1.5, 16: 29.5, 15: 15.5, 31: -0.5 }],
    // Fifth bits of numbers 0 and 31.
    ["Q5_0", { ...one, 2: 0x01, 5: 0x80, 6: 0xf1, 21: 0x08 }, { 0: 1, 16: -1, 15: -8, 31: 0, 7: -16 }],
    ["Q5_1", { ...two, ...secondMinusHalf, 4: 0x01, 7: 0x80, 8: 0xf1 }, { 0: 33.5, 16: 29.5, 31: 31.5, 7: -0.5 }],
    ["Q8_0", { ...two, 2: 0x01, 3: 0xff, 33: 0x80 }, { 0: 2, 1: -2, 31: -256, 7: 0 }],
    // Group 0 has scale 3 and minimum 5. Group 4 has scale 0x2 + 16 × 1 = 18, minimum 0x7 + 16 × 2 = 39.
    [
      "Q4_K",
      { ...one, ...secondOne, 4: 0x43, 8: 0x85, 12: 0x72, 16: 0x0f, 80: 0x0f },
      { 0: 40, 1: -5, 32: 0, 128: 18 * 15 - 39, 129: -39, 255: 0 },
    ],
    // The same scales; the fifth bits of number 0 of group 0 and of number 31 of group 4.
    [
      "Q5_K",
      { ...one, ...secondOne, 4: 0x43, 8: 0x85, 12: 0x72, 16: 0x01, 47: 0x10, 48: 0x0f, 112: 0x0f },
      { 0: 3 * 31 - 5, 1: -5, 128: 18 * 15 - 39, 159: 18 * 16 - 39, 255: 0 },
    ],
    // Group 0 (numbers 0 to 15) has scale 3, group 13 (numbers 208 to 223) scale -1; the last byte pair is 2.
    [
      "Q6_K",
      { 0: 0x0f, 128: 0x02, 80: 0x50, 176: 0xc0, 192: 3, 205: 0xff, 209: 0x40 },
      { 0: 2 * 3 * (15 + 32 - 32), 1: 2 * 3 * -32, 16: 0, 208: 2 * -1 * (5 - 32), 240: 0 },
    ],
  ])("%s", (format, bytes, expected) => {
    const numbers = numbersOf(format, block(format, bytes));
    const found = Object.fromEntries(Object.keys(expected).map((i) => [i, numbers[Number(i)]! + 0]));
    expect(found).toEqual(expected);
  });
});

describe("against ggml", () => {
  // Random blocks with finite scales, and what the functions of libggml made of them.
  const golden = JSON.parse(readFileSync(new URL("dequantize.golden.json", import.meta.url), "utf8")) as Record<
    BlockFormatName,
    { readonly blocks: string; readonly numbers: string }
  >;

  it.each(formats)("%s gives the same bits", (format) => {
    const { blocks, numbers } = golden[format];
    const found = numbersOf(format, Buffer.from(blocks, "base64"));
    expect(Buffer.from(found.buffer).toString("base64")).toBe(numbers);
  });
});

describe("against the place of every bit", () => {
  it.each(formats.filter((format) => blockFormats[format].elements > 1))("%s", (format) => {
    const { bytes } = blockFormats[format];
    fc.assert(
      fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (data) => {
        const numbers = numbersOf(format, data);
        for (let i = 0; i < numbers.length; i++) expect(numbers[i]).toBe(Math.fround(numberAt(format, data, i)));
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("against an encoder", () => {
  // The most that a number between -1 and 1 is off by: half a step of the format, or a whole one at the end that the
  // scale does not reach, and for K formats what rounding the scales adds.
  it.each<[BlockFormatName, number]>([
    ["F32", 0],
    ["F16", 2 ** -12],
    ["BF16", 2 ** -9],
    ["Q4_0", 0.126],
    ["Q4_1", 0.068],
    ["Q5_0", 0.063],
    ["Q5_1", 0.034],
    ["Q8_0", 0.0043],
    ["Q4_K", 0.1],
    ["Q5_K", 0.06],
    ["Q6_K", 0.04],
  ])("%s gives back what was encoded, within %d", (format, tolerance) => {
    const count = 2 * blockFormats[format].elements;
    const values = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: count, maxLength: count });
    fc.assert(
      fc.property(values, (original) => {
        const found = numbersOf(format, encodeBlocks(format, original));
        const worst = Math.max(...found.map((number, i) => Math.abs(number - original[i]!)));
        expect(worst).toBeLessThanOrEqual(tolerance);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

it("goes through blocks in their order, wherever they lie in memory", () => {
  const memory = new Uint8Array(7 + 3 * 34);
  const blocks = memory.subarray(7);
  for (const index of [0, 1, 2]) blocks.set([0x00, 0x3c, index + 1], index * 34);
  const numbers = numbersOf("Q8_0", blocks);
  expect([numbers.length, numbers[0], numbers[32], numbers[64], numbers[65]]).toEqual([96, 1, 2, 3, 0]);
});

/**
 * Number i of a block, worked out from the places of its bits, counted from the first bit of the block.
 * Written apart from the code under test, which goes through bytes.
 */
function numberAt(format: BlockFormatName, data: Uint8Array, i: number): number {
  const bit = (position: number): number => (data[position >> 3]! >> (position & 7)) & 1;
  const bits = (position: number, count: number): number =>
    Array.from({ length: count }, (_, b) => bit(position + b) * 2 ** b).reduce((sum, value) => sum + value, 0);
  const half = (byte: number): number => halfToNumber(bits(byte * 8, 16));
  const signed = (byte: number): number => bits(byte * 8, 8) - 256 * bit(byte * 8 + 7);
  // 32 numbers in 16 bytes: the second half of them four bits further on.
  const nibble32 = (byte: number): number => bits(byte * 8 + (i % 16) * 8 + (i >= 16 ? 4 : 0), 4);
  // 256 numbers in 128 bytes: groups of 32 numbers, each pair of them in 32 bytes.
  const nibble256 = (byte: number): number => bits(byte * 8 + ((i >> 6) * 32 + (i % 32)) * 8 + ((i >> 5) % 2) * 4, 4);
  const group = i >> 5;
  const scale6 = (first: number): number =>
    group < 4
      ? bits((4 + first + group) * 8, 6)
      : bits((12 + group - 4) * 8 + first, 4) + 16 * bits((4 + first + group - 4) * 8 + 6, 2);
  const affineK = (q: number): number => half(0) * scale6(0) * q - half(2) * scale6(4);
  switch (format) {
    case "Q4_0":
      return half(0) * (nibble32(2) - 8);
    case "Q4_1":
      return half(0) * nibble32(4) + half(2);
    case "Q5_0":
      return half(0) * (nibble32(6) + 16 * bit(2 * 8 + i) - 16);
    case "Q5_1":
      return half(0) * (nibble32(8) + 16 * bit(4 * 8 + i)) + half(2);
    case "Q8_0":
      return half(0) * signed(2 + i);
    case "Q4_K":
      return affineK(nibble256(16));
    case "Q5_K":
      return affineK(nibble256(48) + 16 * bit((16 + (i % 32)) * 8 + group));
    case "Q6_K": {
      const low = bits(((i >> 7) * 64 + (i % 64)) * 8 + ((i >> 6) % 2) * 4, 4);
      const high = bits((128 + (i >> 7) * 32 + (i % 32)) * 8 + ((i >> 5) % 4) * 2, 2);
      return half(208) * signed(192 + (i >> 4)) * (low + 16 * high - 32);
    }
    case "F32":
    case "F16":
    case "BF16":
      throw new Error(`${format} has no codes`);
  }
}
