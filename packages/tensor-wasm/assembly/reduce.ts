/**
 * Reductions over one axis of a block [outer, reduce, inner].
 *
 * Sums add a few neighbours in the element's own precision (a tree of depth 4 or less) and collect these in
 * float64, so that a float32 sum of any length is good to a few 1e-8 of the sum of magnitudes. The order is
 * fixed: the same bytes every time.
 */
import { demote, lanes, promoteHigh, promoteLow, storePart } from './lanes';

/** Sum of n contiguous numbers, as float64. */
// @ts-ignore: decorator
@inline
function sumRun<T>(x: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = n;
  if (sizeof<T>() == 4) {
    for (; i >= 32; i -= 32, x += 128) {
      const a = f32x4.add(f32x4.add(v128.load(x), v128.load(x, 16)), f32x4.add(v128.load(x, 32), v128.load(x, 48)));
      const b = f32x4.add(f32x4.add(v128.load(x, 64), v128.load(x, 80)), f32x4.add(v128.load(x, 96), v128.load(x, 112)));
      low = f64x2.add(low, f64x2.add(promoteLow(a), promoteLow(b)));
      high = f64x2.add(high, f64x2.add(promoteHigh(a), promoteHigh(b)));
    }
    for (; i >= 4; i -= 4, x += 16) {
      const a = v128.load(x);
      low = f64x2.add(low, promoteLow(a));
      high = f64x2.add(high, promoteHigh(a));
    }
  } else {
    for (; i >= 8; i -= 8, x += 64) {
      low = f64x2.add(low, f64x2.add(v128.load(x), v128.load(x, 16)));
      high = f64x2.add(high, f64x2.add(v128.load(x, 32), v128.load(x, 48)));
    }
    for (; i >= 2; i -= 2, x += 16) low = f64x2.add(low, v128.load(x));
  }
  const pair = f64x2.add(low, high);
  let total = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  for (; i > 0; i--, x += sizeof<T>()) total += <f64>load<T>(x);
  return total;
}

/** One vector of column sums: `count` columns of `n` rows that lie `row` bytes apart. */
// @ts-ignore: decorator
@inline
function sumColumns<T>(out: usize, x: usize, n: i32, row: usize, count: i32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 4; n -= 4, x += 4 * row) {
    const a = v128.add<T>(v128.load(x), v128.load(x + row));
    const b = v128.add<T>(v128.load(x + 2 * row), v128.load(x + 3 * row));
    const c = v128.add<T>(a, b);
    if (sizeof<T>() == 4) {
      low = f64x2.add(low, promoteLow(c));
      high = f64x2.add(high, promoteHigh(c));
    } else low = f64x2.add(low, c);
  }
  for (; n > 0; n--, x += row) {
    const c = v128.load(x);
    if (sizeof<T>() == 4) {
      low = f64x2.add(low, promoteLow(c));
      high = f64x2.add(high, promoteHigh(c));
    } else low = f64x2.add(low, c);
  }
  const value = sizeof<T>() == 4 ? demote(low, high) : low;
  if (count >= lanes<T>()) v128.store(out, value);
  else storePart<T>(out, value, count);
}

/** Four vectors of column sums at once: a whole line of the cache from each row. */
// @ts-ignore: decorator
@inline
function sumLines<T>(out: usize, x: usize, n: i32, row: usize): void {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0);
  let s4 = f64x2.splat(0), s5 = f64x2.splat(0), s6 = f64x2.splat(0), s7 = f64x2.splat(0);
  while (n > 0) {
    let a = v128.load(x), b = v128.load(x, 16), c = v128.load(x, 32), d = v128.load(x, 48);
    x += row;
    const some = min(n, 8);
    for (let i = 1; i < some; i++, x += row) {
      a = v128.add<T>(a, v128.load(x));
      b = v128.add<T>(b, v128.load(x, 16));
      c = v128.add<T>(c, v128.load(x, 32));
      d = v128.add<T>(d, v128.load(x, 48));
    }
    n -= some;
    if (sizeof<T>() == 4) {
      s0 = f64x2.add(s0, promoteLow(a));
      s1 = f64x2.add(s1, promoteHigh(a));
      s2 = f64x2.add(s2, promoteLow(b));
      s3 = f64x2.add(s3, promoteHigh(b));
      s4 = f64x2.add(s4, promoteLow(c));
      s5 = f64x2.add(s5, promoteHigh(c));
      s6 = f64x2.add(s6, promoteLow(d));
      s7 = f64x2.add(s7, promoteHigh(d));
    } else {
      s0 = f64x2.add(s0, a);
      s1 = f64x2.add(s1, b);
      s2 = f64x2.add(s2, c);
      s3 = f64x2.add(s3, d);
    }
  }
  if (sizeof<T>() == 4) {
    v128.store(out, demote(s0, s1));
    v128.store(out, demote(s2, s3), 16);
    v128.store(out, demote(s4, s5), 32);
    v128.store(out, demote(s6, s7), 48);
  } else {
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
  }
}

