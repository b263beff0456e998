/**
 * Elementary functions on SIMD vectors, for every AssemblyScript kernel of the repository.
 *
 * AssemblyScript's own `Math.*` works on one number at a time and keeps tables in a data section, which
 * kernels may not have (they share a memory). These functions take a whole v128, need no table and no memory.
 *
 * Each function is generic: `exp<f32>(x)` works on four lanes, `exp<f64>(x)` on two. Everything is inlined;
 * loops should take 2 to 4 vectors a pass, since one vector alone is bound by latency. Errors are at most 2
 * units in the last place (1 for exp and log, 3 for the sigmoids); NaN propagates, infinities and subnormal
 * numbers give what `Math` gives.
 *
 * Methods: Cody and Waite's argument reduction; the minimax polynomials of fdlibm (Sun Microsystems, 1993)
 * and, for exp in float32, of Cephes (Moshier, 1989), in Estrin's order where that shortens the chain.
 */

import { reduceLargeAngle } from './large-angle';

// Adding 1.5 * 2^23 (2^52) rounds to an integer, which is left in the low bits of the significand.
const ROUND_F32: f32 = 12582912.0;
const ROUND_F64: f64 = 6755399441055744.0;

// ---------------------------------------------------------------- exp and expm1

/** e^x on four float32 lanes; gradual underflow below -87.3, inf above 88.7. */
// @ts-ignore: decorator
@inline
export function expF32x4(x: v128): v128 {
  // The argument comes first in pmin and pmax, so that NaN passes.
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104.0)), f32x4.splat(89.0));
  const t = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(ROUND_F32));
  const p = f32x4.add(expm1ReducedF32x4(x, f32x4.sub(t, f32x4.splat(ROUND_F32))), f32x4.splat(1.0));
  // 2^k as 2^a 2^b, a = floor(k / 2): neither factor overflows, and the last product rounds once.
  const k = i32x4.sub(t, f32x4.splat(ROUND_F32));
  const a = i32x4.shr_s(k, 1);
  const scale = i32x4.shl(i32x4.add(i32x4.sub(k, a), i32x4.splat(127)), 23);
  return f32x4.mul(i32x4.add(p, i32x4.shl(a, 23)), scale);
}

/** e^x on two float64 lanes; gradual underflow below -708, inf above 709.78. */
// @ts-ignore: decorator
@inline
export function expF64x2(x: v128): v128 {
  x = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-746.0)), f64x2.splat(710.0));
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), f64x2.splat(ROUND_F64));
  const p = f64x2.add(expm1ReducedF64x2(x, f64x2.sub(t, f64x2.splat(ROUND_F64))), f64x2.splat(1.0));
  // As in float32; k lies in the low half of each lane, and the left shift drops what lies above its 12 bits.
  const a = i32x4.shr_s(t, 1);
  const scale = i64x2.shl(i64x2.add(i64x2.sub(t, a), i64x2.splat(1023)), 52);
  return f64x2.mul(i64x2.add(p, i64x2.shl(a, 52)), scale);
}

/** e^r - 1 of r = x - k ln 2, |r| <= ln(2)/2, in float32. */
// @ts-ignore: decorator
@inline
function expm1ReducedF32x4(x: v128, k: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(k, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(k, f32x4.splat(-2.1219444e-4)));
  const r2 = f32x4.mul(r, r);
  const a = f32x4.add(f32x4.mul(r, f32x4.splat(1.98756915e-4)), f32x4.splat(1.3981999507e-3));
  const b = f32x4.add(f32x4.mul(r, f32x4.splat(8.3334519073e-3)), f32x4.splat(4.1665795894e-2));
  const c = f32x4.add(f32x4.mul(r, f32x4.splat(1.6666665459e-1)), f32x4.splat(5.0000001201e-1));
  const q = f32x4.add(f32x4.mul(f32x4.add(f32x4.mul(a, r2), b), r2), c);
  return f32x4.add(f32x4.mul(q, r2), r);
}

