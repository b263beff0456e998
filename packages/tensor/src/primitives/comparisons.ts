/** Comparisons: 1 where they hold and 0 where not, in the dtype of the operands. With NaN only ≠ holds. */
import type { Example, Primitive } from '../primitive.ts';
import type { Tensor, TensorLike } from '../tensor.ts';
import { applyBinary, binaryPrimitive, type NoAttributes, none } from './elementwise.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** All orders, ties, signed zeros, infinities and NaN. */
const examples: readonly Example<NoAttributes>[] = [
  {
    attributes: none,
    inputs: [
      { shape: [11], values: [1, 2, 3, 0, -1, nan, 1, nan, infinity, -infinity, 5] },
      { shape: [11], values: [2, 2, 1, -0, -1, 1, nan, nan, infinity, infinity, -infinity] },
    ],
  },
  { attributes: none, inputs: [{ shape: [3, 7] }, { shape: [3, 7] }] },
];

function comparison(operation: string, holds: (x: number, y: number) => boolean): Primitive<NoAttributes> {
  return { ...binaryPrimitive(operation, (x, y) => (holds(x, y) ? 1 : 0), null), examples };
}

/** The primitive behind {@link greater}. */
export const greaterPrimitive: Primitive<NoAttributes> = comparison('greater', (x, y) => x > y);
/** x > y, as 1 or 0. */
export const greater = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('greater', greaterPrimitive, x, y);

/** The primitive behind {@link greaterEqual}. */
export const greaterEqualPrimitive: Primitive<NoAttributes> = comparison('greaterEqual', (x, y) => x >= y);
/** x ≥ y, as 1 or 0. */
export const greaterEqual = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('greaterEqual', greaterEqualPrimitive, x, y);

/** x < y, as 1 or 0. */
export const less = (x: TensorLike, y: TensorLike): Tensor => applyBinary('less', greaterPrimitive, y, x);

/** x ≤ y, as 1 or 0. */
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('lessEqual', greaterEqualPrimitive, y, x);

/** The primitive behind {@link equal}. */
export const equalPrimitive: Primitive<NoAttributes> = comparison('equal', (x, y) => x === y);
/** x = y, as 1 or 0. */
export const equal = (x: TensorLike, y: TensorLike): Tensor => applyBinary('equal', equalPrimitive, x, y);

/** The primitive behind {@link notEqual}. */
export const notEqualPrimitive: Primitive<NoAttributes> = comparison('notEqual', (x, y) => x !== y);
/** x ≠ y, as 1 or 0. */
export const notEqual = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('notEqual', notEqualPrimitive, x, y);
