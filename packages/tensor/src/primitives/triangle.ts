/** Triangles, diagonals and transposes of matrices in the last two axes. */
import { constant, type Tensor } from '../tensor.ts';
import { allocate } from '../types.ts';
import { multiply } from './arithmetic.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';
import { transpose } from './transpose.ts';

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
  const n = x.shape.at(-1)!;
  const flat = reshape(x, [...x.shape.slice(0, -2), n * n]);
  const whole = x.shape.slice(0, -2).map(() => null);
  return slice(flat, [...whole, [0, n * n, n + 1]]);
}

/** Matrices transposed: [..., m, n] to [..., n, m]. */
export function transposeLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}
