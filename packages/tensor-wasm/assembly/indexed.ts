/**
 * Reading and adding by index. Every index is checked against its axis; one outside stops the run with a
 * trap, since it would reach into other tensors.
 *
 * Sums are collected in float64, whatever the type of the values, in the order of the values.
 */

/** The index at `at`, which must be in [0, length). */
// @ts-ignore: decorator
@inline
function indexAt(at: usize, length: i32): i32 {
  const index = load<i32>(at);
  if (<u32>index >= <u32>length) unreachable();
  return index;
}

/** x [outer, length, inner], indices [count] → [outer, count, inner]. */
// @ts-ignore: decorator
@inline
function gather<T>(out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32): void {
  const row = <usize>inner * sizeof<T>();
  for (let o = 0; o < outer; o++, x += <usize>length * row) {
    for (let i = 0; i < count; i++, out += row) {
      const from = x + <usize>indexAt(indices + (<usize>i << 2), length) * row;
      if (inner == 1) store<T>(out, load<T>(from));
      else if (inner >= 32) memory.copy(out, from, row);
      else for (let k: usize = 0; k < row; k += sizeof<T>()) store<T>(out + k, load<T>(from + k));
    }
  }
}

export function gather32(out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32): void {
  gather<u32>(out, x, indices, outer, length, count, inner);
}
export function gather64(out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32): void {
  gather<u64>(out, x, indices, outer, length, count, inner);
}

/** x [outer, length, inner], indices [outer, count, inner] → the shape of the indices. */
// @ts-ignore: decorator
@inline
function takeAlongAxis<T>(out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32): void {
  const row = <usize>inner * sizeof<T>();
  for (let o = 0; o < outer; o++, x += <usize>length * row) {
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < inner; k++, out += sizeof<T>(), indices += 4) {
        store<T>(out, load<T>(x + <usize>indexAt(indices, length) * row + <usize>k * sizeof<T>()));
      }
    }
  }
}

export function takeAlongAxis32(
  out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  takeAlongAxis<u32>(out, x, indices, outer, length, count, inner);
}
export function takeAlongAxis64(
  out: usize, x: usize, indices: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  takeAlongAxis<u64>(out, x, indices, outer, length, count, inner);
}

/** Rounds the float64 totals to the output; for float64 they are the output. */
// @ts-ignore: decorator
@inline
function roundTotals<T>(out: usize, totals: usize, n: i32): void {
  if (sizeof<T>() == 8) return;
  for (let i = 0; i < n; i++) store<T>(out + <usize>i * sizeof<T>(), <T>load<f64>(totals + (<usize>i << 3)));
}

/** values [outer, count, inner], indices [count] → [outer, length, inner]; `totals` takes a float64 for each result. */
// @ts-ignore: decorator
@inline
function scatterAdd<T>(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  const size = outer * length * inner;
  memory.fill(totals, 0, <usize>size << 3);
  let block = totals;
  for (let o = 0; o < outer; o++, block += <usize>(length * inner) << 3) {
    for (let i = 0; i < count; i++) {
      let to = block + (<usize>(indexAt(indices + (<usize>i << 2), length) * inner) << 3);
      for (let k = 0; k < inner; k++, to += 8, values += sizeof<T>()) store<f64>(to, load<f64>(to) + <f64>load<T>(values));
    }
  }
  roundTotals<T>(out, totals, size);
}

export function scatterAddF32(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  scatterAdd<f32>(out, values, indices, totals, outer, length, count, inner);
}
export function scatterAddF64(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  scatterAdd<f64>(out, values, indices, totals, outer, length, count, inner);
}

/** As scatterAdd, with an index for each value: indices [outer, count, inner]. */
// @ts-ignore: decorator
@inline
function scatterAddAlongAxis<T>(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  const size = outer * length * inner;
  memory.fill(totals, 0, <usize>size << 3);
  let block = totals;
  for (let o = 0; o < outer; o++, block += <usize>(length * inner) << 3) {
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < inner; k++, values += sizeof<T>(), indices += 4) {
        const to = block + (<usize>(indexAt(indices, length) * inner + k) << 3);
        store<f64>(to, load<f64>(to) + <f64>load<T>(values));
      }
    }
  }
  roundTotals<T>(out, totals, size);
}

export function scatterAddAlongAxisF32(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  scatterAddAlongAxis<f32>(out, values, indices, totals, outer, length, count, inner);
}
export function scatterAddAlongAxisF64(
  out: usize, values: usize, indices: usize, totals: usize, outer: i32, length: i32, count: i32, inner: i32,
): void {
  scatterAddAlongAxis<f64>(out, values, indices, totals, outer, length, count, inner);
}
