// out = x · Wᵀ + bias, for the weight layouts of pack.c.
//
//   x     [rows][k] float32, rows `x_stride` floats apart
//   out   [rows rounded up to 4][columns] float32, rows `out_stride` apart; k % 32 = 0 and columns % 8 = 0
//   bias  [columns], or null
//   work  scratch of linear_work_bytes(k), aligned to 16
//
// The rows are taken in blocks whose packed activations stay in the second-level cache while all columns pass by.
#include "dequantize.h"
#include "tiles.h"

// What the packed activations of a block of rows may take; a block has four rows at least.
#define ACTIVATION_BYTES (512 * 1024)
// A scale for 32 numbers of each row at most.
#define SCALE_BYTES (64 * 1024)

typedef struct {
  uint8_t *activations;
  float *scales;
  uint8_t *panel;
  float *panel_scales;
  uint8_t *end;
  int rows;
} Work;

// Where things are in the scratch, and the rows of one block when a packed number has `bytes`. The places are the same
// for all sizes of numbers.
INLINE Work divide_work(uint8_t *work, int k, int bytes) {
  const int activation_bytes = 16 * k > ACTIVATION_BYTES ? 16 * k : ACTIVATION_BYTES;
  const int rows = ACTIVATION_BYTES / (bytes * k) & ~3;
  Work w;
  w.activations = work;
  w.scales = (float *)(w.activations + activation_bytes);
  // Sixteen columns of up to four bytes a number, and their scales.
  w.panel = (uint8_t *)w.scales + SCALE_BYTES;
  w.panel_scales = (float *)(w.panel + 64 * (int64_t)k);
  w.end = (uint8_t *)w.panel_scales + 64 * spans_of(k);
  // A block of more than 512 rows gains nothing, and their scales would not fit.
  w.rows = min_int(rows < 4 ? 4 : rows, 512);
  return w;
}

EXPORT(linear_work_bytes) int linear_work_bytes(int k) { return (int)(uintptr_t)divide_work(0, k, 4).end; }

INLINE const float *bias_at(const float *bias, int column) { return bias ? bias + column : 0; }

// Eight columns → int16 with one scale for SPAN numbers: a block whose scale is smaller than the largest of its span is
// multiplied by their ratio, in steps of 1/4096. The result is rounded to 1/32 of a step of the int8 weight with the
// largest scale.
__attribute__((noinline)) static void widen_panel(const int8_t *values, const float *scales, int k, int16_t *panel, float *panel_scales) {
  // Of four columns' runs of four numbers, the first two numbers of each or the last two; each becomes the upper byte of
  // an int16, which is 256 times the number. Indices out of range give 0.
  // V8 would build a constant anew at each use, which costs more than the use: these depend on k, and 0 is added to them.
  int sign = k >> 31;
  KEEP_ORDER(sign);
  const Vector zero = wasm_i8x16_splat(sign);
  const Vector first_pairs = wasm_v128_or(wasm_i8x16_const(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13), zero);
  const Vector last_pairs = wasm_v128_or(wasm_i8x16_const(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15), zero);
  for (int span = 0; span < k; span += SPAN, panel_scales += 8) {
    const int end = min_int(span + SPAN, k);
    UNROLLED for (int half = 0; half < 2; half++) {
      Vector largest = F32(0.f);
      for (int c = span; c < end; c += 32) largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(LOAD(scales + c / 4 + half * 4)));
      STORE(panel_scales + half * 4, wasm_f32x4_mul(largest, F32(1.f / 32.f)));
      Vector inverse = wasm_f32x4_div(F32(4096.f), wasm_f32x4_pmax(largest, F32(1e-30f)));
      for (int c = span; c < end; c += 32) {
        Vector ratio = to_nearest_int(wasm_f32x4_mul(LOAD(scales + c / 4 + half * 4), inverse));
        ratio = wasm_v128_or(wasm_v128_and(ratio, wasm_i32x4_const_splat(0xffff)), wasm_i32x4_shl(ratio, 16));
        UNROLLED for (int step = 0; step < 32; step += 4) {
          Vector q = LOAD(values + (c + step) * 8 + half * 16);
          int16_t *to = panel + (c + step) * 8 + half * 8;
          // (256 q × ratio + 2^14) >> 15; the ratio is far from -32768, where the relaxed form differs.
          STORE(to, wasm_i16x8_relaxed_q15mulr(wasm_i8x16_relaxed_swizzle(q, first_pairs), ratio));
          STORE(to + 16, wasm_i16x8_relaxed_q15mulr(wasm_i8x16_relaxed_swizzle(q, last_pairs), ratio));
        }
      }
    }
  }
}

