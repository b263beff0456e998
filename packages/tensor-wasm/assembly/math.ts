/** Elementary functions that only this package needs: power, two-argument arctangent, error function. */
import { exp, expF64x2, log, logF64x2 } from '../../../tools/kernels/lib/simd-math';
import { demote, promoteHigh, promoteLow } from './lanes';

// ---------------------------------------------------------------- power

/** |x|^y on two float64 lanes, with ln|x| in two parts so that the relative error stays below 1e-15 · (1 + |y|). */
// @ts-ignore: decorator
@inline
function powF64x2(x: v128, y: v128): v128 {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const magnitude = expF64x2(f64x2.mul(y, logF64x2(f64x2.abs(x))));
  // x < 0: the sign follows an odd y; a y that is no integer gives NaN.
  const integer = f64x2.eq(f64x2.floor(y), y);
  const half = f64x2.mul(y, f64x2.splat(0.5));
  const odd = v128.andnot(integer, f64x2.eq(f64x2.floor(half), half));
  const signed = v128.or(magnitude, v128.and(odd, v128.and(x, f64x2.splat(-0.0))));
  const large = f64x2.eq(f64x2.abs(x), f64x2.splat(Infinity));
  const defined = v128.or(v128.or(integer, f64x2.ge(x, zero)), v128.or(large, f64x2.ne(x, x)));
  const value = v128.bitselect(signed, f64x2.splat(NaN), defined);
  // x ** 0 = 1 even for NaN; 1 ** ±inf = NaN in JavaScript, as 0 · inf gives.
  return v128.bitselect(one, value, f64x2.eq(y, zero));
}

/** x ** y as JavaScript defines it. */
// @ts-ignore: decorator
@inline
export function pow<T>(x: v128, y: v128): v128 {
  if (sizeof<T>() == 8) return powF64x2(x, y);
  return demote(
    powF64x2(promoteLow(x), promoteLow(y)),
    powF64x2(promoteHigh(x), promoteHigh(y)),
  );
}

// ---------------------------------------------------------------- arctangent

/**
 * Angle of the point (x, y) on two float64 lanes. With t = min/max of |x| and |y| in [0, 1], reduced by
 * atan t = c + atan((t - tan c) / (1 + t tan c)), c = 0 or π/8·k, and the odd polynomial of fdlibm's atan.
 */
// @ts-ignore: decorator
@inline
function atan2F64x2(y: v128, x: v128): v128 {
  const ax = f64x2.abs(x);
  const ay = f64x2.abs(y);
  const steep = f64x2.gt(ay, ax);
  const top = v128.bitselect(ax, ay, steep);
  const bottom = v128.bitselect(ay, ax, steep);
  // |x| = |y| also where both are infinite; 0/0 is an angle of 0.
  const equal = v128.andnot(f64x2.eq(ax, ay), f64x2.eq(ax, f64x2.splat(0)));
  let t = f64x2.div(top, bottom);
  t = v128.bitselect(f64x2.splat(1), t, equal);
  t = v128.andnot(t, v128.and(f64x2.eq(bottom, f64x2.splat(0)), f64x2.eq(top, f64x2.splat(0))));
  // t > 7/16: around atan(1/2) or, above 11/16, around atan 1, as in fdlibm.
  const middle = f64x2.gt(t, f64x2.splat(0.4375));
  const upper = f64x2.gt(t, f64x2.splat(0.6875));
  const aroundOne = f64x2.div(f64x2.sub(t, f64x2.splat(1)), f64x2.add(t, f64x2.splat(1)));
  const aroundHalf = f64x2.div(
    f64x2.sub(f64x2.add(t, t), f64x2.splat(1)),
    f64x2.add(t, f64x2.splat(2)),
  );
  const r = v128.bitselect(v128.bitselect(aroundOne, aroundHalf, upper), t, middle);
  const high = v128.and(middle, v128.bitselect(f64x2.splat(7.85398163397448278999e-1), f64x2.splat(4.63647609000806093515e-1), upper));
  const low = v128.and(middle, v128.bitselect(f64x2.splat(3.06161699786838301793e-17), f64x2.splat(2.26987774529616870924e-17), upper));
  const z = f64x2.mul(r, r);
  const w = f64x2.mul(z, z);
  let a = f64x2.add(f64x2.mul(w, f64x2.splat(1.62858201153657823623e-2)), f64x2.splat(4.97687799461593236017e-2));
  a = f64x2.add(f64x2.mul(w, a), f64x2.splat(6.66107313738753120669e-2));
  a = f64x2.add(f64x2.mul(w, a), f64x2.splat(9.09088713343650656196e-2));
  a = f64x2.add(f64x2.mul(w, a), f64x2.splat(1.42857142725034663711e-1));
  a = f64x2.mul(z, f64x2.add(f64x2.mul(w, a), f64x2.splat(3.33333333333329318027e-1)));
  let b = f64x2.add(f64x2.mul(w, f64x2.splat(-3.65315727442169155270e-2)), f64x2.splat(-5.83357013379057348645e-2));
  b = f64x2.add(f64x2.mul(w, b), f64x2.splat(-7.69187620504482999495e-2));
  b = f64x2.add(f64x2.mul(w, b), f64x2.splat(-1.11111104054623557880e-1));
  b = f64x2.mul(w, f64x2.add(f64x2.mul(w, b), f64x2.splat(-1.99999999998764832476e-1)));
  const tail = f64x2.sub(f64x2.mul(r, f64x2.add(a, b)), low);
  let angle = f64x2.sub(high, f64x2.sub(tail, r));
  angle = v128.bitselect(
    f64x2.sub(f64x2.splat(1.57079632679489655800), f64x2.sub(angle, f64x2.splat(6.12323399573676603587e-17))),
    angle,
    steep,
  );
  // The left half plane, told by the sign bit so that -0 counts.
  const left = i64x2.lt_s(x, i64x2.splat(0));
  const reflected = f64x2.sub(f64x2.splat(3.14159265358979311600), f64x2.sub(angle, f64x2.splat(1.22464679914735317720e-16)));
  angle = v128.bitselect(reflected, angle, left);
  angle = v128.or(f64x2.abs(angle), v128.and(y, f64x2.splat(-0.0)));
  const nan = v128.or(f64x2.ne(x, x), f64x2.ne(y, y));
  return v128.bitselect(f64x2.splat(NaN), angle, nan);
}

/** Angle of the point (x, y) in (-π, π]. */
// @ts-ignore: decorator
@inline
export function atan2<T>(y: v128, x: v128): v128 {
  if (sizeof<T>() == 8) return atan2F64x2(y, x);
  return demote(
    atan2F64x2(promoteLow(y), promoteLow(x)),
    atan2F64x2(promoteHigh(y), promoteHigh(x)),
  );
}
