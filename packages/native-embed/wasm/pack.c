// Weights on their way from the file into the layouts that the matrix kernels read. All of them take a run of whole
// blocks of a row-major tensor [rows][k] as they come out of the file; nothing larger than a block is unpacked at a
// time.
//
// Columns of the product are the tensor's rows. They are kept in groups of eight, because a kernel multiplies one row
// of activations with eight columns at once:
//   int8    values  [rows/8][k/4][8][4] int8     value × scale = weight
//           scales  [rows/8][k/32][8]   float32
//   float32 values  [rows/8][k][8]      float32
//   16-bit  values  [rows/8][k][8]      float16 or bfloat16, as in the file
#include "dequantize.h"

// A place in a matrix: the next block of 32 goes to row `row`, from column `column` on.
typedef struct {
  int64_t row;
  int column;
} Place;

INLINE Place place_at(int64_t at, int k) { return (Place){at / k, (int)(at % k)}; }

// Thirty-two values and their scale to their place, and on to the next.
INLINE void place_block(const int8_t *block, float scale, Place *place, int k, int8_t *values, float *scales) {
  const int64_t group = place->row >> 3, lane = place->row & 7;
  scales[(group * (k >> 5) + (place->column >> 5)) * 8 + lane] = scale;
  int8_t *to = values + group * 8 * k + place->column * 8 + lane * 4;
  UNROLLED for (int j = 0; j < 32; j += 4) *(uint32_t *)(to + j * 8) = *(const uint32_t *)(block + j);
  place->column += 32;
  if (place->column == k) *place = (Place){place->row + 1, 0};
}

// Thirty-two floats → signed bytes: scale = largest magnitude / 127, as Q8_0 has it.
INLINE float quantize_block(const float *x, int8_t *block) {
  Vector largest = F32(0.f);
  UNROLLED for (int j = 0; j < 32; j += 4) largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(LOAD(x + j)));
  float magnitude = max_of(largest);
  Vector inverse = wasm_f32x4_splat(magnitude > 0 ? 127.f / magnitude : 0.f);
  UNROLLED for (int half = 0; half < 2; half++) {
    Vector q[4];
    UNROLLED for (int j = 0; j < 4; j++) q[j] = to_nearest_int(wasm_f32x4_mul(LOAD(x + half * 16 + j * 4), inverse));
    STORE(block + half * 16,
          wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(q[0], q[1]), wasm_i16x8_narrow_i32x4(q[2], q[3])));
  }
  return magnitude / 127.f;
}

// Formats whose blocks hold whole numbers that fit int8 as they are.
INLINE int is_whole(int format) { return format == FORMAT_Q8_0 || format == FORMAT_Q4_0 || format == FORMAT_Q5_0; }

// The 32 whole numbers of a block.
INLINE void unpack_whole(int format, const uint8_t *block, int8_t *out) {
  if (format == FORMAT_Q8_0) {
    STORE(out, LOAD(block + 2));
    STORE(out + 16, LOAD(block + 18));
    return;
  }
  Vector q[2];
  if (format == FORMAT_Q4_0) unpack_small(block + 2, 0, q);
  else unpack_small(block + 6, block + 2, q);
  const Vector middle = wasm_i8x16_splat(format == FORMAT_Q4_0 ? 8 : 16);
  STORE(out, wasm_i8x16_sub(q[0], middle));
  STORE(out + 16, wasm_i8x16_sub(q[1], middle));
}

// `blocks`: `count` blocks; `at`: index of their first number in the tensor. k % 32 = 0. Numbers of the unquantised
// formats come in blocks of four, and `count` of these is a multiple of eight.
// Returns 0 when one of them is not finite, else 1.
EXPORT(pack_int8) int pack_int8(int format, const uint8_t *blocks, int count, double at, int k, int8_t *values, float *scales) {
  const int bytes = block_bytes(format), elements = block_elements(format);
  Place place = place_at((int64_t)at, k);
  int finite = 1, filled = 0;
  int8_t quantized[32];
  float x[256];
  for (int i = 0; i < count; i++, blocks += bytes) {
    finite &= block_is_finite(format, blocks);
    if (is_whole(format)) {
      unpack_whole(format, blocks, quantized);
      place_block(quantized, half_at(blocks), &place, k, values, scales);
      continue;
    }
    dequantize_block(format, blocks, x + filled);
    filled += elements;
    if (filled < 32) continue;
    for (int b = 0; b < filled; b += 32) {
      float scale = quantize_block(x + b, quantized);
      place_block(quantized, scale, &place, k, values, scales);
    }
    filled = 0;
  }
  return finite;
}

