/** Random motions for the tests: orthogonal matrices, shifts, permutations. */
import { foldIn, key, permutation, randomNormal } from '@equiflow/tensor';

/** Normal values for a test. */
export function normals(seed: number, count: number): Float64Array {
  return randomNormal(key(seed), [count], 'float64');
}

/** A random orthogonal n × n matrix, row-major, by Gram and Schmidt; its determinant may be −1. */
export function orthogonal(seed: number, n: number): Float64Array {
  const rows = normals(seed, n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k < n; k++) product += rows[i * n + k]! * rows[j * n + k]!;
      for (let k = 0; k < n; k++) {
        if (j < i) rows[i * n + k]! -= product * rows[j * n + k]!;
        else rows[i * n + k]! /= Math.sqrt(product);
      }
    }
  }
  return rows;
}

/** Every row of `points` times a matrix, plus a shift. */
export function moved(
  points: Float64Array,
  matrix: Float64Array,
  shift: ArrayLike<number> = new Float64Array(Math.sqrt(matrix.length)),
): Float64Array {
  const n = shift.length;
  return points.map((_, at) => {
    const row = at - (at % n);
    let value = shift[at % n]!;
    for (let k = 0; k < n; k++) value += points[row + k]! * matrix[(at % n) * n + k]!;
    return value;
  });
}

/** A random order of `count` things. */
export function randomOrder(seed: number, count: number): Int32Array {
  return permutation(foldIn(key(seed), 77), count);
}

/** Row i of the result is row `order[i]` of `values`. */
export function reordered<A extends Float64Array | Int32Array>(values: A, order: Int32Array): A {
  const width = values.length / order.length;
  const result = values.slice() as A;
  order.forEach((from, to) => {
    result.set(values.subarray(from * width, (from + 1) * width), to * width);
  });
  return result;
}

/** Largest difference of two arrays, relative to the largest value of the first (at least 1). */
export function relativeDifference(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let scale = 1;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(expected[i]! - actual[i]!);
    if (!(difference <= most)) most = difference;
  }
  return most / scale;
}
