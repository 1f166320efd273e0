// The inner loops. A tile is four rows of activations times `groups` × 8 columns, its sums held in registers:
//   exact  a [k/2][4][2] int16, panel [k/2][8][2] int16; int32 sums of at most 128 products, then float32
//   float  a [k][4], panel [k][8]
// One group fits into sixteen 128-bit registers. Two fit into sixteen 256-bit ones: where the engine's compiler merges
// pairs of neighbouring vectors (compile-kernels.ts), a second build of this code with GROUPS=2 is twice as fast. What
// is merged must look alike: loads from one pointer at constant offsets, operands in one order. Hence the fixed order of
// the instructions. Both builds give the same numbers, bit for bit.
#pragma once

#ifndef GROUPS
#define GROUPS 1
#endif

#include "simd.h"

// Products that are added up as int32 before they are scaled.
#define SPAN 128
// The largest magnitudes of int16 activations and weights: SPAN × 4095 × 4064 < 2^31.
#define ACTIVATION_MAX 4095.f
#define WEIGHT_MAX 4064.f

INLINE int spans_of(int k) { return (k + SPAN - 1) / SPAN; }

// out[4][groups × 8] = scaled sums + bias (may be null).
// a_scales [spans][4]; panel_scales [spans][8]; both panels' strides are those of k. k % 8 = 0.
void exact_tile(const int16_t *a, const float *a_scales, const int16_t *panel, const float *panel_scales, int k, const float *bias,
                float *out, int out_stride, int groups);

// out[4][groups × 8] = sums + bias (may be null). k % 4 = 0.
void float_tile(const float *a, const float *panel, int k, const float *bias, float *out, int out_stride, int groups);

// One row of k floats → int16, one scale per span, interleaved with the other rows of its tile: number c goes to
// out[c/2][lane of `lanes`][c%2]. What is beyond the row's `filled` numbers is zero. filled % 4 = 0, k % 8 = 0.
INLINE void quantize_row(const float *x, int filled, int k, float magnitude_max, float factor, int lane, const int lanes,
                         int16_t *out, float *scales) {
  for (int span = 0; span < k; span += SPAN, scales += lanes) {
    int end = min_int(span + SPAN, k), known = min_int(end, filled);
    Vector largest = F32(0.f);
    for (int c = span; c < known; c += 4) largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(LOAD(x + c)));
    float magnitude = max_of(largest);
    scales[lane] = magnitude * factor / magnitude_max;
    Vector inverse = wasm_f32x4_splat(magnitude > 0 ? magnitude_max / magnitude : 0.f);
    for (int c = span; c < end; c += 8) {
      Vector low = c < known ? to_nearest_int(wasm_f32x4_mul(LOAD(x + c), inverse)) : wasm_i32x4_const_splat(0);
      Vector high = c + 4 < known ? to_nearest_int(wasm_f32x4_mul(LOAD(x + c + 4), inverse)) : wasm_i32x4_const_splat(0);
      Vector q = wasm_i16x8_narrow_i32x4(low, high);
      int16_t *to = out + (c >> 1) * lanes * 2 + lane * 2;
      wasm_v128_store32_lane(to, q, 0);
      wasm_v128_store32_lane(to + lanes * 2, q, 1);
      wasm_v128_store32_lane(to + lanes * 4, q, 2);
      wasm_v128_store32_lane(to + lanes * 6, q, 3);
    }
  }
}

INLINE void zero_row(int k, int lane, const int lanes, int16_t *out, float *scales) {
  for (int span = 0; span < k; span += SPAN) scales[span / SPAN * lanes + lane] = 0.f;
  for (int pair = 0; pair < k >> 1; pair++) *(int32_t *)(out + (pair * lanes + lane) * 2) = 0;
}

// One row of k floats, interleaved: number c goes to out[c][lane of `lanes`]. A null row is zeros.
INLINE void interleave_row(const float *x, int k, float factor, int lane, const int lanes, float *out) {
  for (int c = 0; c < k; c += 4) {
    Vector v = x ? wasm_f32x4_mul(LOAD(x + c), wasm_f32x4_splat(factor)) : F32(0.f);
    float *to = out + (int64_t)c * lanes + lane;
    wasm_v128_store32_lane(to, v, 0);
    wasm_v128_store32_lane(to + lanes, v, 1);
    wasm_v128_store32_lane(to + lanes * 2, v, 2);
    wasm_v128_store32_lane(to + lanes * 3, v, 3);
  }
}
