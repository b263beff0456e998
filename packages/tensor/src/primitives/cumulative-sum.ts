/** Running sums along an axis. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { axisLayout, requireAxis } from './axis-layout.ts';
import { requireFloat } from './elementwise.ts';

/** Which way the sum runs. */
export interface CumulativeSumAttributes {
  readonly axis: number;
  /** Element i sums those strictly before it; the first is 0. */
  readonly exclusive: boolean;
  /** From the last element towards the first. */
  readonly reverse: boolean;
}

/** The primitive behind {@link cumulativeSum}. */
export const cumulativeSumPrimitive: Primitive<CumulativeSumAttributes> = {
  name: '@equiflow/tensor#cumulativeSumPrimitive',
  infer([x], { axis }) {
    requireFloat('cumulativeSum', x!);
    requireAxis('cumulativeSum', x!, axis);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },
  reference([x], [y], { axis, exclusive, reverse }, { inputs }) {
    const { outer, length, inner } = axisLayout(inputs[0]!.shape, axis);
    const step = reverse ? -inner : inner;
    for (let lane = 0, lanes = outer * inner; lane < lanes; lane++) {
      const start = Math.floor(lane / inner) * length * inner + (lane % inner);
      let at = reverse ? start + (length - 1) * inner : start;
      let total = 0;
      for (let i = 0; i < length; i++, at += step) {
        const before = total;
        total += x![at]!;
        y![at] = exclusive ? before : total;
      }
    }
  },
  vjp({ attributes }, [cotangent]) {
    const reverse = !attributes.reverse;
    return [applyOne(cumulativeSumPrimitive, [cotangent!], { ...attributes, reverse })];
  },
  examples: [
    { attributes: { axis: 1, exclusive: false, reverse: false }, inputs: [{ shape: [3, 7] }] },
    { attributes: { axis: 1, exclusive: true, reverse: false }, inputs: [{ shape: [3, 7] }] },
    { attributes: { axis: 1, exclusive: false, reverse: true }, inputs: [{ shape: [2, 5, 3] }] },
    { attributes: { axis: 0, exclusive: true, reverse: true }, inputs: [{ shape: [5, 4] }] },
  ],
};

/** Running sums of `x` along an axis, forward and inclusive unless told otherwise; accumulated in double. */
export function cumulativeSum(
  x: Tensor,
  axis = -1,
  options: Partial<Omit<CumulativeSumAttributes, 'axis'>> = {},
): Tensor {
  return applyOne(cumulativeSumPrimitive, [x], {
    axis: requireAxis('cumulativeSum', x, axis),
    exclusive: options.exclusive ?? false,
    reverse: options.reverse ?? false,
  });
}
