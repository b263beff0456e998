/**
 * The spline of Durkan et al. (2019, arXiv:1906.04032), eq. 4 and 5, or its inverse, and the logarithm of the derivative, summed
 * over a row or per element. `inverse` is known when the kernel is compiled.
 *
 * With eta = (y - y0) / h the quadratic of the inverse, eq. 6-8, is
 *   (1 - B) xi^2 + B xi - eta = 0,  B = q + 2 eta,  q = a (1 - eta) - b eta,
 * whose discriminant B^2 + 4 (1 - B) eta = q^2 + 4 eta (1 - eta) =: S^2 is a sum of positive terms. So
 *   q >= 0: t = q + S, xi = 2 eta / (t + 2 eta),          1 - xi = t / (t + 2 eta),
 *   q <  0: t = S - q, xi = t / (t + 2 (1 - eta)),        1 - xi = 2 (1 - eta) / (t + 2 (1 - eta)),
 * where nothing cancels.
 */
import { closeLogSum, logInPlace } from './log-sum';
import {
  addIntegers, binOffsets, exponent, fillTable, innerKnots, leastNormal, paddingAt, significand, splatKnots,
  tableAt,
} from './table';

/** One vector: stores y of x (x of y, where inverse), returns the slope dy/dx there. */
// @ts-ignore: decorator
@inline
function evaluateVector<T>(inverse: bool, from: usize, to: usize, scratch: usize, innerEnd: usize, table: usize): v128 {
  const given = v128.load(from);
  const clipped = v128.pmin<T>(v128.pmax<T>(given, v128.load(scratch)), v128.load(scratch, 16));
  const offsets = binOffsets<T>(given, scratch + 32, innerEnd);
  let x0: v128, iw: v128, a: v128, b: v128, y0: v128, h: v128, c: v128, s: v128;
  if (sizeof<T>() == 4) {
    const r0 = table + <usize>i32x4.extract_lane(offsets, 0);
    const r1 = table + <usize>i32x4.extract_lane(offsets, 1);
    const r2 = table + <usize>i32x4.extract_lane(offsets, 2);
    const r3 = table + <usize>i32x4.extract_lane(offsets, 3);
    let u0 = v128.load(r0), u1 = v128.load(r1), u2 = v128.load(r2), u3 = v128.load(r3);
    let t0 = v128.shuffle<i32>(u0, u1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(u0, u1, 2, 6, 3, 7);
    let t2 = v128.shuffle<i32>(u2, u3, 0, 4, 1, 5), t3 = v128.shuffle<i32>(u2, u3, 2, 6, 3, 7);
    x0 = v128.shuffle<i64>(t0, t2, 0, 2), iw = v128.shuffle<i64>(t0, t2, 1, 3);
    a = v128.shuffle<i64>(t1, t3, 0, 2), b = v128.shuffle<i64>(t1, t3, 1, 3);
    u0 = v128.load(r0, 16), u1 = v128.load(r1, 16), u2 = v128.load(r2, 16), u3 = v128.load(r3, 16);
    t0 = v128.shuffle<i32>(u0, u1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(u0, u1, 2, 6, 3, 7);
    t2 = v128.shuffle<i32>(u2, u3, 0, 4, 1, 5), t3 = v128.shuffle<i32>(u2, u3, 2, 6, 3, 7);
    y0 = v128.shuffle<i64>(t0, t2, 0, 2), h = v128.shuffle<i64>(t0, t2, 1, 3);
    c = v128.shuffle<i64>(t1, t3, 0, 2), s = v128.shuffle<i64>(t1, t3, 1, 3);
  } else {
    const r0 = table + <usize>i64x2.extract_lane(offsets, 0);
    const r1 = table + <usize>i64x2.extract_lane(offsets, 1);
    let u0 = v128.load(r0), u1 = v128.load(r1);
    x0 = v128.shuffle<i64>(u0, u1, 0, 2), iw = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(r0, 16), u1 = v128.load(r1, 16);
    a = v128.shuffle<i64>(u0, u1, 0, 2), b = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(r0, 32), u1 = v128.load(r1, 32);
    y0 = v128.shuffle<i64>(u0, u1, 0, 2), h = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(r0, 48), u1 = v128.load(r1, 48);
    c = v128.shuffle<i64>(u0, u1, 0, 2), s = v128.shuffle<i64>(u0, u1, 1, 3);
  }
  const one = v128.splat<T>(1);
  let xi: v128, omega: v128;
  if (inverse) {
    const eta = v128.pmin<T>(v128.div<T>(v128.sub<T>(clipped, y0), h), one);
    const rest = v128.sub<T>(one, eta);
    const q = v128.sub<T>(v128.mul<T>(a, rest), v128.mul<T>(b, eta));
    const q2 = v128.mul<T>(q, q);
    const product = v128.mul<T>(eta, rest);
    const four = v128.add<T>(v128.add<T>(product, product), v128.add<T>(product, product));
    const t = v128.add<T>(v128.abs<T>(q), v128.sqrt<T>(v128.add<T>(q2, four)));
    const left = v128.ge<T>(q, v128.splat<T>(0));
    const near = v128.bitselect(eta, rest, left);
    const twice = v128.add<T>(near, near);
    const d = v128.div<T>(one, v128.add<T>(t, twice));
    const small = v128.mul<T>(twice, d);
    const large = v128.mul<T>(t, d);
    xi = v128.bitselect(small, large, left);
    omega = v128.bitselect(large, small, left);
  } else {
    xi = v128.mul<T>(v128.sub<T>(clipped, x0), iw);
    omega = v128.sub<T>(one, xi);
  }
  const tau = v128.mul<T>(xi, omega);
  const xi2 = v128.mul<T>(xi, xi);
  const r = v128.div<T>(one, v128.add<T>(one, v128.mul<T>(c, tau)));
  const numerator = v128.add<T>(
    v128.add<T>(v128.mul<T>(b, xi2), v128.add<T>(tau, tau)),
    v128.mul<T>(a, v128.mul<T>(omega, omega)),
  );
  const slope = v128.pmax<T>(v128.mul<T>(v128.mul<T>(s, r), v128.mul<T>(numerator, r)), leastNormal<T>());
  const beyond = v128.sub<T>(given, clipped);
  if (inverse) {
    const inside = v128.add<T>(x0, v128.div<T>(xi, iw));
    v128.store(to, v128.add<T>(inside, v128.div<T>(beyond, slope)));
  } else {
    const ratio = v128.mul<T>(v128.add<T>(xi2, v128.mul<T>(a, tau)), r);
    const inside = v128.add<T>(y0, v128.mul<T>(h, ratio));
    v128.store(to, v128.add<T>(inside, v128.mul<T>(slope, beyond)));
  }
  return slope;
}

/**
 * y and ln dy/dx of `rows` rows of n values x (where inverse: x and ln dx/dy of y), each row with k knots of its own. `logs`: a
 * value per row, or per element.
 */
// @ts-ignore: decorator
@inline
export function evaluate<T>(inverse: bool, rows: i32, n: i32, k: i32, reduce: i32, from: usize, xk: usize, yk: usize, dk: usize, to: usize, logs: usize, scratch: usize): void {
  const table = tableAt(k, scratch);
  const padding = paddingAt<T>(k, scratch);
  const innerEnd = scratch + 32 + (<usize>innerKnots(k) << 4);
  const rowBytes = <usize>n * sizeof<T>();
  const parameterBytes = <usize>k * sizeof<T>();
  const whole = rowBytes & ~31;
  const sign: T = inverse ? <T>-1 : <T>1;
  for (let row = 0; row < rows; row++) {
    splatKnots<T>(k, inverse ? yk : xk, scratch);
    fillTable<T>(k, xk, yk, dk, table);
    let exponents = addIntegers<T>(i32x4.splat(0), i32x4.splat(0));
    let product = v128.splat<T>(1);
    let steps = 0;
    let at: usize = 0;
    for (; at < rowBytes; at += 32) {
      let source = from + at, target = to + at;
      const partial = at >= whole;
      if (partial) {
        v128.store(padding, v128.load(scratch));
        v128.store(padding, v128.load(scratch), 16);
        memory.copy(padding, source, rowBytes - at);
        source = padding, target = padding;
      }
      let p = evaluateVector<T>(inverse, source, target, scratch, innerEnd, table);
      let q = evaluateVector<T>(inverse, source + 16, target + 16, scratch, innerEnd, table);
      if (partial) {
        memory.copy(to + at, padding, rowBytes - at);
        v128.store(padding, p);
        v128.store(padding, q, 16);
        v128.store(padding, v128.splat<T>(1), 32);
        v128.store(padding, v128.splat<T>(1), 48);
        memory.copy(padding + 32, padding, rowBytes - at);
        p = v128.load(padding, 32), q = v128.load(padding, 48);
      }
      if (reduce) {
        exponents = addIntegers<T>(exponents, addIntegers<T>(exponent<T>(p), exponent<T>(q)));
        product = v128.mul<T>(product, v128.mul<T>(significand<T>(p), significand<T>(q)));
        exponents = addIntegers<T>(exponents, exponent<T>(product));
        product = significand<T>(product);
        steps += 3;
      } else if (partial) {
        memory.copy(logs + at, padding + 32, rowBytes - at);
      } else {
        v128.store(logs + at, p);
        v128.store(logs + at, q, 16);
      }
    }
    if (reduce) {
      store<T>(logs, sign * <T>closeLogSum<T>(exponents, product, steps));
      logs += sizeof<T>();
    } else {
      logInPlace<T>(n, logs, sign, padding);
      logs += rowBytes;
    }
    from += rowBytes, to += rowBytes;
    xk += parameterBytes, yk += parameterBytes, dk += parameterBytes;
  }
}