EXPORT(linear_exact)
void linear_exact(const float *x, int x_stride, int rows, const int8_t *values, const float *scales, int columns,
                            int k, const float *bias, float *out, int out_stride, uint8_t *work) {
  Work w = divide_work(work, k, 2);
  int16_t *activations = (int16_t *)w.activations, *panel = (int16_t *)w.panel;
  const int spans = spans_of(k);
  for (int block = 0; block < rows; block += w.rows) {
    const int count = min_int(w.rows, rows - block);
    for (int row = 0; row < ((count + 3) & ~3); row++) {
      int16_t *to = activations + (int64_t)(row & ~3) * k;
      float *to_scales = w.scales + (row & ~3) * spans;
      if (row < count) quantize_row(x + (int64_t)(block + row) * x_stride, k, k, ACTIVATION_MAX, 1.f, row & 3, 4, to, to_scales);
      else zero_row(k, row & 3, 4, to, to_scales);
    }
    for (int column = 0; column < columns;) {
      const int wide = GROUPS == 2 && column + 16 <= columns;
      for (int g = 0; g <= wide; g++) {
        const int64_t group = (column >> 3) + g;
        widen_panel(values + group * 8 * k, scales + group * 8 * (k >> 5), k, panel + (int64_t)g * 8 * k, w.panel_scales + g * 8 * spans);
      }
      for (int row = 0; row < count; row += 4) {
        const int16_t *a = activations + (int64_t)row * k;
        const float *a_scales = w.scales + row * spans;
        float *to = out + (int64_t)(block + row) * out_stride + column;
        exact_tile(a, a_scales, panel, w.panel_scales, k, bias_at(bias, column), to, out_stride, wide + 1);
      }
      column += wide ? 16 : 8;
    }
  }
}

// ---- int8 activations and the relaxed dot product -------------------------------------------------------------------

// What the relaxed instruction computes is the machine's business (compile-kernels.ts probes it). EMULATE_RELAXED_DOT makes it
// the exact dot product of signed weights with unsigned (1) or signed (2) activations: for tests of both paths on
// machines that have neither.
INLINE Vector relaxed_dot(Vector weights, Vector activations, Vector sum) {
#ifdef EMULATE_RELAXED_DOT
#if EMULATE_RELAXED_DOT == 1
  Vector a_low = wasm_u16x8_extend_low_u8x16(activations), a_high = wasm_u16x8_extend_high_u8x16(activations);
#else
  Vector a_low = wasm_i16x8_extend_low_i8x16(activations), a_high = wasm_i16x8_extend_high_i8x16(activations);
#endif
  Vector low = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(weights), a_low);
  Vector high = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(weights), a_high);
  return wasm_i32x4_add(sum, wasm_i32x4_add(wasm_i32x4_shuffle(low, high, 0, 2, 4, 6), wasm_i32x4_shuffle(low, high, 1, 3, 5, 7)));
#else
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(weights, activations, sum);
#endif
}

EXPORT(probe_relaxed_dot) int probe_relaxed_dot(int weight, int activation) {
  return wasm_i32x4_extract_lane(relaxed_dot(wasm_i8x16_splat(weight), wasm_i8x16_splat(activation), wasm_i32x4_const_splat(0)), 0);
}

// One row → int8 with a scale for 32 numbers, interleaved by four rows: [k/4][4][4]. `flip` is 0x80 where the
// instruction takes the activations as unsigned, and adds 128 to each.
INLINE void quantize_row_int8(const float *x, int k, int flip, int lane, uint8_t *out, float *scales) {
  const Vector flips = wasm_i8x16_splat(flip);
  for (int c = 0; c < k; c += 32) {
    Vector v[8], largest = F32(0.f);
    UNROLLED for (int j = 0; j < 8; j++) {
      v[j] = x ? LOAD(x + c + j * 4) : F32(0.f);
      largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(v[j]));
    }
    float magnitude = max_of(largest);
    scales[c / 32 * 4 + lane] = magnitude / 127.f;
    Vector inverse = wasm_f32x4_splat(magnitude > 0 ? 127.f / magnitude : 0.f);
    UNROLLED for (int j = 0; j < 8; j++) v[j] = to_nearest_int(wasm_f32x4_mul(v[j], inverse));
    UNROLLED for (int half = 0; half < 2; half++) {
      Vector *h = v + half * 4;
      Vector q = wasm_v128_xor(wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(h[0], h[1]), wasm_i16x8_narrow_i32x4(h[2], h[3])), flips);
      uint8_t *to = out + c * 4 + half * 64 + lane * 4;
      wasm_v128_store32_lane(to, q, 0);
      wasm_v128_store32_lane(to + 16, q, 1);
      wasm_v128_store32_lane(to + 32, q, 2);
      wasm_v128_store32_lane(to + 48, q, 3);
    }
  }
}

