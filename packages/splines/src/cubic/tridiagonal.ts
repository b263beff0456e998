/** Batched tridiagonal systems on tensors: what the slopes of a smooth cubic spline solve. */
import {
  applyOne,
  describe,
  multiply,
  negate,
  type Primitive,
  pad,
  slice,
  type Tensor,
  TensorError,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { solveTridiagonal } from './slopes.ts';
import { solveTridiagonalGpu } from './tridiagonal.gpu.ts';

type None = Record<string, never>;

/** v[i − 1] in place i, 0 in place 0. */
const fromBefore = (v: Tensor): Tensor =>
  pad(slice(v, [null, [0, v.shape[1]! - 1]]), [
    [0, 0],
    [1, 0],
  ]);

/** v[i + 1] in place i, 0 in the last. */
const fromAfter = (v: Tensor): Tensor =>
  pad(slice(v, [null, [1, v.shape[1]!]]), [
    [0, 0],
    [0, 1],
  ]);

/** Solution [B, n] from lower, main and upper diagonal and right side, [B, n] each. */
export const solveTridiagonalPrimitive: Primitive<None> = {
  name: '@equiflow/splines#solveTridiagonalPrimitive',
  infer(inputs) {
    const [lower] = inputs;
    const fits = inputs.every(
      (type) =>
        type.shape.length === 2 && String(type.shape) === String(lower!.shape) && type.dtype === lower!.dtype,
    );
    if (!fits || lower!.dtype === 'int32') {
      throw new TensorError(
        `solveTridiagonal: inputs ${inputs.map(describe).join(', ')}; give three diagonals and a right side, [B, n] each of one float type`,
      );
    }
    return [lower!];
  },
  reference(inputs, [solution], _attributes, { inputs: [type] }) {
    const [rows, n] = type!.shape as [number, number];
    for (let row = 0; row < rows; row++) {
      const [lower, diagonal, upper, right] = inputs.map((array) => array.subarray(row * n, (row + 1) * n));
      solution!.set(solveTridiagonal(lower!, diagonal!, upper!, right!), row * n);
    }
  },
  /** x = A⁻¹ r: the cotangent of r is Aᵀ⁻¹ of x's, that of A is −(that) xᵀ on the three diagonals. */
  vjp(node, [cotangent]) {
    const [lower, diagonal, upper] = node.inputs as [Tensor, Tensor, Tensor, Tensor];
    const solution = node.outputs[0]!;
    const ofRight = solveTridiagonalTensor(fromBefore(upper), diagonal, fromAfter(lower), cotangent!);
    const minus = negate(ofRight);
    return [
      multiply(minus, fromBefore(solution)),
      multiply(minus, solution),
      multiply(minus, fromAfter(solution)),
      ofRight,
    ];
  },
  wasm: {
    binary: kernels,
    lower(l) {
      const [rows, n] = l.inputs[0]!.type.shape as [number, number];
      const wide = l.inputs[0]!.type.dtype === 'float64';
      const pointers = [...l.inputs, ...l.outputs].map((operand) => operand.pointer);
      l.call(`solveTridiagonal${wide ? 'F64' : 'F32'}`, rows, n, ...pointers, l.scratch(8 * n));
    },
  },
  gpu: solveTridiagonalGpu,
  examples: [1, 2, 5].map((n) => ({
    attributes: {},
    inputs: [
      { shape: [3, n], range: [-1, 1] },
      { shape: [3, n], range: [2.5, 4] },
      { shape: [3, n], range: [-1, 1] },
      { shape: [3, n] },
    ],
  })),
};

/**
 * Solves B tridiagonal systems of n equations, lower[i] x[i−1] + diagonal[i] x[i] + upper[i] x[i+1] = right[i], by
 * elimination without pivoting: rows must be dominated by their diagonal. Inputs and result are [B, n];
 * lower[0] and upper[n−1] are not read.
 * @throws TensorError when shapes or dtypes differ.
 */
export function solveTridiagonalTensor(
  lower: Tensor,
  diagonal: Tensor,
  upper: Tensor,
  right: Tensor,
): Tensor {
  return applyOne(solveTridiagonalPrimitive, [lower, diagonal, upper, right], {});
}
