/** The same values, in row-major order, under another shape. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, requireShape, type Shape, sameShape, sizeOf, TensorError } from '../types.ts';

/** The primitive behind {@link reshape}. */
export const reshapePrimitive: Primitive<{ readonly shape: Shape }> = {
  name: '@equiflow/tensor#reshapePrimitive',
  infer([x], { shape }) {
    requireShape('reshape', shape);
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new TensorError(
        `reshape: ${describe(x!)} has ${sizeOf(x!.shape)} values, [${shape}] takes ${sizeOf(shape)}`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  reference([x], [y]) {
    y!.set(x!);
  },
  vjp: ({ inputs }, [cotangent]) => [reshape(cotangent!, inputs[0]!.shape)],
  examples: [{ attributes: { shape: [3, 4] }, inputs: [{ shape: [2, 6] }] }],
};

/**
 * `x` under another shape of as many values; one length may be −1 and is worked out.
 * @throws TensorError when the counts disagree.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  let full = shape;
  if (open >= 0) {
    if (open !== shape.lastIndexOf(-1)) {
      throw new TensorError(`reshape: [${shape}] leaves two lengths open; give one of them`);
    }
    const rest = -sizeOf(shape);
    full = shape.map((length, axis) => (axis === open ? x.size / rest : length));
    if (!Number.isInteger(full[open]!)) {
      throw new TensorError(`reshape: ${describe(x)} does not divide into [${shape}]`);
    }
  }
  return sameShape(x.shape, full) ? x : applyOne(reshapePrimitive, [x], { shape: full });
}
