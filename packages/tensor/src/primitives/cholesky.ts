/** Cholesky factor of small symmetric positive-definite matrices, batched; gradient of Murray 2016, arXiv:1602.07527. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { add, multiply } from './arithmetic.ts';
import { type NoAttributes, none, requireFloat } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { maskTriangle, requireSquare, transposeLast } from './triangle.ts';
import { triangularSolve } from './triangular-solve.ts';

/** The primitive behind {@link cholesky}. */
export const choleskyPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#choleskyPrimitive',
  infer([a]) {
    requireFloat('cholesky', a!);
    requireSquare('cholesky', a!);
    return [{ shape: a!.shape, dtype: a!.dtype }];
  },
  reference([a], [l], _, { inputs }) {
    const n = inputs[0]!.shape.at(-1)!;
    const factor = new Float64Array(n * n);
    for (let start = 0; start < a!.length; start += n * n) {
      factor.fill(0);
      for (let j = 0; j < n; j++) {
        for (let i = j; i < n; i++) {
          let total = (a![start + i * n + j]! + a![start + j * n + i]!) / 2;
          for (let k = 0; k < j; k++) total -= factor[i * n + k]! * factor[j * n + k]!;
          factor[i * n + j] = i === j ? Math.sqrt(total) : total / factor[j * n + j]!;
        }
        if (!(factor[j * n + j]! > 0)) {
          factor.fill(Number.NaN);
          break;
        }
      }
      l!.set(factor, start);
    }
  },
  vjp({ outputs: [l] }, [cotangent]) {
    const inner = matmul(l!, maskTriangle(cotangent!, 'lower'), { transposeA: true });
    const phi = maskTriangle(inner, 'lower', 0.5);
    const left = triangularSolve(l!, phi, { transpose: true });
    const both = transposeLast(triangularSolve(l!, transposeLast(left), { transpose: true }));
    return [multiply(add(both, transposeLast(both)), 0.5)];
  },
  examples: [
    { attributes: none, inputs: [{ shape: [3, 3], values: [4, 1, 0.5, 1.2, 3, 0.2, 0.7, 0.2, 2] }] },
    {
      attributes: none,
      inputs: [{ shape: [2, 2, 2], values: [2, 0.5, 0.5, 1, 1, -0.3, -0.3, 0.8] }],
    },
    { attributes: none, inputs: [{ shape: [3, 1, 1], values: [4, 1, 0.25] }] },
    {
      attributes: none,
      inputs: [
        {
          shape: [5, 5],
          values: Array.from({ length: 25 }, (__, i) =>
            i % 6 === 0 ? 3 + i / 6 : Math.cos(Math.floor(i / 5) * (i % 5)),
          ),
        },
      ],
    },
  ],
};

/**
 * The lower-triangular L with L Lᵀ = ½(A + Aᵀ), over the last two axes; zeros above the diagonal. A matrix that is
 * not positive definite gives NaN throughout.
 */
export function cholesky(a: Tensor): Tensor {
  return applyOne(choleskyPrimitive, [a], none);
}