INLINE void relaxed_tile(const uint8_t *a, const float *a_scales, const int8_t *values, const float *scales, const int16_t *sums,
                         int k, const float *bias, float *out, int out_stride, const int groups) {
  const int8_t *w[2] = {values, values + (int64_t)k * 8};
  const float *w_scales[2] = {scales, scales + (int64_t)(k >> 5) * 8};
  const int16_t *w_sums[2] = {sums, sums + (int64_t)(k >> 5) * 8};
  Vector total[4][4];
  UNROLLED for (int j = 0; j < groups * 2; j++) {
    Vector start = bias ? LOAD(bias + j * 4) : F32(0.f);
    UNROLLED for (int i = 0; i < 4; i++) total[i][j] = start;
  }
  ROLLED for (int block = k >> 5; block > 0; block--) {
    Vector sum[4][4];
    UNROLLED for (int j = 0; j < groups * 2; j++) {
      // 128 was added to every activation: take 128 × Σ weights away again.
      Vector start = sums ? wasm_i32x4_neg(wasm_i32x4_shl(wasm_i32x4_load16x4(w_sums[j >> 1] + (j & 1) * 4), 7)) : wasm_i32x4_const_splat(0);
      UNROLLED for (int i = 0; i < 4; i++) sum[i][j] = start;
    }
    ROLLED for (int part = 0; part < 2; part++) {
      UNROLLED for (int step = 0; step < 4; step++) {
        Vector x[4];
        UNROLLED for (int j = 0; j < groups * 2; j++) {
          x[j] = LOAD(w[j >> 1] + step * 32 + (j & 1) * 16);
          KEEP_ORDER(x[j]);
        }
        UNROLLED for (int i = 0; i < 4; i++) {
          Vector activation = SPLAT_LANE(a + step * 16 + i * 4);
          KEEP_ORDER(activation);
          UNROLLED for (int j = 0; j < groups * 2; j++) {
            sum[i][j] = relaxed_dot(x[j], activation, sum[i][j]);
            KEEP_ORDER(sum[i][j]);
          }
        }
      }
      a += 64;
      KEEP_ORDER(a);
      UNROLLED for (int g = 0; g < groups; g++) {
        w[g] += 128;
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
    UNROLLED for (int g = 0; g < groups; g++) {
      w_scales[g] += 8;
      w_sums[g] += 8;
    }
  }
  UNROLLED for (int i = 0; i < 4; i++)
    UNROLLED for (int j = 0; j < groups * 2; j++) STORE(out + (int64_t)i * out_stride + j * 4, total[i][j]);
}

// `sums` of sum_blocks where activations are taken as unsigned, else null.
EXPORT(linear_relaxed)
void linear_relaxed(const float *x, int x_stride, int rows, const int8_t *values, const float *scales,
                              const int16_t *sums, int columns, int k, const float *bias, float *out, int out_stride,
                              uint8_t *work) {
  Work w = divide_work(work, k, 1);
  const int blocks = k >> 5;
  for (int block = 0; block < rows; block += w.rows) {
    const int count = min_int(w.rows, rows - block);
    for (int row = 0; row < ((count + 3) & ~3); row++) {
      const float *from = row < count ? x + (int64_t)(block + row) * x_stride : 0;
      quantize_row_int8(from, k, sums ? 0x80 : 0, row & 3, w.activations + (int64_t)(row & ~3) * k, w.scales + (row & ~3) * blocks);
    }
    for (int column = 0; column < columns;) {
      const int wide = GROUPS == 2 && column + 16 <= columns;
      const int8_t *v = values + (int64_t)column * k;
      const float *s = scales + (int64_t)column * blocks;
      const int16_t *c = sums ? sums + (int64_t)column * blocks : 0;
      for (int row = 0; row < count; row += 4) {
        const uint8_t *a = w.activations + (int64_t)row * k;
        const float *a_scales = w.scales + row * blocks;
        float *to = out + (int64_t)(block + row) * out_stride + column;
        if (wide) relaxed_tile(a, a_scales, v, s, c, k, bias_at(bias, column), to, out_stride, 2);
        else relaxed_tile(a, a_scales, v, s, c, k, bias_at(bias, column), to, out_stride, 1);
      }
      column += wide ? 16 : 8;
    }
  }
}

// ---- float32 ----------------------------------------------------------------------------------------------------------

// `format`: F32, F16 or BF16, of the weights.
EXPORT(linear_float)
void linear_float(const float *x, int x_stride, int rows, int format, const uint8_t *values, int columns, int k,
                            const float *bias, float *out, int out_stride, uint8_t *work) {
  Work w = divide_work(work, k, 4);
  float *activations = (float *)w.activations;
  for (int block = 0; block < rows; block += w.rows) {
    const int count = min_int(w.rows, rows - block);
    for (int row = 0; row < ((count + 3) & ~3); row++) {
      const float *from = row < count ? x + (int64_t)(block + row) * x_stride : 0;
      interleave_row(from, k, 1.f, row & 3, 4, activations + (int64_t)(row & ~3) * k);
    }
    for (int column = 0; column < columns;) {
      const int wide = GROUPS == 2 && column + 16 <= columns;
      const float *panel = (const float *)values + (int64_t)column * k;
      if (format != FORMAT_F32) {
        const uint8_t *from = values + (int64_t)column * k * 2;
        for (int i = 0; i < (wide + 1) * 8 * k; i += 4) STORE((float *)w.panel + i, load_floats(format, from + i * 2));
        panel = (float *)w.panel;
      }
      for (int row = 0; row < count; row += 4) {
        const float *a = activations + (int64_t)row * k;
        float *to = out + (int64_t)(block + row) * out_stride + column;
        float_tile(a, panel, k, bias_at(bias, column), to, out_stride, wide + 1);
      }
      column += wide ? 16 : 8;
    }
  }
}
