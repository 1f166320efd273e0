// The inner loops of tiles.h, one copy of each for all that use them: compiling these is most of what compiling costs.
#include "tiles.h"

INLINE void exact_tile_of(const int16_t *a, const float *a_scales, const int16_t *panel, const float *panel_scales, int k,
                       const float *bias, float *out, int out_stride, const int groups) {
  const int16_t *w[2] = {panel, panel + (int64_t)k * 8};
  const float *w_scales[2] = {panel_scales, panel_scales + spans_of(k) * 8};
  Vector total[4][4];
  UNROLLED for (int j = 0; j < groups * 2; j++) {
    Vector start = bias ? LOAD(bias + j * 4) : F32(0.f);
    UNROLLED for (int i = 0; i < 4; i++) total[i][j] = start;
  }
  ROLLED for (int span = 0; span < k; span += SPAN) {
    Vector sum[4][4];
    UNROLLED for (int i = 0; i < 4; i++) UNROLLED for (int j = 0; j < groups * 2; j++) sum[i][j] = wasm_i32x4_const_splat(0);
    ROLLED for (int step = min_int(SPAN, k - span) >> 3; step > 0; step--) {
      UNROLLED for (int pair = 0; pair < 4; pair++) {
        Vector x[4];
        UNROLLED for (int j = 0; j < groups * 2; j++) {
          x[j] = LOAD(w[j >> 1] + pair * 16 + (j & 1) * 8);
          KEEP_ORDER(x[j]);
        }
        UNROLLED for (int i = 0; i < 4; i++) {
          Vector activation = SPLAT_LANE(a + pair * 8 + i * 2);
          KEEP_ORDER(activation);
          UNROLLED for (int j = 0; j < groups * 2; j++) {
            sum[i][j] = wasm_i32x4_add(sum[i][j], wasm_i32x4_dot_i16x8(x[j], activation));
            KEEP_ORDER(sum[i][j]);
          }
        }
      }
      a += 32;
      KEEP_ORDER(a);
      UNROLLED for (int g = 0; g < groups; g++) {
        w[g] += 64;
        KEEP_ORDER(w[g]);
      }
    }
    UNROLLED for (int i = 0; i < 4; i++) {
      Vector a_scale = SPLAT_LANE(a_scales + i);
      UNROLLED for (int j = 0; j < groups * 2; j++) {
        Vector scale = wasm_f32x4_mul(LOAD(w_scales[j >> 1] + (j & 1) * 4), a_scale);
        total[i][j] = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(sum[i][j]), scale), total[i][j]);
        KEEP_ORDER(total[i][j]);
      }
    }
    a_scales += 4;
    UNROLLED for (int g = 0; g < groups; g++) w_scales[g] += 8;
  }
  UNROLLED for (int i = 0; i < 4; i++)
    UNROLLED for (int j = 0; j < groups * 2; j++) STORE(out + (int64_t)i * out_stride + j * 4, total[i][j]);
}

INLINE void float_tile_of(const float *a, const float *panel, int k, const float *bias, float *out,
                       int out_stride, const int groups) {
  const float *w[2] = {panel, panel + (int64_t)k * 8};
  Vector sum[4][4];
  UNROLLED for (int j = 0; j < groups * 2; j++) {
    Vector start = bias ? LOAD(bias + j * 4) : F32(0.f);
    UNROLLED for (int i = 0; i < 4; i++) sum[i][j] = start;
  }
  ROLLED for (int step = k >> 2; step > 0; step--) {
    UNROLLED for (int one = 0; one < 4; one++) {
      Vector x[4];
      UNROLLED for (int j = 0; j < groups * 2; j++) {
        x[j] = LOAD(w[j >> 1] + one * 8 + (j & 1) * 4);
        KEEP_ORDER(x[j]);
      }
      UNROLLED for (int i = 0; i < 4; i++) {
        Vector activation = SPLAT_LANE(a + one * 4 + i);
        KEEP_ORDER(activation);
        UNROLLED for (int j = 0; j < groups * 2; j++) {
          sum[i][j] = MULTIPLY_ADD(x[j], activation, sum[i][j]);
          KEEP_ORDER(sum[i][j]);
        }
      }
    }
    a += 16;
    KEEP_ORDER(a);
    UNROLLED for (int g = 0; g < groups; g++) {
      w[g] += 32;
      KEEP_ORDER(w[g]);
    }
  }
  UNROLLED for (int i = 0; i < 4; i++)
    UNROLLED for (int j = 0; j < groups * 2; j++) STORE(out + (int64_t)i * out_stride + j * 4, sum[i][j]);
}

void exact_tile(const int16_t *a, const float *a_scales, const int16_t *panel, const float *panel_scales, int k, const float *bias,
                float *out, int out_stride, int groups) {
  if (GROUPS == 2 && groups == 2) exact_tile_of(a, a_scales, panel, panel_scales, k, bias, out, out_stride, 2);
  else exact_tile_of(a, a_scales, panel, panel_scales, k, bias, out, out_stride, 1);
}

void float_tile(const float *a, const float *panel, int k, const float *bias, float *out, int out_stride, int groups) {
  if (GROUPS == 2 && groups == 2) float_tile_of(a, panel, k, bias, out, out_stride, 2);
  else float_tile_of(a, panel, k, bias, out, out_stride, 1);
}
