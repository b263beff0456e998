/** Functions along one axis of a block [outer, length, inner]: running sums, order, places of extremes. */

/** Start of line `lane` of `outer · inner`. */
// @ts-ignore: decorator
@inline
function lineStart<T>(x: usize, lane: i32, length: i32, inner: i32): usize {
  return x + <usize>((lane / inner) * length * inner + (lane % inner)) * sizeof<T>();
}

/**
 * Running sums in float64; `exclusive`: of what comes before; `reverse`: from the end. Row by row, with the
 * totals of all columns in `totals` (`inner` float64), so that memory is read in its order.
 */
// @ts-ignore: decorator
@inline
function cumulativeSum<T>(
  out: usize, x: usize, totals: usize, outer: i32, length: i32, inner: i32, exclusive: i32, reverse: i32,
): void {
  const row = <usize>inner * sizeof<T>();
  for (let o = 0; o < outer; o++) {
    const block = <usize>(o * length) * row;
    if (inner == 1) {
      let total: f64 = 0;
      for (let i = 0; i < length; i++) {
        const at = block + <usize>(reverse ? length - 1 - i : i) * sizeof<T>();
        const before = total;
        total += <f64>load<T>(x + at);
        store<T>(out + at, <T>(exclusive ? before : total));
      }
      continue;
    }
    memory.fill(totals, 0, <usize>inner << 3);
    for (let i = 0; i < length; i++) {
      let at = block + <usize>(reverse ? length - 1 - i : i) * row;
      let total = totals;
      for (let k = 0; k < inner; k++, at += sizeof<T>(), total += 8) {
        const before = load<f64>(total);
        const after = before + <f64>load<T>(x + at);
        store<f64>(total, after);
        store<T>(out + at, <T>(exclusive ? before : after));
      }
    }
  }
}

export function cumulativeSumF32(
  out: usize, x: usize, totals: usize, outer: i32, length: i32, inner: i32, exclusive: i32, reverse: i32,
): void {
  cumulativeSum<f32>(out, x, totals, outer, length, inner, exclusive, reverse);
}
export function cumulativeSumF64(
  out: usize, x: usize, totals: usize, outer: i32, length: i32, inner: i32, exclusive: i32, reverse: i32,
): void {
  cumulativeSum<f64>(out, x, totals, outer, length, inner, exclusive, reverse);
}

/** Place of the largest or smallest; the first of equals, the first NaN if there is one. */
// @ts-ignore: decorator
@inline
function argExtreme<T>(largest: bool, out: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  const step = <usize>inner * sizeof<T>();
  for (let lane = 0; lane < outer * inner; lane++, out += 4) {
    let from = lineStart<T>(x, lane, length, inner);
    let best = load<T>(from);
    let place = 0;
    for (let i = 1; i < length && best == best; i++) {
      from += step;
      const value = load<T>(from);
      if (value != value || (largest ? value > best : value < best)) {
        best = value;
        place = i;
      }
    }
    store<i32>(out, place);
  }
}

export function argmaxF32(out: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme<f32>(true, out, x, outer, length, inner);
}
export function argmaxF64(out: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme<f64>(true, out, x, outer, length, inner);
}
export function argminF32(out: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme<f32>(false, out, x, outer, length, inner);
}
export function argminF64(out: usize, x: usize, outer: i32, length: i32, inner: i32): void {
  argExtreme<f64>(false, out, x, outer, length, inner);
}

/** Whether a comes strictly before b: NaN comes last. */
// @ts-ignore: decorator
@inline
function precedes<T>(a: T, b: T): bool {
  return a < b || (b != b && a == a);
}

/** Stable merge sort of one line of keys with their places, from `a` to `b` and back; gives the address of the result. */
function sortLine<T>(a: usize, b: usize, length: i32): usize {
  const entry: usize = 16;
  // Runs of 8 by insertion.
  for (let start = 0; start < length; start += 8) {
    const end = min(start + 8, length);
    for (let i = start + 1; i < end; i++) {
      const from = a + <usize>i * entry;
      const key = load<T>(from);
      const place = load<i32>(from, 8);
      let to = from;
      const low = a + <usize>start * entry;
      while (to > low && precedes<T>(key, load<T>(to - entry))) {
        v128.store(to, v128.load(to - entry));
        to -= entry;
      }
      store<T>(to, key);
      store<i32>(to, place, 8);
    }
  }
  for (let run = 8; run < length; run *= 2) {
    for (let start = 0; start < length; start += 2 * run) {
      let left = a + <usize>start * entry;
      const middle = a + <usize>min(start + run, length) * entry;
      const end = a + <usize>min(start + 2 * run, length) * entry;
      let right = middle;
      let to = b + <usize>start * entry;
      while (left < middle && right < end) {
        if (precedes<T>(load<T>(right), load<T>(left))) {
          v128.store(to, v128.load(right));
          right += entry;
        } else {
          v128.store(to, v128.load(left));
          left += entry;
        }
        to += entry;
      }
      if (left < middle) memory.copy(to, left, middle - left);
      else if (right < end) memory.copy(to, right, end - right);
    }
    const swapped = a;
    a = b;
    b = swapped;
  }
  return a;
}

/** Places that sort each line; `scratch` takes 32 bytes for each element of a line. */
// @ts-ignore: decorator
@inline
function argsort<T>(out: usize, x: usize, scratch: usize, outer: i32, length: i32, inner: i32): void {
  const step = <usize>inner * sizeof<T>();
  for (let lane = 0; lane < outer * inner; lane++) {
    let from = lineStart<T>(x, lane, length, inner);
    for (let i = 0; i < length; i++, from += step) {
      store<T>(scratch + (<usize>i << 4), load<T>(from));
      store<i32>(scratch + (<usize>i << 4), i, 8);
    }
    const sorted = sortLine<T>(scratch, scratch + (<usize>length << 4), length);
    let to = lineStart<i32>(out, lane, length, inner);
    for (let i = 0; i < length; i++, to += <usize>inner << 2) store<i32>(to, load<i32>(sorted + (<usize>i << 4), 8));
  }
}

export function argsortF32(out: usize, x: usize, scratch: usize, outer: i32, length: i32, inner: i32): void {
  argsort<f32>(out, x, scratch, outer, length, inner);
}
export function argsortF64(out: usize, x: usize, scratch: usize, outer: i32, length: i32, inner: i32): void {
  argsort<f64>(out, x, scratch, outer, length, inner);
}

/** Number of entries of the sorted line [length] that come before each of `count` values (`right`: or equal it). */
// @ts-ignore: decorator
@inline
function searchSorted<T>(
  out: usize, sorted: usize, values: usize, lines: i32, length: i32, count: i32, right: i32,
): void {
  for (let line = 0; line < lines; line++, sorted += <usize>length * sizeof<T>()) {
    for (let i = 0; i < count; i++, values += sizeof<T>(), out += 4) {
      const value = load<T>(values);
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const entry = load<T>(sorted + <usize>middle * sizeof<T>());
        if (right ? !(entry > value) : !(entry >= value)) low = middle + 1;
        else high = middle;
      }
      store<i32>(out, low);
    }
  }
}

export function searchSortedF32(
  out: usize, sorted: usize, values: usize, lines: i32, length: i32, count: i32, right: i32,
): void {
  searchSorted<f32>(out, sorted, values, lines, length, count, right);
}
export function searchSortedF64(
  out: usize, sorted: usize, values: usize, lines: i32, length: i32, count: i32, right: i32,
): void {
  searchSorted<f64>(out, sorted, values, lines, length, count, right);
}