/** e^r - 1 of r = x - k ln 2, |r| <= ln(2)/2, in float64: 2r / (R(r^2) - r) with R = r (e^r + 1) / (e^r - 1). */
// @ts-ignore: decorator
@inline
function expm1ReducedF64x2(x: v128, k: v128): v128 {
  const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(6.93147180369123816490e-1)));
  const low = f64x2.mul(k, f64x2.splat(1.90821492927058770002e-10));
  const r = f64x2.sub(high, low);
  const z = f64x2.mul(r, r);
  const z2 = f64x2.mul(z, z);
  const a = f64x2.add(f64x2.mul(z, f64x2.splat(-2.77777777770155933842e-3)), f64x2.splat(1.66666666666666019037e-1));
  const b = f64x2.add(f64x2.mul(z, f64x2.splat(-1.65339022054652515390e-6)), f64x2.splat(6.61375632143793436117e-5));
  const p = f64x2.add(f64x2.mul(f64x2.add(f64x2.mul(z2, f64x2.splat(4.13813679705723846039e-8)), b), z2), a);
  const c = f64x2.sub(r, f64x2.mul(z, p));
  const tail = f64x2.div(f64x2.mul(r, c), f64x2.sub(f64x2.splat(2.0), c));
  return f64x2.add(f64x2.sub(tail, low), high);
}

/** e^x. */
// @ts-ignore: decorator
@inline
export function exp<T>(x: v128): v128 {
  return sizeof<T>() == 4 ? expF32x4(x) : expF64x2(x);
}

/** e^x - 1, exact to 2 units in the last place around 0 too. */
// @ts-ignore: decorator
@inline
export function expm1<T>(x: v128): v128 {
  // e^x - 1 = 2 (2^(k-1) (e^r - 1) + 2^(k-1) - 1/2), where 2^(k-1) does not overflow.
  if (sizeof<T>() == 4) {
    x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-20.0)), f32x4.splat(89.0));
    const t = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504)), f32x4.splat(ROUND_F32));
    const p = expm1ReducedF32x4(x, f32x4.sub(t, f32x4.splat(ROUND_F32)));
    const scale = i32x4.shl(i32x4.add(t, i32x4.splat(126)), 23);
    const half = f32x4.add(f32x4.mul(p, scale), f32x4.sub(scale, f32x4.splat(0.5)));
    return f32x4.add(half, half);
  }
  x = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-40.0)), f64x2.splat(710.0));
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), f64x2.splat(ROUND_F64));
  const p = expm1ReducedF64x2(x, f64x2.sub(t, f64x2.splat(ROUND_F64)));
  const scale = i64x2.shl(i64x2.add(t, i64x2.splat(1022)), 52);
  const half = f64x2.add(f64x2.mul(p, scale), f64x2.sub(scale, f64x2.splat(0.5)));
  return f64x2.add(half, half);
}

// ---------------------------------------------------------------- log and log1p

/** ln x on four float32 lanes: ln 0 = -inf, NaN below 0. */
// @ts-ignore: decorator
@inline
export function logF32x4(x: v128): v128 {
  // Subnormal numbers are first scaled by 2^23.
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const y = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608.0)), x, small);
  // y = 2^k m, sqrt(1/2) <= m < sqrt(2)
  const t = i32x4.sub(y, i32x4.splat(0x3f3504f3));
  const m = i32x4.sub(y, v128.and(t, i32x4.splat(0xff800000)));
  const k = f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_s(t, 23)), v128.and(small, f32x4.splat(23.0)));
  const f = f32x4.sub(m, f32x4.splat(1.0));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2.0)));
  const z = f32x4.mul(s, s);
  const w = f32x4.mul(z, z);
  const even = f32x4.mul(w, f32x4.add(f32x4.mul(w, f32x4.splat(0.24279078841)), f32x4.splat(0.40000972152)));
  const odd = f32x4.mul(z, f32x4.add(f32x4.mul(w, f32x4.splat(0.28498786688)), f32x4.splat(0.66666662693)));
  const hfsq = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  const tail = f32x4.add(
    f32x4.mul(s, f32x4.add(hfsq, f32x4.add(even, odd))),
    f32x4.mul(k, f32x4.splat(9.0580006145e-6)),
  );
  const value = f32x4.add(f32x4.add(f32x4.sub(tail, hfsq), f), f32x4.mul(k, f32x4.splat(6.9313812256e-1)));
  return logSpecial<f32>(x, value);
}

