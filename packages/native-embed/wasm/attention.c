// Bidirectional self-attention of one text, one head after the other:
//
//   out[i] = Σ_j softmax_j(q[i]·k[j] / √head − slope × |i − j|) v[j]
//
//   qkv  [n][3 × heads × head] float32: queries, keys, values; rows `stride` floats apart
//   out  [n rounded up to 4][heads × head] float32, rows `out_stride` apart
//   slopes  [heads], or null without ALiBi
//   work  scratch of attention_work_bytes(n, head), aligned to 16; head % 8 = 0
//
// Thirty-two queries at a time, so that their scores stay in the cache. `exact` multiplies int16 with the tile of the
// linear layers (12 bits and a scale for each query, key, and 128 values of a column), otherwise float32.
#include "tiles.h"

#define QUERIES 32
#define LOG2_E 1.44269504f

INLINE int padded(int n) { return (n + 7) & ~7; }

INLINE uint8_t *take(uint8_t **from, int64_t bytes) {
  uint8_t *taken = *from;
  *from += (bytes + 63) & ~63;
  return taken;
}

typedef struct {
  uint8_t *keys, *values, *queries, *weights;
  float *key_scales, *value_scales, *query_scales, *weight_scales, *scores;
} Work;

INLINE Work divide_work(uint8_t *work, int n, int head, uint8_t **end) {
  const int64_t tokens = padded(n);
  Work w;
  w.keys = take(&work, tokens * head * 4);
  w.values = take(&work, tokens * head * 4);
  w.queries = take(&work, QUERIES * head * 4);
  w.scores = (float *)take(&work, QUERIES * tokens * 4);
  w.weights = take(&work, QUERIES * tokens * 4);
  w.key_scales = (float *)take(&work, tokens * spans_of(head) * 4);
  w.value_scales = (float *)take(&work, (int64_t)head * spans_of(tokens) * 4);
  w.query_scales = (float *)take(&work, QUERIES * spans_of(head) * 4);
  w.weight_scales = (float *)take(&work, QUERIES * spans_of(tokens) * 4);
  *end = work;
  return w;
}

EXPORT(attention_work_bytes) double attention_work_bytes(int n, int head) {
  uint8_t *end;
  divide_work(0, n, head, &end);
  return (double)(uintptr_t)end;
}

// Keys → [n/8][head/2][8][2] int16, or [n/8][head][8] float32.
INLINE void pack_keys(const float *keys, int64_t stride, int n, int head, Work *w, const int exact) {
  for (int token = 0; token < padded(n); token++) {
    const float *from = keys + token * stride;
    const int64_t group = token & ~7;
    if (!exact) interleave_row(token < n ? from : 0, head, 1.f, token & 7, 8, (float *)w->keys + group * head);
    else if (token < n) quantize_row(from, head, head, WEIGHT_MAX, 1.f, token & 7, 8, (int16_t *)w->keys + group * head, w->key_scales + group * spans_of(head));
    else zero_row(head, token & 7, 8, (int16_t *)w->keys + group * head, w->key_scales + group * spans_of(head));
  }
}

// Queries, scaled so that exp2 of a score is e^(score / √head) → [4][head/2][4][2] int16, or [4][head][4] float32.
INLINE void pack_queries(const float *queries, int64_t stride, int count, int head, Work *w, const int exact) {
  const float factor = LOG2_E / __builtin_sqrtf((float)head);
  for (int row = 0; row < ((count + 3) & ~3); row++) {
    const float *from = queries + row * stride;
    const int64_t tile = row & ~3;
    if (!exact) interleave_row(row < count ? from : 0, head, factor, row & 3, 4, (float *)w->queries + tile * head);
    else if (row < count) quantize_row(from, head, head, ACTIVATION_MAX, factor, row & 3, 4, (int16_t *)w->queries + tile * head, w->query_scales + tile * spans_of(head));
    else zero_row(head, row & 3, 4, (int16_t *)w->queries + tile * head, w->query_scales + tile * spans_of(head));
  }
}

