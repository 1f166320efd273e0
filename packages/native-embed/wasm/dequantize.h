// The storage formats of weights: their blocks, and how these become numbers.
#pragma once

#include "formats.h"
#include "simd.h"

// Numbers of one block. Formats without blocks are taken four at a time.
INLINE int block_elements(int format) {
  switch (format) {
    case FORMAT_F32: case FORMAT_F16: case FORMAT_BF16: return 4;
    case FORMAT_Q4_K: case FORMAT_Q5_K: case FORMAT_Q6_K: return 256;
    default: return 32;
  }
}

// Bytes of `block_elements` numbers.
INLINE int block_bytes(int format) {
  switch (format) {
    case FORMAT_F32: return 16;
    case FORMAT_F16: case FORMAT_BF16: return 8;
    case FORMAT_Q4_0: return 18;
    case FORMAT_Q4_1: return 20;
    case FORMAT_Q5_0: return 22;
    case FORMAT_Q5_1: return 24;
    case FORMAT_Q8_0: return 34;
    case FORMAT_Q4_K: return 144;
    case FORMAT_Q5_K: return 176;
    default: return 210;
  }
}

// `block_elements(format)` numbers.
void dequantize_block(int format, const uint8_t *block, float *out);

// Whether all numbers of a block are finite: those that are scaled by float16 are if these are, whose exponents are then
// not all ones.
int block_is_finite(int format, const uint8_t *block);

// Four numbers of F32, F16 or BF16.
INLINE Vector load_floats(int format, const uint8_t *from) {
  if (format == FORMAT_F32) return LOAD(from);
  Vector bits = wasm_u32x4_load16x4(from);
  return format == FORMAT_F16 ? half_to_float(bits) : wasm_i32x4_shl(bits, 16);
}

INLINE Vector low_nibbles(Vector v) { return wasm_v128_and(v, wasm_i8x16_const_splat(15)); }
INLINE Vector high_nibbles(Vector v) { return wasm_u8x16_shr(v, 4); }

// Sixteen bits, least significant first → sixteen bytes of 0 or `value`.
INLINE Vector spread_bits(uint32_t bits, uint8_t value) {
  Vector both = wasm_i8x16_shuffle(wasm_i32x4_splat(bits), wasm_i32x4_splat(bits), 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  Vector mask = wasm_i8x16_const(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  return wasm_v128_and(wasm_i8x16_eq(wasm_v128_and(both, mask), mask), wasm_i8x16_splat(value));
}

INLINE uint32_t bits_at(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24; }

// One block of 32 of the old formats as bytes 0…31, first sixteen and last sixteen.
INLINE void unpack_small(const uint8_t *quants, const uint8_t *fifth_bits, Vector out[2]) {
  Vector q = LOAD(quants);
  out[0] = low_nibbles(q);
  out[1] = high_nibbles(q);
  if (fifth_bits) {
    uint32_t bits = bits_at(fifth_bits);
    out[0] = wasm_v128_or(out[0], spread_bits(bits & 0xffff, 16));
    out[1] = wasm_v128_or(out[1], spread_bits(bits >> 16, 16));
  }
}
