/** Matrix product, batched, with either factor transposed. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, sameShape, TensorError } from '../types.ts';
import { broadcastTo } from './broadcast.ts';
import { broadcastShapes, requireFloat } from './elementwise.ts';
import { reshape } from './reshape.ts';

/** Which factors are read transposed in their last two axes. */
export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The primitive behind {@link matmul}. */
export const matmulPrimitive: Primitive<MatmulAttributes> = {
  name: '@equiflow/tensor#matmulPrimitive',
  infer([a, b], { transposeA, transposeB }) {
    requireFloat('matmul', a!, b!);
    const [m, k] = matrixShape(a!.shape, transposeA);
    const [k2, n] = matrixShape(b!.shape, transposeB);
    const batch = a!.shape.slice(0, -2);
    if (
      a!.shape.length < 2 ||
      a!.dtype !== b!.dtype ||
      k !== k2 ||
      !sameShape(batch, b!.shape.slice(0, -2))
    ) {
      throw new TensorError(
        `matmul: ${describe(a!)}${transposeA ? ' transposed' : ''} times ${describe(b!)}${transposeB ? ' transposed' : ''} do not fit`,
      );
    }
    return [{ shape: [...batch, m!, n!], dtype: a!.dtype }];
  },
  reference([a, b], [c], { transposeA, transposeB }, { inputs, outputs }) {
    const [m, n] = outputs[0]!.shape.slice(-2) as [number, number];
    const [, k] = matrixShape(inputs[0]!.shape, transposeA) as [number, number];
    const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
    const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
    const row = new Float64Array(n);
    for (let batch = 0, count = c!.length / (m * n); batch < count; batch++) {
      for (let i = 0; i < m; i++) {
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const factor = a![batch * m * k + i * aRow + l * aColumn]!;
          const start = batch * k * n + l * bRow;
          for (let j = 0; j < n; j++) row[j]! += factor * b![start + j * bColumn]!;
        }
        c!.set(row, batch * m * n + i * n);
      }
    }
  },
  vjp({ inputs: [a, b], attributes: { transposeA, transposeB } }, [cotangent]) {
    const product = (x: Tensor, y: Tensor, tx: boolean, ty: boolean): Tensor =>
      applyOne(matmulPrimitive, [x, y], { transposeA: tx, transposeB: ty });
    return [
      transposeA ? product(b!, cotangent!, transposeB, true) : product(cotangent!, b!, false, !transposeB),
      transposeB ? product(cotangent!, a!, true, transposeA) : product(a!, cotangent!, !transposeA, false),
    ];
  },
  examples: [
    { attributes: { transposeA: false, transposeB: false }, inputs: [{ shape: [5, 7] }, { shape: [7, 9] }] },
    {
      attributes: { transposeA: true, transposeB: false },
      inputs: [{ shape: [2, 3, 4] }, { shape: [2, 3, 5] }],
    },
    {
      attributes: { transposeA: false, transposeB: true },
      inputs: [{ shape: [2, 4, 3] }, { shape: [2, 5, 3] }],
    },
    { attributes: { transposeA: true, transposeB: true }, inputs: [{ shape: [3, 4] }, { shape: [5, 3] }] },
  ],
};

function matrixShape(shape: readonly number[], transposed: boolean): (number | undefined)[] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/**
 * a · b over the last two axes; leading axes broadcast. A matrix `b` with a batch of `a` is one
 * product of a taller `a`.
 * @throws TensorError when the inner lengths differ.
 */
export function matmul(a: Tensor, b: Tensor, options: Partial<MatmulAttributes> = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new TensorError(
      `matmul: ${describe(a)} times ${describe(b)}; both need two axes, reshape a vector to [1, n] or [n, 1]`,
    );
  }
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const flat = matmul(reshape(a, [-1, a.shape.at(-1)!]), b, { transposeB });
    return reshape(flat, [...a.shape.slice(0, -1), flat.shape[1]!]);
  }
  const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return applyOne(
    matmulPrimitive,
    [broadcastTo(a, [...batch, ...a.shape.slice(-2)]), broadcastTo(b, [...batch, ...b.shape.slice(-2)])],
    { transposeA, transposeB },
  );
}