// Values → [head/8][n/2][8][2] int16 with a scale for SPAN tokens of a column, or [head/8][n][8] float32.
INLINE void pack_values(const float *values, int64_t stride, int n, int head, Work *w, const int exact) {
  const int tokens = padded(n);
  if (!exact) {
    for (int column = 0; column < head; column += 8) {
      float *to = (float *)w->values + (int64_t)column * tokens;
      for (int token = 0; token < tokens; token++, to += 8) {
        STORE(to, token < n ? LOAD(values + token * stride + column) : F32(0.f));
        STORE(to + 4, token < n ? LOAD(values + token * stride + column + 4) : F32(0.f));
      }
    }
    return;
  }
  for (int column = 0; column < head; column += 4) {
    const int group = column >> 3, half = (column >> 2) & 1;
    for (int span = 0; span < tokens; span += SPAN) {
      const int end = min_int(span + SPAN, tokens), known = min_int(end, n);
      Vector largest = F32(0.f);
      for (int token = span; token < known; token++) largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(LOAD(values + token * stride + column)));
      STORE(w->value_scales + (int64_t)group * spans_of(tokens) * 8 + span / SPAN * 8 + half * 4, wasm_f32x4_mul(largest, F32(1.f / WEIGHT_MAX)));
      Vector inverse = wasm_f32x4_div(F32(WEIGHT_MAX), wasm_f32x4_pmax(largest, F32(1e-30f)));
      int16_t *to = (int16_t *)w->values + (int64_t)group * 8 * tokens + span * 8 + half * 8;
      for (int token = span; token < end; token += 2, to += 16) {
        Vector even = token < known ? to_nearest_int(wasm_f32x4_mul(LOAD(values + token * stride + column), inverse)) : wasm_i32x4_const_splat(0);
        Vector odd = token + 1 < known ? to_nearest_int(wasm_f32x4_mul(LOAD(values + (token + 1) * stride + column), inverse)) : wasm_i32x4_const_splat(0);
        STORE(to, wasm_v128_or(wasm_v128_and(even, wasm_i32x4_const_splat(0xffff)), wasm_i32x4_shl(odd, 16)));
      }
    }
  }
}

// Takes the position bias off a row of scores, and -∞ for what pads it. Gives the largest score in all lanes.
INLINE Vector finish_scores(float *scores, int position, int n, float slope) {
  const int tokens = padded(n);
  if (slope != 0.f) {
    Vector distance = wasm_f32x4_sub(wasm_f32x4_const(0.f, 1.f, 2.f, 3.f), wasm_f32x4_splat((float)position));
    const Vector factor = wasm_f32x4_splat(-slope * LOG2_E);
    for (int j = 0; j < tokens; j += 4) {
      STORE(scores + j, wasm_f32x4_add(LOAD(scores + j), wasm_f32x4_mul(wasm_f32x4_abs(distance), factor)));
      distance = wasm_f32x4_add(distance, F32(4.f));
    }
  }
  for (int j = n; j < tokens; j++) scores[j] = -1e30f;
  Vector largest = LOAD(scores);
  for (int j = 4; j < tokens; j += 4) largest = wasm_f32x4_pmax(largest, LOAD(scores + j));
  return wasm_f32x4_splat(max_of(largest));
}

// 2^x for x ≤ 0 as a share of ACTIVATION_MAX, to the nearest whole number; below 2^-126 it is 0. The polynomial is
// the best of degree 3 on [-0.5, 0.5], off by 1e-4 of its value: less than half a step.
INLINE Vector weight_of(Vector x, const Vector c[5]) {
  x = wasm_f32x4_pmax(c[4], x);
  Vector whole = wasm_f32x4_nearest(x), fraction = wasm_f32x4_sub(x, whole);
  Vector p = MULTIPLY_ADD(MULTIPLY_ADD(MULTIPLY_ADD(c[3], fraction, c[2]), fraction, c[1]), fraction, c[0]);
  return to_nearest_int(wasm_i32x4_add(p, wasm_i32x4_shl(wasm_i32x4_relaxed_trunc_f32x4(whole), 23)));
}

// Four rows of scores, base 2 → weights [n/2][4][2] int16, whose scales make each row add up to 1.
INLINE void softmax_exact(float *scores, int position, int n, float slope, int16_t *weights, float *weight_scales) {
  const int tokens = padded(n);
  const Vector c[5] = {kept(0.99992807f * ACTIVATION_MAX), kept(0.69326099f * ACTIVATION_MAX), kept(0.24261112f * ACTIVATION_MAX),
                       kept(0.05517166f * ACTIVATION_MAX), kept(-126.f)};
  Vector largest[4], sum[4];
  UNROLLED for (int i = 0; i < 4; i++) {
    largest[i] = finish_scores(scores + (int64_t)i * tokens, position + i, n, slope);
    sum[i] = wasm_i32x4_const_splat(0);
  }
  for (int j = 0; j < tokens; j += 8, weights += 32) {
    Vector q[4];
    UNROLLED for (int i = 0; i < 4; i++) {
      const float *row = scores + (int64_t)i * tokens + j;
      Vector low = weight_of(wasm_f32x4_sub(LOAD(row), largest[i]), c), high = weight_of(wasm_f32x4_sub(LOAD(row + 4), largest[i]), c);
      sum[i] = wasm_i32x4_add(sum[i], wasm_i32x4_add(low, high));
      q[i] = wasm_i16x8_narrow_i32x4(low, high);
    }
    // Four rows of four pairs → four pairs of four rows.
    Vector a = wasm_i32x4_shuffle(q[0], q[1], 0, 4, 1, 5), b = wasm_i32x4_shuffle(q[2], q[3], 0, 4, 1, 5);
    Vector c = wasm_i32x4_shuffle(q[0], q[1], 2, 6, 3, 7), d = wasm_i32x4_shuffle(q[2], q[3], 2, 6, 3, 7);
    STORE(weights, wasm_i64x2_shuffle(a, b, 0, 2));
    STORE(weights + 8, wasm_i64x2_shuffle(a, b, 1, 3));
    STORE(weights + 16, wasm_i64x2_shuffle(c, d, 0, 2));
    STORE(weights + 24, wasm_i64x2_shuffle(c, d, 1, 3));
  }
  UNROLLED for (int i = 0; i < 4; i++) {
    const float scale = 1.f / sum_of(wasm_f32x4_convert_i32x4(sum[i]));
    for (int span = 0; span < spans_of(tokens); span++) weight_scales[span * 4 + i] = scale;
  }
}

