import { bfloat16ToNumber } from "./bfloat16.ts";
import { blockFormats } from "./block-formats.ts";
import type { BlockFormatName } from "./block-formats.ts";
import { halfToNumber } from "./half-float.ts";

/**
 * Turns stored blocks into numbers, one at a time: what every faster way of reading a format is checked against.
 * Gives exactly what ggml's `dequantize_row_*` give (ggml-quants.c): their products are exact in single precision,
 * so that computing in double precision and rounding once on storing is the same.
 *
 * @param blocks whole blocks of the format, in order
 * @param out as many numbers as the blocks hold
 */
export function dequantize(format: BlockFormatName, blocks: Uint8Array, out: Float32Array): void {
  const { elements, bytes } = blockFormats[format];
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const dequantizeBlock = dequantizers[format];
  for (let at = 0, to = 0; at < blocks.byteLength; at += bytes, to += elements) dequantizeBlock(view, at, out, to);
}

/** Writes the numbers of the block at byte `at` to out[to] and the following. */
type BlockDequantizer = (view: DataView, at: number, out: Float32Array, to: number) => void;

const dequantizers: Readonly<Record<BlockFormatName, BlockDequantizer>> = {
  F32: (view, at, out, to) => {
    out[to] = view.getFloat32(at, true);
  },
  F16: (view, at, out, to) => {
    out[to] = half(view, at);
  },
  BF16: (view, at, out, to) => {
    out[to] = bfloat16ToNumber(view.getUint16(at, true));
  },
  Q4_0: (view, at, out, to) => {
    const scale = half(view, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * (nibble(view, at + 2, i) - 8);
  },
  Q4_1: (view, at, out, to) => {
    const scale = half(view, at);
    const minimum = half(view, at + 2);
    for (let i = 0; i < 32; i++) out[to + i] = scale * nibble(view, at + 4, i) + minimum;
  },
  Q5_0: (view, at, out, to) => {
    const scale = half(view, at);
    const fifthBits = view.getUint32(at + 2, true);
    for (let i = 0; i < 32; i++) {
      const q = nibble(view, at + 6, i) + 16 * ((fifthBits >>> i) & 1);
      out[to + i] = scale * (q - 16);
    }
  },
  Q5_1: (view, at, out, to) => {
    const scale = half(view, at);
    const minimum = half(view, at + 2);
    const fifthBits = view.getUint32(at + 4, true);
    for (let i = 0; i < 32; i++) {
      const q = nibble(view, at + 8, i) + 16 * ((fifthBits >>> i) & 1);
      out[to + i] = scale * q + minimum;
    }
  },
  Q8_0: (view, at, out, to) => {
    const scale = half(view, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * view.getInt8(at + 2 + i);
  },
  Q4_K: (view, at, out, to) => {
    for (let group = 0; group < 8; group++) {
      const { scale, minimum } = groupScales(view, at, group);
      const nibbles = at + 16 + 32 * (group >> 1);
      const shift = group % 2 === 0 ? 0 : 4;
      for (let i = 0; i < 32; i++) {
        const q = (view.getUint8(nibbles + i) >> shift) & 0xf;
        out[to + 32 * group + i] = scale * q - minimum;
      }
    }
  },
  Q5_K: (view, at, out, to) => {
    for (let group = 0; group < 8; group++) {
      const { scale, minimum } = groupScales(view, at, group);
      const fifthBits = at + 16;
      const nibbles = at + 48 + 32 * (group >> 1);
      const shift = group % 2 === 0 ? 0 : 4;
      for (let i = 0; i < 32; i++) {
        const low = (view.getUint8(nibbles + i) >> shift) & 0xf;
        const high = (view.getUint8(fifthBits + i) >> group) & 1;
        out[to + 32 * group + i] = scale * (low + 16 * high) - minimum;
      }
    }
  },
  Q6_K: (view, at, out, to) => {
    const scaleOfScales = half(view, at + 208);
    for (let i = 0; i < 256; i++) {
      const halfIndex = i < 128 ? 0 : 1;
      const inHalf = i % 128;
      const low = (view.getUint8(at + 64 * halfIndex + (inHalf % 64)) >> (inHalf < 64 ? 0 : 4)) & 0xf;
      const high = (view.getUint8(at + 128 + 32 * halfIndex + (inHalf % 32)) >> (2 * (inHalf >> 5))) & 3;
      const scale = scaleOfScales * view.getInt8(at + 192 + (i >> 4));
      out[to + i] = scale * (low + 16 * high - 32);
    }
  },
};

function half(view: DataView, at: number): number {
  return halfToNumber(view.getUint16(at, true));
}

/** Nibble i of 32 in the 16 bytes from `at` on: the low ones first. */
function nibble(view: DataView, at: number, i: number): number {
  return (view.getUint8(at + (i % 16)) >> (i < 16 ? 0 : 4)) & 0xf;
}

/**
 * Scale and minimum of a group of a Q4_K or Q5_K block. Those of groups 0 to 3 are the low six bits of bytes 0 to 3
 * and 4 to 7. Of groups 4 to 7 the low four bits are the low (scale) and high (minimum) nibbles of bytes 8 to 11, and
 * the upper two bits are what bytes 0 to 3 and 4 to 7 have left.
 */
function groupScales(view: DataView, at: number, group: number): { scale: number; minimum: number } {
  const packed = (byte: number): number => view.getUint8(at + 4 + byte);
  const [scale, minimum] =
    group < 4
      ? [packed(group) & 0x3f, packed(group + 4) & 0x3f]
      : [
          (packed(group + 4) & 0xf) | ((packed(group - 4) >> 6) << 4),
          (packed(group + 4) >> 4) | ((packed(group) >> 6) << 4),
        ];
  return { scale: half(view, at) * scale, minimum: half(view, at + 2) * minimum };
}