/** ln x on two float64 lanes: ln 0 = -inf, NaN below 0. */
// @ts-ignore: decorator
@inline
export function logF64x2(x: v128): v128 {
  const small = f64x2.lt(x, f64x2.splat(2.2250738585072014e-308));
  const y = v128.bitselect(f64x2.mul(x, f64x2.splat(18014398509481984.0)), x, small);
  const t = i64x2.sub(y, i64x2.splat(0x3fe6a09e00000000));
  const m = i64x2.sub(y, v128.and(t, i64x2.splat(0xfff0000000000000)));
  // The exponent lies in the upper half of each lane.
  const e = i32x4.shr_s(t, 20);
  const exponent = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(e, e, 1, 3, 1, 3));
  const k = f64x2.sub(exponent, v128.and(small, f64x2.splat(54.0)));
  const f = f64x2.sub(m, f64x2.splat(1.0));
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2.0)));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  let even = f64x2.add(f64x2.mul(w, f64x2.splat(1.531383769920937332e-1)), f64x2.splat(2.222219843214978396e-1));
  even = f64x2.mul(w, f64x2.add(f64x2.mul(w, even), f64x2.splat(3.999999999940941908e-1)));
  let odd = f64x2.add(f64x2.mul(w, f64x2.splat(1.479819860511658591e-1)), f64x2.splat(1.818357216161805012e-1));
  odd = f64x2.add(f64x2.mul(w, odd), f64x2.splat(2.857142874366239149e-1));
  odd = f64x2.mul(z, f64x2.add(f64x2.mul(w, odd), f64x2.splat(6.666666666666735130e-1)));
  const hfsq = f64x2.mul(f64x2.mul(f, f), f64x2.splat(0.5));
  const tail = f64x2.add(
    f64x2.mul(s, f64x2.add(hfsq, f64x2.add(even, odd))),
    f64x2.mul(k, f64x2.splat(1.90821492927058770002e-10)),
  );
  const value = f64x2.add(f64x2.add(f64x2.sub(tail, hfsq), f), f64x2.mul(k, f64x2.splat(6.93147180369123816490e-1)));
  return logSpecial<f64>(x, value);
}

/** Put in the values of ln at 0, below 0, at inf and NaN. */
// @ts-ignore: decorator
@inline
function logSpecial<T>(x: v128, value: v128): v128 {
  const zero = v128.splat<T>(0);
  const infinite = v128.splat<T>(<T>Infinity);
  const ordinary = v128.bitselect(value, x, v128.lt<T>(x, infinite));
  const outside = v128.bitselect(v128.neg<T>(infinite), v128.splat<T>(<T>NaN), v128.eq<T>(x, zero));
  return v128.bitselect(outside, ordinary, v128.le<T>(x, zero));
}

/** ln x. */
// @ts-ignore: decorator
@inline
export function log<T>(x: v128): v128 {
  return sizeof<T>() == 4 ? logF32x4(x) : logF64x2(x);
}

/** ln(1 + x), exact to 2 units in the last place around 0 too. */
// @ts-ignore: decorator
@inline
export function log1p<T>(x: v128): v128 {
  const one = v128.splat<T>(1);
  const u = v128.add<T>(one, x);
  // What the sum lost, to first order in the logarithm.
  const lost = v128.bitselect(
    v128.sub<T>(one, v128.sub<T>(u, x)),
    v128.sub<T>(x, v128.sub<T>(u, one)),
    v128.gt<T>(x, one),
  );
  const finite = v128.and(v128.gt<T>(u, v128.splat<T>(0)), v128.lt<T>(u, v128.splat<T>(<T>Infinity)));
  return v128.add<T>(log<T>(u), v128.and(v128.div<T>(lost, u), finite));
}

// ---------------------------------------------------------------- sigmoids

