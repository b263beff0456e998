/** The identity, through which no gradient flows. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { type NoAttributes, none } from './elementwise.ts';

/** The primitive behind {@link stopGradient}. */
export const stopGradientPrimitive: Primitive<NoAttributes> = {
  name: '@equiflow/tensor#stopGradientPrimitive',
  elementwise: true,
  differentiable: false,
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  reference([x], [y]) {
    y!.set(x!);
  },
  examples: [{ attributes: none, inputs: [{ shape: [3, 7] }] }],
};

/** `x` as if it were a constant: gradients do not go through. */
export const stopGradient = (x: Tensor): Tensor => applyOne(stopGradientPrimitive, [x], none);
