/** Solves with triangular matrices, batched. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, sameShape, TensorError } from '../types.ts';
import { broadcastTo } from './broadcast.ts';
import { broadcastShapes, requireFloat } from './elementwise.ts';
import { negate } from './functions.ts';
import { matmul } from './matmul.ts';
import { maskTriangle } from './triangle.ts';

/** Which triangle is read, and whether its transpose is solved with. */
export interface TriangularSolveAttributes {
  readonly lower: boolean;
  readonly transpose: boolean;
}

/** The primitive behind {@link triangularSolve}. */
export const triangularSolvePrimitive: Primitive<TriangularSolveAttributes> = {
  name: '@equiflow/tensor#triangularSolvePrimitive',
  infer([a, b]) {
    requireFloat('triangularSolve', a!, b!);
    const [rows, columns] = a!.shape.slice(-2);
    const fits =
      a!.shape.length >= 2 &&
      rows === columns &&
      a!.dtype === b!.dtype &&
      a!.shape.length === b!.shape.length &&
      sameShape(a!.shape.slice(0, -1), b!.shape.slice(0, -1));
    if (!fits) {
      throw new TensorError(
        `triangularSolve: ${describe(a!)} with the right-hand side ${describe(b!)}; expected [..., n, n] and [..., n, m]`,
      );
    }
    return [{ shape: b!.shape, dtype: b!.dtype }];
  },
  reference([a, b], [x], { lower, transpose }, { inputs }) {
    const [n, m] = inputs[1]!.shape.slice(-2) as [number, number];
    const solution = new Float64Array(n * m);
    const [rowStride, columnStride] = transpose ? [1, n] : [n, 1];
    const forward = lower !== transpose;
    for (let batch = 0, count = n * m === 0 ? 0 : b!.length / (n * m); batch < count; batch++) {
      const matrix = batch * n * n;
      for (let step = 0; step < n; step++) {
        const i = forward ? step : n - 1 - step;
        const [first, last] = forward ? [0, i] : [i + 1, n];
        for (let column = 0; column < m; column++) {
          let total = b![(batch * n + i) * m + column]!;
          for (let k = first; k < last; k++) {
            total -= a![matrix + i * rowStride + k * columnStride]! * solution[k * m + column]!;
          }
          solution[i * m + column] = total / a![matrix + i * (n + 1)]!;
        }
      }
      x!.set(solution, batch * n * m);
    }
  },
  vjp({ inputs: [a], outputs: [x], attributes: { lower, transpose } }, [cotangent]) {
    const right = applyOne(triangularSolvePrimitive, [a!, cotangent!], { lower, transpose: !transpose });
    const outer = transpose
      ? matmul(x!, right, { transposeB: true })
      : matmul(right, x!, { transposeB: true });
    return [maskTriangle(negate(outer), lower ? 'lower' : 'upper'), right];
  },
  examples: [
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ].map(([lower, transpose], index) => ({
    attributes: { lower: lower!, transpose: transpose! },
    inputs:
      index % 2 === 0
        ? [{ shape: [3, 3], values: [2, 0.4, -0.6, 0.5, 1.5, 0.3, -0.2, 0.7, 1.8] }, { shape: [3, 2] }]
        : [{ shape: [2, 5, 5], range: [0.7, 1.5] as const }, { shape: [2, 5, 1] }],
  })),
};

/**
 * X with A X = B, or Aᵀ X = B with `transpose`, for triangular A [..., n, n] (lower unless told otherwise; the
 * other triangle is not read) and B [..., n, m]; leading axes broadcast. A zero on the diagonal gives infinities or NaN.
 * @throws TensorError when the shapes do not fit.
 */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  options: Partial<TriangularSolveAttributes> = {},
): Tensor {
  const { lower = true, transpose = false } = options;
  const batch = broadcastShapes('triangularSolve', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return applyOne(
    triangularSolvePrimitive,
    [broadcastTo(a, [...batch, ...a.shape.slice(-2)]), broadcastTo(b, [...batch, ...b.shape.slice(-2)])],
    { lower, transpose },
  );
}
