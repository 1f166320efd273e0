// Blocks of every supported format → float32. The layouts are described at their scalar twin,
// `src/quantization/dequantize.ts`, against which these are tested.
#include "dequantize.h"

// Sixteen unsigned bytes → floats: out = scale × byte + offset.
INLINE void scale_bytes(Vector bytes, Vector scale, Vector offset, float *out) {
  Vector low = wasm_u16x8_extend_low_u8x16(bytes), high = wasm_u16x8_extend_high_u8x16(bytes);
  STORE(out, wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(low)), scale), offset));
  STORE(out + 4, wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_u32x4_extend_high_u16x8(low)), scale), offset));
  STORE(out + 8, wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_u32x4_extend_low_u16x8(high)), scale), offset));
  STORE(out + 12, wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_u32x4_extend_high_u16x8(high)), scale), offset));
}

INLINE void dequantize_small(const uint8_t *quants, const uint8_t *fifth_bits, float scale, float offset, float *out) {
  Vector q[2];
  unpack_small(quants, fifth_bits, q);
  scale_bytes(q[0], wasm_f32x4_splat(scale), wasm_f32x4_splat(offset), out);
  scale_bytes(q[1], wasm_f32x4_splat(scale), wasm_f32x4_splat(offset), out + 16);
}

// The j-th of eight 6-bit scales and minima that Q4_K and Q5_K pack into twelve bytes.
INLINE void unpack_scale(int j, const uint8_t *packed, int *scale, int *minimum) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = (packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4);
    *minimum = (packed[j + 4] >> 4) | ((packed[j] >> 6) << 4);
  }
}

// 256 numbers of Q4_K, or of Q5_K when `fifth_bits` is not null.
INLINE void dequantize_k45(const uint8_t *block, const uint8_t *fifth_bits, const uint8_t *quants, float *out) {
  float d = half_at(block), d_min = half_at(block + 2);
  ROLLED for (int j = 0; j < 8; j++) {
    int scale, minimum;
    unpack_scale(j, block + 4, &scale, &minimum);
    Vector s = wasm_f32x4_splat(d * scale), m = wasm_f32x4_splat(-d_min * minimum);
    UNROLLED for (int half = 0; half < 2; half++) {
      Vector q = LOAD(quants + (j >> 1) * 32 + half * 16);
      q = j & 1 ? high_nibbles(q) : low_nibbles(q);
      if (fifth_bits) {
        Vector bit = wasm_v128_and(wasm_u8x16_shr(LOAD(fifth_bits + half * 16), j), wasm_i8x16_const_splat(1));
        q = wasm_v128_or(q, wasm_i8x16_shl(bit, 4));
      }
      scale_bytes(q, s, m, out + j * 32 + half * 16);
    }
  }
}

INLINE void dequantize_q6_k(const uint8_t *block, float *out) {
  const int8_t *scales = (const int8_t *)block + 192;
  float d = half_at(block + 208);
  // Two halves of 128; in each, four runs of 32 whose low four bits share 64 bytes and whose high two share 32.
  ROLLED for (int half = 0; half < 2; half++) {
    ROLLED for (int run = 0; run < 4; run++) {
      UNROLLED for (int part = 0; part < 2; part++) {
        Vector low = LOAD(block + half * 64 + (run & 1) * 32 + part * 16);
        low = run < 2 ? low_nibbles(low) : high_nibbles(low);
        Vector high = wasm_u8x16_shr(LOAD(block + 128 + half * 32 + part * 16), run * 2);
        high = wasm_i8x16_shl(wasm_v128_and(high, wasm_i8x16_const_splat(3)), 4);
        float scale = d * scales[half * 8 + run * 2 + part];
        scale_bytes(wasm_v128_or(low, high), wasm_f32x4_splat(scale), wasm_f32x4_splat(-32.f * scale),
                    out + half * 128 + run * 32 + part * 16);
      }
    }
  }
}

INLINE void dequantize_q8_0(const uint8_t *block, float *out) {
  Vector d = wasm_f32x4_splat(half_at(block));
  UNROLLED for (int j = 0; j < 32; j += 8) {
    Vector q = wasm_i16x8_load8x8(block + 2 + j);
    STORE(out + j, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(q)), d));
    STORE(out + j + 4, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(q)), d));
  }
}

// `block_elements(format)` numbers.
void dequantize_block(int format, const uint8_t *block, float *out) {
  switch (format) {
    case FORMAT_F32: case FORMAT_F16: case FORMAT_BF16: STORE(out, load_floats(format, block)); break;
    case FORMAT_Q4_0: { float d = half_at(block); dequantize_small(block + 2, 0, d, -8 * d, out); break; }
    case FORMAT_Q4_1: dequantize_small(block + 4, 0, half_at(block), half_at(block + 2), out); break;
    case FORMAT_Q5_0: { float d = half_at(block); dequantize_small(block + 6, block + 2, d, -16 * d, out); break; }
    case FORMAT_Q5_1: dequantize_small(block + 8, block + 4, half_at(block), half_at(block + 2), out); break;
    case FORMAT_Q8_0: dequantize_q8_0(block, out); break;
    case FORMAT_Q4_K: dequantize_k45(block, 0, block + 16, out); break;
    case FORMAT_Q5_K: dequantize_k45(block, block + 16, block + 48, out); break;
    case FORMAT_Q6_K: dequantize_q6_k(block, out); break;
  }
}

// The float16 that scale a block, each of which must be finite for its numbers to be: their exponents are not all ones.
int block_is_finite(int format, const uint8_t *block) {
#define FINITE_HALF(at) ((block[(at) + 1] & 0x7c) != 0x7c)
  switch (format) {
    case FORMAT_F32: {
      Vector exponent = wasm_i32x4_const_splat(0x7f800000);
      return !wasm_v128_any_true(wasm_i32x4_eq(wasm_v128_and(LOAD(block), exponent), exponent));
    }
    case FORMAT_F16: {
      Vector exponent = wasm_i32x4_const_splat(0x7c00);
      return !wasm_v128_any_true(wasm_i32x4_eq(wasm_v128_and(wasm_u32x4_load16x4(block), exponent), exponent));
    }
    case FORMAT_BF16: {
      Vector exponent = wasm_i32x4_const_splat(0x7f80);
      return !wasm_v128_any_true(wasm_i32x4_eq(wasm_v128_and(wasm_u32x4_load16x4(block), exponent), exponent));
    }
    case FORMAT_Q4_1: case FORMAT_Q5_1: case FORMAT_Q4_K: case FORMAT_Q5_K: return FINITE_HALF(0) && FINITE_HALF(2);
    case FORMAT_Q6_K: return FINITE_HALF(208);
    default: return FINITE_HALF(0);
  }
#undef FINITE_HALF
}
