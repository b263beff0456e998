/**
 * The sum of ln p over a row without a logarithm per element: exponents are added as integers, significands
 * are multiplied and renormalised, so nothing over- or underflows; one logarithm closes the row.
 */
import { log } from '../../../tools/kernels/lib/simd-math';

/** ln of the product: lanes of biased exponents (`steps` of them summed per lane) and of significands in [1, 2). */
// @ts-ignore: decorator
@inline
export function closeLogSum<T>(exponents: v128, significands: v128, steps: i32): f64 {
  if (sizeof<T>() == 4) {
    let e = <i64>i32x4.extract_lane(exponents, 0) + <i64>i32x4.extract_lane(exponents, 1);
    e += <i64>i32x4.extract_lane(exponents, 2) + <i64>i32x4.extract_lane(exponents, 3);
    e -= 4 * 127 * <i64>steps;
    const low = f64x2.promote_low_f32x4(significands);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(significands, significands, 1, 1));
    const l = log<f64>(f64x2.mul(low, high));
    return f64x2.extract_lane(l, 0) + f64x2.extract_lane(l, 1) + <f64>e * 0.6931471805599453;
  }
  const e = i64x2.extract_lane(exponents, 0) + i64x2.extract_lane(exponents, 1) - 2 * 1023 * <i64>steps;
  const l = log<f64>(significands);
  return f64x2.extract_lane(l, 0) + f64x2.extract_lane(l, 1) + <f64>e * 0.6931471805599453;
}

/** Replaces n positive values by their logarithms (times sign), in place. */
// @ts-ignore: decorator
@inline
export function logInPlace<T>(n: i32, values: usize, sign: T, padding: usize): void {
  const lanes = <i32>(16 / sizeof<T>());
  const s = v128.splat<T>(sign);
  let i = 0;
  for (; i + lanes <= n; i += lanes) {
    const at = values + <usize>i * sizeof<T>();
    v128.store(at, v128.mul<T>(s, log<T>(v128.load(at))));
  }
  if (i < n) {
    const at = values + <usize>i * sizeof<T>();
    const bytes = <usize>(n - i) * sizeof<T>();
    v128.store(padding, v128.splat<T>(1));
    memory.copy(padding, at, bytes);
    v128.store(padding, v128.mul<T>(s, log<T>(v128.load(padding))));
    memory.copy(at, padding, bytes);
  }
}