/** tanh x. */
// @ts-ignore: decorator
@inline
export function tanh<T>(x: v128): v128 {
  const sign = v128.and(x, v128.splat<T>(<T>-0.0));
  const a = v128.abs<T>(x);
  const limit = v128.splat<T>(sizeof<T>() == 4 ? <T>10.0 : <T>20.0);
  const e = expm1<T>(v128.pmin<T>(v128.add<T>(a, a), v128.add<T>(limit, limit)));
  return v128.or(v128.div<T>(e, v128.add<T>(e, v128.splat<T>(2))), sign);
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid<T>(x: v128): v128 {
  const one = v128.splat<T>(1);
  const e = exp<T>(v128.neg<T>(v128.abs<T>(x)));
  const above = v128.ge<T>(x, v128.splat<T>(0));
  return v128.div<T>(v128.bitselect(one, e, above), v128.add<T>(one, e));
}

/** ln(1 + e^x), with no overflow and with small values kept. */
// @ts-ignore: decorator
@inline
export function softplus<T>(x: v128): v128 {
  const e = exp<T>(v128.neg<T>(v128.abs<T>(x)));
  return v128.add<T>(v128.pmax<T>(x, v128.splat<T>(0)), log1p<T>(e));
}

// ---------------------------------------------------------------- sine and cosine

/** sin x (`quarter` 0) or cos x (`quarter` 1) on two float64 lanes. */
// @ts-ignore: decorator
@inline
function sineF64x2(x: v128, quarter: i64): v128 {
  const t = f64x2.add(f64x2.mul(x, f64x2.splat(6.36619772367581382433e-1)), f64x2.splat(ROUND_F64));
  const n = f64x2.sub(t, f64x2.splat(ROUND_F64));
  // x - n pi/2 = r + low: the first two parts of pi/2 have 33 bits, so that their products with n are exact.
  const first = f64x2.sub(x, f64x2.mul(n, f64x2.splat(1.57079632673412561417)));
  const second = f64x2.mul(n, f64x2.splat(6.07710050630396597660e-11));
  const w = f64x2.sub(first, second);
  const lost = f64x2.sub(f64x2.sub(first, w), second);
  const third = f64x2.sub(f64x2.mul(n, f64x2.splat(2.02226624879595063154e-21)), lost);
  let r = f64x2.sub(w, third);
  let low = f64x2.sub(f64x2.sub(w, r), third);
  let q = t;
  // Beyond 2^20 pi/2 those products are no longer exact.
  const large = f64x2.gt(f64x2.abs(x), f64x2.splat(1.6e6));
  if (v128.any_true(large)) {
    const a = reduceLargeAngle(f64x2.extract_lane(x, 0));
    const b = reduceLargeAngle(f64x2.extract_lane(x, 1));
    r = v128.bitselect(v128.shuffle<f64>(a, b, 0, 2), r, large);
    low = v128.andnot(low, large);
    q = v128.bitselect(v128.shuffle<f64>(a, b, 1, 3), q, large);
  }

  const z = f64x2.mul(r, r);
  let s = f64x2.add(f64x2.mul(z, f64x2.splat(1.58969099521155010221e-10)), f64x2.splat(-2.50507602534068634195e-8));
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(2.75573137070700676789e-6));
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(-1.98412698298579493134e-4));
  s = f64x2.add(f64x2.mul(z, s), f64x2.splat(8.33333333332248946124e-3));
  const v = f64x2.mul(z, r);
  const inner = f64x2.sub(f64x2.mul(low, f64x2.splat(0.5)), f64x2.mul(v, s));
  const correction = f64x2.sub(f64x2.mul(z, inner), low);
  const sine = f64x2.sub(r, f64x2.sub(correction, f64x2.mul(v, f64x2.splat(-1.66666666666666324348e-1))));

  let c = f64x2.add(f64x2.mul(z, f64x2.splat(-1.13596475577881948265e-11)), f64x2.splat(2.08757232129817482790e-9));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(-2.75573143513906633035e-7));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(2.48015872894767294178e-5));
  c = f64x2.add(f64x2.mul(z, c), f64x2.splat(-1.38888888888741095749e-3));
  c = f64x2.mul(z, f64x2.add(f64x2.mul(z, c), f64x2.splat(4.16666666666666019037e-2)));
  const hz = f64x2.mul(z, f64x2.splat(0.5));
  const u = f64x2.sub(f64x2.splat(1.0), hz);
  const rest = f64x2.add(
    f64x2.sub(f64x2.sub(f64x2.splat(1.0), u), hz),
    f64x2.sub(f64x2.mul(z, c), f64x2.mul(r, low)),
  );
  const cosine = f64x2.add(u, rest);

  q = i64x2.add(q, i64x2.splat(quarter));
  const odd = i64x2.ne(v128.and(q, i64x2.splat(1)), i64x2.splat(0));
  const sign = i64x2.shl(v128.and(q, i64x2.splat(2)), 62);
  return v128.xor(v128.bitselect(cosine, sine, odd), sign);
}

/** The same function of all lanes of T; float32 is computed in float64 and rounded. */
// @ts-ignore: decorator
@inline
function sine<T>(x: v128, quarter: i64): v128 {
  if (sizeof<T>() == 8) return sineF64x2(x, quarter);
  const low = f32x4.demote_f64x2_zero(sineF64x2(f64x2.promote_low_f32x4(x), quarter));
  const upper = v128.shuffle<i64>(x, x, 1, 1);
  const high = f32x4.demote_f64x2_zero(sineF64x2(f64x2.promote_low_f32x4(upper), quarter));
  return v128.shuffle<i64>(low, high, 0, 2);
}

/** sin x, of any size. */
// @ts-ignore: decorator
@inline
export function sin<T>(x: v128): v128 {
  return sine<T>(x, 0);
}

/** cos x, of any size. */
// @ts-ignore: decorator
@inline
export function cos<T>(x: v128): v128 {
  return sine<T>(x, 1);
}
