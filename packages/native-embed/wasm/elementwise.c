// What stands between the matrix products. Rows are [width] float32, one after the other unless a stride is given;
// width % 4 = 0.
#include "dequantize.h"

// out[i] = row ids[i] of a table in its file's format, or what was in out[i] plus that.
EXPORT(gather_rows)
void gather_rows(int format, const uint8_t *table, int width, const int32_t *ids, int count, float *out, int add) {
  const int elements = block_elements(format), bytes = block_bytes(format);
  const int64_t row_bytes = (int64_t)(width / elements) * bytes;
  for (int i = 0; i < count; i++) {
    const uint8_t *block = table + ids[i] * row_bytes;
    for (int at = 0; at < width; at += elements, block += bytes, out += elements) {
      float numbers[256];
      dequantize_block(format, block, numbers);
      ROLLED for (int j = 0; j < elements; j += 4) STORE(out + j, add ? wasm_f32x4_add(LOAD(out + j), LOAD(numbers + j)) : LOAD(numbers + j));
    }
  }
}

// x = LayerNorm(x + added) × gain + shift, in place; `added` and `shift` may be null. `stride` is that of x.
// Returns 0 when a row had numbers that are not finite, or all the same ones without epsilon; else 1.
EXPORT(layer_norm)
int layer_norm(float *x, int stride, const float *added, int rows, int width, const float *gain, const float *shift, float epsilon) {
  int finite = 1;
  for (int row = 0; row < rows; row++, x += stride) {
    Vector sum = F32(0.f), squares = F32(0.f);
    for (int j = 0; j < width; j += 4) {
      Vector v = LOAD(x + j);
      if (added) {
        v = wasm_f32x4_add(v, LOAD(added + (int64_t)row * width + j));
        STORE(x + j, v);
      }
      sum = wasm_f32x4_add(sum, v);
    }
    const Vector mean = wasm_f32x4_splat(sum_of(sum) / width);
    for (int j = 0; j < width; j += 4) {
      Vector v = wasm_f32x4_sub(LOAD(x + j), mean);
      squares = MULTIPLY_ADD(v, v, squares);
    }
    const float scale = 1.f / __builtin_sqrtf(sum_of(squares) / width + epsilon);
    // Neither 0 (of infinity), nor infinite (of 0), nor no number.
    finite &= scale > 0.f && scale < __builtin_inff();
    const Vector inverse = wasm_f32x4_splat(scale);
    for (int j = 0; j < width; j += 4) {
      Vector v = wasm_f32x4_mul(wasm_f32x4_mul(wasm_f32x4_sub(LOAD(x + j), mean), inverse), LOAD(gain + j));
      STORE(x + j, shift ? wasm_f32x4_add(v, LOAD(shift + j)) : v);
    }
  }
  return finite;
}

// x / (1 + 2^y)
INLINE Vector over_one_plus_exp2(Vector x, Vector y, const Exp2 *c) { return wasm_f32x4_div(x, wasm_f32x4_add(c->c0, exp2_of(y, c))); }

// Gaussian error linear unit in its tanh form, 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), which equals
// x / (1 + e^(−2 √(2/π) (x + 0.044715 x³))). llama.cpp uses the same form.
#define GELU_SLOPE (-2.f * 0.79788456f * 1.44269504f)
INLINE Vector gelu_of(Vector x, Vector slope, Vector cube, const Exp2 *c) {
  return over_one_plus_exp2(x, wasm_f32x4_mul(x, MULTIPLY_ADD(wasm_f32x4_mul(x, x), cube, slope)), c);
}

EXPORT(gelu) void gelu(float *x, int count) {
  const Exp2 c = make_exp2();
  const Vector slope = kept(GELU_SLOPE), cube = kept(GELU_SLOPE * 0.044715f);
  for (int i = 0; i < count; i += 4) STORE(x + i, gelu_of(LOAD(x + i), slope, cube, &c));
}

// x[row] = gelu(gate[row]) × x[row]; both have rows `stride` floats apart, and `width` floats of each count.
EXPORT(gelu_gate) void gelu_gate(float *x, const float *gate, int rows, int width, int stride) {
  const Exp2 c = make_exp2();
  const Vector slope = kept(GELU_SLOPE), cube = kept(GELU_SLOPE * 0.044715f);
  for (int row = 0; row < rows; row++, x += stride, gate += stride)
    for (int j = 0; j < width; j += 4) STORE(x + j, wasm_f32x4_mul(gelu_of(LOAD(gate + j), slope, cube, &c), LOAD(x + j)));
}

// The same with silu, x / (1 + e^−x).
EXPORT(silu_gate) void silu_gate(float *x, const float *gate, int rows, int width, int stride) {
  const Exp2 c = make_exp2();
  const Vector minus_log2_e = kept(-1.44269504f);
  for (int row = 0; row < rows; row++, x += stride, gate += stride)
    for (int j = 0; j < width; j += 4) {
      Vector v = LOAD(gate + j);
      STORE(x + j, wasm_f32x4_mul(over_one_plus_exp2(v, wasm_f32x4_mul(v, minus_log2_e), &c), LOAD(x + j)));
    }
}

// Rotary positions, NEOX style: number i of a head turns with number i + head/2. `heads` heads at the start of each row
// (queries and keys of qkv: twice the number of heads). table[position][head]: cosines, then sines, head/2 of each.
EXPORT(rotate)
void rotate(float *x, int stride, int rows, int heads, int head, const float *table) {
  const int half = head / 2;
  for (int row = 0; row < rows; row++, x += stride, table += head)
    for (int h = 0; h < heads; h++) {
      float *a = x + h * head, *b = a + half;
      for (int j = 0; j < half; j += 4) {
        Vector va = LOAD(a + j), vb = LOAD(b + j), cosine = LOAD(table + j), sine = LOAD(table + half + j);
        STORE(a + j, wasm_f32x4_sub(wasm_f32x4_mul(va, cosine), wasm_f32x4_mul(vb, sine)));
        STORE(b + j, wasm_f32x4_add(wasm_f32x4_mul(va, sine), wasm_f32x4_mul(vb, cosine)));
      }
    }
}

// out = the mean of rows.
EXPORT(mean_rows) void mean_rows(const float *x, int rows, int width, float *out) {
  const Vector share = wasm_f32x4_splat(1.f / rows);
  for (int j = 0; j < width; j += 4) {
    Vector sum = F32(0.f);
    for (int row = 0; row < rows; row++) sum = wasm_f32x4_add(sum, LOAD(x + (int64_t)row * width + j));
    STORE(out + j, wasm_f32x4_mul(sum, share));
  }
}
