/** Converts between element types; to int32 it truncates towards zero. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import type { DType } from '../types.ts';

/** The primitive behind {@link cast}. */
export const castPrimitive: Primitive<{ readonly dtype: DType }> = {
  name: '@equiflow/tensor#castPrimitive',
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype }],
  reference([x], [y]) {
    for (let i = 0; i < y!.length; i++) y![i] = x![i]!;
  },
  vjp({ inputs }, [cotangent]) {
    const { dtype } = inputs[0]!;
    return [dtype === 'int32' || cotangent!.dtype === 'int32' ? null : cast(cotangent!, dtype)];
  },
  examples: [
    { attributes: { dtype: 'float64' }, inputs: [{ shape: [3, 7] }] },
    { attributes: { dtype: 'float64' }, inputs: [{ shape: [9], below: 5 }] },
    { attributes: { dtype: 'float32' }, inputs: [{ shape: [3, 7] }] },
    { attributes: { dtype: 'float32' }, inputs: [{ shape: [9], below: 5 }] },
    { attributes: { dtype: 'int32' }, inputs: [{ shape: [3, 7], range: [-9, 9] }] },
  ],
};

/** `x` as another dtype; `x` itself when it has that dtype. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : applyOne(castPrimitive, [x], { dtype });
}
