/** Triangles, diagonals and transposes of matrices in the last two axes. */
import { constant, type Tensor } from '../tensor.ts';
import { allocate, describe, TensorError, type TensorType } from '../types.ts';
import { multiply } from './arithmetic.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';
import { transpose } from './transpose.ts';

/** Refuses what is not a batch of square matrices; gives their order. */
export function requireSquare(operation: string, a: TensorType): number {
  const [rows, columns] = a.shape.slice(-2);
  if (a.shape.length < 2 || rows !== columns) {
    throw new TensorError(`${operation}: ${describe(a)} does not hold square matrices in its last two axes`);
  }
  return rows!;
}

/** `x` with zeros in the other triangle and the diagonal scaled. */
export function maskTriangle(x: Tensor, keep: 'lower' | 'upper', diagonalScale = 1): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const mask = allocate(x.dtype, rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const kept = keep === 'lower' ? j < i : j > i;
      mask[i * columns + j] = i === j ? diagonalScale : Number(kept);
    }
  }
  return multiply(x, constant(mask, [rows, columns]));
}

/** Diagonals of square matrices: [..., n, n] to [..., n]. */
export function diagonal(x: Tensor): Tensor {
  const n = requireSquare('diagonal', x);
  const flat = reshape(x, [...x.shape.slice(0, -2), n * n]);
  const whole = x.shape.slice(0, -2).map(() => null);
  return slice(flat, [...whole, [0, n * n, n + 1]]);
}

/** Matrices transposed: [..., m, n] to [..., n, m]. */
export function transposeLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}
