/** Element-wise choice: by a condition, the larger, the smaller, within bounds. */
import type { Primitive } from '../primitive.ts';
import { applyOne, constant, type Tensor, type TensorLike } from '../tensor.ts';
import type { DType, Shape } from '../types.ts';
import { add, multiply } from './arithmetic.ts';
import { broadcastTo } from './broadcast.ts';
import { greaterEqualPrimitive, greaterPrimitive } from './comparisons.ts';
import { distinctValues } from './distinct-values.ts';
import {
  applyBinary,
  binaryPrimitive,
  broadcastOperands,
  type NoAttributes,
  none,
  requireFloat,
  requireSameType,
} from './elementwise.ts';

/** One value everywhere. */
export function full(value: number, shape: Shape, dtype: DType = 'float32'): Tensor {
  return broadcastTo(constant(value, [], dtype), shape);
}

/** The primitive behind {@link select}. */
export const selectPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#selectPrimitive',
  elementwise: true,
  infer(inputs) {
    requireFloat('select', ...inputs);
    const { shape, dtype } = requireSameType('select', inputs);
    return [{ shape, dtype }];
  },
  reference([condition, x, y], [z]) {
    for (let i = 0; i < z!.length; i++) z![i] = condition![i] !== 0 ? x![i]! : y![i]!;
  },
  vjp({ inputs: [condition, x] }, [cotangent]) {
    const zero = full(0, x!.shape, x!.dtype);
    return [
      null,
      applyOne(selectPrimitive, [condition!, cotangent!, zero], none),
      applyOne(selectPrimitive, [condition!, zero, cotangent!], none),
    ];
  },
  examples: [
    {
      attributes: none,
      inputs: [{ shape: [9], values: [1, 0, 1, 1, 0, 0, 1, 0, -2] }, { shape: [9] }, { shape: [9] }],
    },
    {
      attributes: none,
      inputs: [{ shape: [3, 7], range: [0.1, 2] }, { shape: [3, 7] }, { shape: [3, 7] }],
    },
  ],
};

/**
 * `x` where the condition is not 0, `y` elsewhere, with broadcasting (NumPy's `where`). No gradient flows into
 * the condition; a NaN in the branch not taken still spoils that branch's own gradient, so keep its
 * argument in bounds too.
 */
export function select(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor {
  return applyOne(selectPrimitive, broadcastOperands('select', [condition, x, y]), none);
}

/** The cotangent where a > b, half of it where a = b. */
function shareGradient(a: Tensor, b: Tensor, cotangent: Tensor): Tensor {
  const above = applyOne(greaterPrimitive, [a, b], none);
  const notBelow = applyOne(greaterEqualPrimitive, [a, b], none);
  return multiply(cotangent, multiply(add(above, notBelow), 0.5));
}

const distinct = distinctValues(42);
const examples = [
  {
    attributes: none,
    inputs: [
      { shape: [3, 7], values: distinct.slice(0, 21) },
      { shape: [3, 7], values: distinct.slice(21) },
    ],
  },
];

/** The primitive behind {@link maximum}. */
export const maximumPrimitive: Primitive<NoAttributes> = {
  ...binaryPrimitive('maximum', Math.max, ({ inputs: [x, y] }, [cotangent]) => [
    shareGradient(x!, y!, cotangent!),
    shareGradient(y!, x!, cotangent!),
  ]),
  examples,
};
/** The larger of x and y; NaN where either is. The gradient at a tie is shared equally. */
export const maximum = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('maximum', maximumPrimitive, x, y);

/** The primitive behind {@link minimum}. */
export const minimumPrimitive: Primitive<NoAttributes> = {
  ...binaryPrimitive('minimum', Math.min, ({ inputs: [x, y] }, [cotangent]) => [
    shareGradient(y!, x!, cotangent!),
    shareGradient(x!, y!, cotangent!),
  ]),
  examples,
};
/** The smaller of x and y; NaN where either is. The gradient at a tie is shared equally. */
export const minimum = (x: TensorLike, y: TensorLike): Tensor =>
  applyBinary('minimum', minimumPrimitive, x, y);

/** x within [low, high]; NaN stays NaN. The gradient is 0 outside and ½ on a bound. */
export function clip(x: Tensor, low: TensorLike, high: TensorLike): Tensor {
  return minimum(maximum(x, low), high);
}
