/** The spline and the logarithm of its derivative, summed over a row or per element. */
import { closeLogSum, logInPlace } from './log-sum';
import {
  addIntegers, binOffsets, exponent, fillTable, innerKnots, leastNormal, paddingAt, significand, splatKnots,
  tableAt,
} from './table';

/** One vector: stores y, returns y'. */
// @ts-ignore: decorator
@inline
function forwardVector<T>(xAt: usize, yAt: usize, scratch: usize, innerEnd: usize, table: usize): v128 {
  const x = v128.load(xAt);
  const first = v128.load(scratch);
  const last = v128.load(scratch, 16);
  const clipped = v128.pmin<T>(v128.pmax<T>(x, first), last);
  const offsets = binOffsets<T>(x, scratch + 32, innerEnd);
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
  const xi = v128.mul<T>(v128.sub<T>(clipped, x0), iw);
  const omega = v128.sub<T>(one, xi);
  const tau = v128.mul<T>(xi, omega);
  const xi2 = v128.mul<T>(xi, xi);
  const r = v128.div<T>(one, v128.add<T>(one, v128.mul<T>(c, tau)));
  const ratio = v128.mul<T>(v128.add<T>(xi2, v128.mul<T>(a, tau)), r);
  const numerator = v128.add<T>(
    v128.add<T>(v128.mul<T>(b, xi2), v128.add<T>(tau, tau)),
    v128.mul<T>(a, v128.mul<T>(omega, omega)),
  );
  const slope = v128.mul<T>(v128.mul<T>(s, r), v128.mul<T>(numerator, r));
  const inside = v128.add<T>(y0, v128.mul<T>(h, ratio));
  v128.store(yAt, v128.add<T>(inside, v128.mul<T>(slope, v128.sub<T>(x, clipped))));
  return v128.pmax<T>(slope, leastNormal<T>());
}

/** y and ln y' of `rows` rows of n values, each row with k knots of its own. `logs`: a value per row, or per element. */
// @ts-ignore: decorator
@inline
export function forward<T>(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, y: usize, logs: usize, scratch: usize): void {
  const table = tableAt(k, scratch);
  const padding = paddingAt<T>(k, scratch);
  const innerEnd = scratch + 32 + (<usize>innerKnots(k) << 4);
  const rowBytes = <usize>n * sizeof<T>();
  const parameterBytes = <usize>k * sizeof<T>();
  const whole = rowBytes & ~31;
  for (let row = 0; row < rows; row++) {
    splatKnots<T>(k, xk, scratch);
    fillTable<T>(k, xk, yk, dk, table);
    let exponents = addIntegers<T>(i32x4.splat(0), i32x4.splat(0));
    let product = v128.splat<T>(1);
    let steps = 0;
    let at: usize = 0;
    for (; at < rowBytes; at += 32) {
      let xAt = x + at, yAt = y + at;
      const partial = at >= whole;
      if (partial) {
        v128.store(padding, v128.load(scratch));
        v128.store(padding, v128.load(scratch), 16);
        memory.copy(padding, xAt, rowBytes - at);
        xAt = padding, yAt = padding;
      }
      let p = forwardVector<T>(xAt, yAt, scratch, innerEnd, table);
      let q = forwardVector<T>(xAt + 16, yAt + 16, scratch, innerEnd, table);
      if (partial) {
        memory.copy(y + at, padding, rowBytes - at);
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
      store<T>(logs, <T>closeLogSum<T>(exponents, product, steps));
      logs += sizeof<T>();
    } else {
      logInPlace<T>(n, logs, <T>1, padding);
      logs += rowBytes;
    }
    x += rowBytes, y += rowBytes;
    xk += parameterBytes, yk += parameterBytes, dk += parameterBytes;
  }
}