// `count` numbers of F32, F16 or BF16 to their places, as they are or (`format` is not `kept_format`) as F32; k % 4 = 0,
// and so are `at` and `count`. Returns 0 when one of them is not finite, else 1.
EXPORT(pack_float)
int pack_float(int format, int kept_format, const uint8_t *source, int count, double at, int k, uint8_t *values) {
  const int bytes = format == FORMAT_F32 ? 4 : 2;
  Place place = place_at((int64_t)at, k);
  int finite = 1;
  for (int i = 0; i < count; i += 4, source += 4 * bytes) {
    finite &= block_is_finite(format, source);
    const int64_t to = ((place.row >> 3) * k + place.column) * 8 + (place.row & 7);
    if (kept_format == FORMAT_F32) {
      float numbers[4];
      STORE(numbers, load_floats(format, source));
      UNROLLED for (int j = 0; j < 4; j++) ((float *)values)[to + j * 8] = numbers[j];
    } else {
      UNROLLED for (int j = 0; j < 4; j++) ((uint16_t *)values)[to + j * 8] = ((const uint16_t *)source)[j];
    }
    place.column += 4;
    if (place.column == k) place = (Place){place.row + 1, 0};
  }
  return finite;
}

// `count` blocks → float32. Returns 0 when one of them is not finite, else 1. Blocks of the unquantised formats have
// four numbers.
EXPORT(dequantize) int dequantize(int format, const uint8_t *blocks, int count, float *out) {
  const int bytes = block_bytes(format), elements = block_elements(format);
  int finite = 1;
  for (int i = 0; i < count; i++, blocks += bytes, out += elements) {
    finite &= block_is_finite(format, blocks);
    dequantize_block(format, blocks, out);
  }
  return finite;
}

// Whether all of `count` blocks have finite scales.
EXPORT(all_finite) int all_finite(int format, const uint8_t *blocks, int count) {
  const int bytes = block_bytes(format);
  int finite = 1;
  for (int i = 0; i < count; i++) finite &= block_is_finite(format, blocks + (int64_t)i * bytes);
  return finite;
}

// For the offset of the relaxed dot product: sums[rows/8][k/32][8] = the sum of each block of `groups` × 8 columns.
EXPORT(sum_blocks) void sum_blocks(const int8_t *values, int groups, int k, int16_t *sums) {
  const Vector ones = wasm_i16x8_const_splat(1);
  for (int64_t block = 0; block < (int64_t)groups * (k >> 5); block++, values += 256, sums += 8) {
    Vector low = wasm_i32x4_const_splat(0), high = low;
    UNROLLED for (int step = 0; step < 8; step++) {
      Vector a = LOAD(values + step * 32), b = LOAD(values + step * 32 + 16);
      // Four neighbours are of one column: pairs by the dot product with ones, then pairs of pairs.
      Vector a0 = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(a), ones), a1 = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(a), ones);
      Vector b0 = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(b), ones), b1 = wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(b), ones);
      low = wasm_i32x4_add(low, wasm_i32x4_add(wasm_i32x4_shuffle(a0, a1, 0, 2, 4, 6), wasm_i32x4_shuffle(a0, a1, 1, 3, 5, 7)));
      high = wasm_i32x4_add(high, wasm_i32x4_add(wasm_i32x4_shuffle(b0, b1, 0, 2, 4, 6), wasm_i32x4_shuffle(b0, b1, 1, 3, 5, 7)));
    }
    STORE(sums, wasm_i16x8_narrow_i32x4(low, high));
  }
}