// @ts-ignore: decorator
@inline
function sum<T>(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  if (inner == 1) {
    const step = <usize>reduce * sizeof<T>();
    for (let o = 0; o < outer; o++, x += step, out += sizeof<T>()) store<T>(out, <T>sumRun<T>(x, reduce));
    return;
  }
  const row = <usize>inner * sizeof<T>();
  const block = <usize>reduce * row;
  for (let o = 0; o < outer; o++, x += block, out += row) {
    let column: i32 = 0;
    for (; column + 4 * lanes<T>() <= inner; column += 4 * lanes<T>()) {
      const at = <usize>column * sizeof<T>();
      sumLines<T>(out + at, x + at, reduce, row);
    }
    for (; column < inner; column += lanes<T>()) {
      const at = <usize>column * sizeof<T>();
      sumColumns<T>(out + at, x + at, reduce, row, inner - column);
    }
  }
}

export function sumF32(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  sum<f32>(out, x, outer, reduce, inner);
}
export function sumF64(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  sum<f64>(out, x, outer, reduce, inner);
}

/** Maximum or minimum; NaN where one of the numbers is. */
// @ts-ignore: decorator
@inline
function extreme<T>(largest: bool, out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  const width = lanes<T>();
  const start = v128.splat<T>(largest ? <T>-Infinity : <T>Infinity);
  if (inner == 1) {
    for (let o = 0; o < outer; o++, out += sizeof<T>()) {
      let best = start;
      let i = reduce;
      if (i >= 4 * width) {
        let a = start;
        let b = start;
        let c = start;
        for (; i >= 4 * width; i -= 4 * width, x += 64) {
          best = largest ? v128.max<T>(best, v128.load(x)) : v128.min<T>(best, v128.load(x));
          a = largest ? v128.max<T>(a, v128.load(x, 16)) : v128.min<T>(a, v128.load(x, 16));
          b = largest ? v128.max<T>(b, v128.load(x, 32)) : v128.min<T>(b, v128.load(x, 32));
          c = largest ? v128.max<T>(c, v128.load(x, 48)) : v128.min<T>(c, v128.load(x, 48));
        }
        a = largest ? v128.max<T>(a, b) : v128.min<T>(a, b);
        best = largest ? v128.max<T>(best, c) : v128.min<T>(best, c);
        best = largest ? v128.max<T>(best, a) : v128.min<T>(best, a);
      }
      for (; i >= width; i -= width, x += 16) {
        best = largest ? v128.max<T>(best, v128.load(x)) : v128.min<T>(best, v128.load(x));
      }
      for (; i > 0; i--, x += sizeof<T>()) {
        const value = v128.splat<T>(load<T>(x));
        best = largest ? v128.max<T>(best, value) : v128.min<T>(best, value);
      }
      const swapped = v128.shuffle<i64>(best, best, 1, 0);
      best = largest ? v128.max<T>(best, swapped) : v128.min<T>(best, swapped);
      if (sizeof<T>() == 4) {
        const other = v128.shuffle<i32>(best, best, 1, 0, 3, 2);
        best = largest ? v128.max<T>(best, other) : v128.min<T>(best, other);
      }
      store<T>(out, v128.extract_lane<T>(best, 0));
    }
    return;
  }
  const row = <usize>inner * sizeof<T>();
  for (let o = 0; o < outer; o++, x += <usize>reduce * row, out += row) {
    for (let column: i32 = 0; column < inner; column += width) {
      const at = <usize>column * sizeof<T>();
      let best = start;
      let from = x + at;
      for (let i = 0; i < reduce; i++, from += row) {
        best = largest ? v128.max<T>(best, v128.load(from)) : v128.min<T>(best, v128.load(from));
      }
      if (inner - column >= width) v128.store(out + at, best);
      else storePart<T>(out + at, best, inner - column);
    }
  }
}

export function maxF32(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  extreme<f32>(true, out, x, outer, reduce, inner);
}
export function maxF64(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  extreme<f64>(true, out, x, outer, reduce, inner);
}
export function minF32(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  extreme<f32>(false, out, x, outer, reduce, inner);
}
export function minF64(out: usize, x: usize, outer: i32, reduce: i32, inner: i32): void {
  extreme<f64>(false, out, x, outer, reduce, inner);
}
