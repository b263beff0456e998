/** Small pieces that every kernel uses: vector loads of whole and part vectors, in both precisions. */

/** Numbers of a type in one vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** Stores the first `count` (at least 1, fewer than all) lanes. */
// @ts-ignore: decorator
@inline
export function storePart<T>(to: usize, value: v128, count: i32): void {
  if (sizeof<T>() == 8) {
    v128.store64_lane(to, value, 0);
    return;
  }
  if (count & 2) {
    v128.store64_lane(to, value, 0);
    if (count & 1) v128.store32_lane(to, value, 2, 8);
  } else v128.store32_lane(to, value, 0);
}

/** One number in every lane. */
// @ts-ignore: decorator
@inline
export function loadSplat<T>(from: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_splat(from);
  return v128.load32_splat(from);
}

/** The vector at `from`, or its first number in every lane where `stride` is 0. */
// @ts-ignore: decorator
@inline
export function loadStrided<T>(from: usize, stride: i32): v128 {
  return stride ? v128.load(from) : loadSplat<T>(from);
}

/** float64 of the two lower lanes of a float32 vector. */
// @ts-ignore: decorator
@inline
export function promoteLow(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

/** float64 of the two upper lanes of a float32 vector. */
// @ts-ignore: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
}

/** float32 of two float64 vectors. */
// @ts-ignore: decorator
@inline
export function demote(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}