// The same → [n][4] float32.
INLINE void softmax_float(float *scores, int position, int n, float slope, float *weights) {
  const Exp2 c = make_exp2();
  const int tokens = padded(n);
  for (int i = 0; i < 4; i++, scores += tokens) {
    const Vector largest = finish_scores(scores, position + i, n, slope);
    Vector sum = F32(0.f);
    for (int j = 0; j < tokens; j += 4) {
      Vector e = exp2_of(wasm_f32x4_sub(LOAD(scores + j), largest), &c);
      sum = wasm_f32x4_add(sum, e);
      STORE(scores + j, e);
    }
    for (int j = n; j < tokens; j++) scores[j] = 0.f;
    interleave_row(scores, tokens, 1.f / sum_of(sum), i, 4, weights);
  }
}

// a[4][k] × panel → out[4][columns], all `columns` of them.
INLINE void multiply(const uint8_t *a, const float *a_scales, const uint8_t *panel, const float *panel_scales, int k, int columns,
                     float *out, int out_stride, const int exact) {
  for (int column = 0; column < columns;) {
    const int groups = GROUPS == 2 && column + 16 <= columns ? 2 : 1;
    const int64_t at = (int64_t)column * k;
    if (exact) {
      const float *scales = panel_scales + column * spans_of(k);
      exact_tile((const int16_t *)a, a_scales, (const int16_t *)panel + at, scales, k, 0, out + column, out_stride, groups);
    } else {
      float_tile((const float *)a, (const float *)panel + at, k, 0, out + column, out_stride, groups);
    }
    column += groups * 8;
  }
}

INLINE void attention_in(const float *qkv, int stride, int n, int heads, int head, const float *slopes, float *out,
                         int out_stride, uint8_t *work, const int exact) {
  uint8_t *end;
  Work w = divide_work(work, n, head, &end);
  const int tokens = padded(n), width = heads * head, bytes = exact ? 2 : 4;
  for (int h = 0; h < heads; h++) {
    const float *q = qkv + h * head, *k = q + width, *v = k + width;
    pack_keys(k, stride, n, head, &w, exact);
    pack_values(v, stride, n, head, &w, exact);
    for (int first = 0; first < n; first += QUERIES) {
      const int count = min_int(QUERIES, n - first);
      pack_queries(q + (int64_t)first * stride, stride, count, head, &w, exact);
      for (int row = 0; row < count; row += 4) {
        float *scores = w.scores + (int64_t)row * tokens;
        multiply(w.queries + row * head * bytes, w.query_scales + row * spans_of(head), w.keys, w.key_scales, head, tokens, scores, tokens, exact);
      }
      for (int row = 0; row < count; row += 4) {
        float *scores = w.scores + (int64_t)row * tokens, slope = slopes ? slopes[h] : 0.f;
        uint8_t *weights = w.weights + (int64_t)row * tokens * bytes;
        if (exact) softmax_exact(scores, first + row, n, slope, (int16_t *)weights, w.weight_scales + row * spans_of(tokens));
        else softmax_float(scores, first + row, n, slope, (float *)weights);
      }
      for (int row = 0; row < count; row += 4) {
        multiply(w.weights + (int64_t)row * tokens * bytes, w.weight_scales + row * spans_of(tokens), w.values, w.value_scales, tokens, head,
                 out + (int64_t)(first + row) * out_stride + h * head, out_stride, exact);
      }
    }
  }
}

EXPORT(attention_exact)
void attention_exact(const float *qkv, int stride, int n, int heads, int head, const float *slopes, float *out, int out_stride, uint8_t *work) {
  attention_in(qkv, stride, n, heads, head, slopes, out, out_stride, work, 1);
}

EXPORT(attention_float)
void attention_float(const float *qkv, int stride, int n, int heads, int head, const float *slopes, float *out, int out_stride, uint8_t *work) {
  attention_in(qkv, stride, n, heads, head, slopes, out, out_stride, work, 0);
}
