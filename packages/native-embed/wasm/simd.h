// Names for what the kernels use of WebAssembly's 128-bit vectors, and the few functions that all of them share.
#pragma once

#include <stdint.h>
#include <wasm_simd128.h>

typedef v128_t Vector;

#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define ROLLED _Pragma("clang loop unroll(disable)")

// Fixes the place of an instruction. Left alone, the compilers gather the multiply-adds of a tile into one dependent
// chain per accumulator and spill the rest: a third of the speed is lost.
#define KEEP_ORDER(vector) __asm__ volatile("" : "+r"(vector))

#define LOAD wasm_v128_load
#define STORE wasm_v128_store
#define SPLAT_LANE wasm_v128_load32_splat
#define F32(x) wasm_f32x4_const_splat(x)
#define MULTIPLY_ADD wasm_f32x4_relaxed_madd

INLINE int min_int(int a, int b) { return a < b ? a : b; }

INLINE float sum_of(Vector v) {
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

INLINE float max_of(Vector v) {
  v = wasm_f32x4_pmax(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_pmax(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

INLINE Vector to_nearest_int(Vector v) { return wasm_i32x4_relaxed_trunc_f32x4(wasm_f32x4_nearest(v)); }

// A constant that is made once, before a loop. V8 would build it anew at each use, four instructions every time.
INLINE Vector kept(float x) {
  KEEP_ORDER(x);
  Vector v = wasm_f32x4_splat(x);
  KEEP_ORDER(v);
  return v;
}

typedef struct {
  Vector lowest, highest, c5, c4, c3, c2, c1, c0;
} Exp2;

INLINE Exp2 make_exp2(void) {
  return (Exp2){kept(-126.f), kept(126.f), kept(1.3333558e-3f), kept(9.6181291e-3f), kept(5.5504109e-2f), kept(2.4022651e-1f), kept(6.9314718e-1f), kept(1.f)};
}

// 2^x for x in [-126, 126], relative error below 3e-6: the whole part goes into the exponent, the fraction in
// [-0.5, 0.5] through the Taylor polynomial of degree 5.
INLINE Vector exp2_of(Vector x, const Exp2 *c) {
  x = wasm_f32x4_pmax(c->lowest, wasm_f32x4_pmin(c->highest, x));
  Vector whole = wasm_f32x4_nearest(x), fraction = wasm_f32x4_sub(x, whole);
  Vector p = c->c5;
  p = MULTIPLY_ADD(p, fraction, c->c4);
  p = MULTIPLY_ADD(p, fraction, c->c3);
  p = MULTIPLY_ADD(p, fraction, c->c2);
  p = MULTIPLY_ADD(p, fraction, c->c1);
  p = MULTIPLY_ADD(p, fraction, c->c0);
  return wasm_i32x4_add(p, wasm_i32x4_shl(wasm_i32x4_relaxed_trunc_f32x4(whole), 23));
}

// Four float16 in the low halves of 32-bit lanes → float32, subnormals included; infinities become 65536 and more.
// The exponent is re-biased by a multiplication, which also normalises.
INLINE Vector half_to_float(Vector bits) {
  Vector sign = wasm_i32x4_shl(wasm_v128_and(bits, wasm_i32x4_const_splat(0x8000)), 16);
  Vector rest = wasm_i32x4_shl(wasm_v128_and(bits, wasm_i32x4_const_splat(0x7fff)), 13);
  return wasm_v128_or(sign, wasm_f32x4_mul(rest, F32(0x1p112f)));
}

INLINE float half_at(const uint8_t *p) {
  return wasm_f32x4_extract_lane(half_to_float(wasm_i32x4_splat(p[0] | p[1] << 8)), 0);
}
