/**
 * The inverse of the spline and the logarithm of its derivative.
 *
 * With eta = (y - y0) / h the quadratic of Durkan et al. (2019), eq. 6-8, is
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

/** One vector: stores x, returns the derivative of the spline there. */
// @ts-ignore: decorator
@inline
function inverseVector<T>(yAt: usize, xAt: usize, scratch: usize, innerEnd: usize, table: usize): v128 {
  const y = v128.load(yAt);
  const clipped = v128.pmin<T>(v128.pmax<T>(y, v128.load(scratch)), v128.load(scratch, 16));
  const offsets = binOffsets<T>(y, scratch + 32, innerEnd);
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
  const zero = v128.splat<T>(0);
  const eta = v128.pmin<T>(v128.div<T>(v128.sub<T>(clipped, y0), h), one);
  const rest = v128.sub<T>(one, eta);
  const q = v128.sub<T>(v128.mul<T>(a, rest), v128.mul<T>(b, eta));
  const q2 = v128.mul<T>(q, q);
  const product = v128.mul<T>(eta, rest);
  const four = v128.add<T>(v128.add<T>(product, product), v128.add<T>(product, product));
  const t = v128.add<T>(v128.abs<T>(q), v128.sqrt<T>(v128.add<T>(q2, four)));
  const left = v128.ge<T>(q, zero);
  const near = v128.bitselect(eta, rest, left);
  const twice = v128.add<T>(near, near);
  const d = v128.div<T>(one, v128.add<T>(t, twice));
  const small = v128.mul<T>(twice, d);
  const large = v128.mul<T>(t, d);
  const xi = v128.bitselect(small, large, left);
  const omega = v128.bitselect(large, small, left);

  const tau = v128.mul<T>(xi, omega);
  const r = v128.div<T>(one, v128.add<T>(one, v128.mul<T>(c, tau)));
  const numerator = v128.add<T>(
    v128.add<T>(v128.mul<T>(b, v128.mul<T>(xi, xi)), v128.add<T>(tau, tau)),
    v128.mul<T>(a, v128.mul<T>(omega, omega)),
  );
  const slope = v128.pmax<T>(v128.mul<T>(v128.mul<T>(s, r), v128.mul<T>(numerator, r)), leastNormal<T>());
  const inside = v128.add<T>(x0, v128.div<T>(xi, iw));
  v128.store(xAt, v128.add<T>(inside, v128.div<T>(v128.sub<T>(y, clipped), slope)));
  return slope;
}

/** x and ln dx/dy of `rows` rows of n values, each row with k knots of its own. `logs`: a value per row, or per element. */
// @ts-ignore: decorator
@inline
export function inverse<T>(rows: i32, n: i32, k: i32, reduce: i32, y: usize, xk: usize, yk: usize, dk: usize, x: usize, logs: usize, scratch: usize): void {
  const table = tableAt(k, scratch);
  const padding = paddingAt<T>(k, scratch);
  const innerEnd = scratch + 32 + (<usize>innerKnots(k) << 4);
  const rowBytes = <usize>n * sizeof<T>();
  const parameterBytes = <usize>k * sizeof<T>();
  const whole = rowBytes & ~15;
  for (let row = 0; row < rows; row++) {
    splatKnots<T>(k, yk, scratch);
    fillTable<T>(k, xk, yk, dk, table);
    let exponents = addIntegers<T>(i32x4.splat(0), i32x4.splat(0));
    let product = v128.splat<T>(1);
    let steps = 0;
    for (let at: usize = 0; at < rowBytes; at += 16) {
      let xAt = x + at, yAt = y + at;
      const partial = at >= whole;
      if (partial) {
        v128.store(padding, v128.load(scratch));
        memory.copy(padding, yAt, rowBytes - at);
        xAt = padding, yAt = padding;
      }
      let p = inverseVector<T>(yAt, xAt, scratch, innerEnd, table);
      if (partial) {
        memory.copy(x + at, padding, rowBytes - at);
        v128.store(padding, p);
        v128.store(padding, v128.splat<T>(1), 16);
        memory.copy(padding + 16, padding, rowBytes - at);
        p = v128.load(padding, 16);
      }
      if (reduce) {
        exponents = addIntegers<T>(exponents, exponent<T>(p));
        product = v128.mul<T>(product, significand<T>(p));
        exponents = addIntegers<T>(exponents, exponent<T>(product));
        product = significand<T>(product);
        steps += 2;
      } else if (partial) {
        memory.copy(logs + at, padding + 16, rowBytes - at);
      } else {
        v128.store(logs + at, p);
      }
    }
    if (reduce) {
      store<T>(logs, <T>-closeLogSum<T>(exponents, product, steps));
      logs += sizeof<T>();
    } else {
      logInPlace<T>(n, logs, <T>-1, padding);
      logs += rowBytes;
    }
    x += rowBytes, y += rowBytes;
    xk += parameterBytes, yk += parameterBytes, dk += parameterBytes;
  }
}
