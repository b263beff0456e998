/** Permutes axes. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, stridesOf, TensorError } from '../types.ts';

/** The primitive behind {@link transpose}. */
export const transposePrimitive: Primitive<{ readonly permutation: readonly number[] }> = {
  name: '@equiflow/tensor#transposePrimitive',
  infer([x], { permutation }) {
    const rank = x!.shape.length;
    if (
      permutation.length !== rank ||
      new Set(permutation).size !== rank ||
      permutation.some((axis) => !(axis in x!.shape))
    ) {
      throw new TensorError(
        `transpose: [${permutation}] is not a permutation of the axes of ${describe(x!)}`,
      );
    }
    return [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  reference([x], [y], { permutation }, { inputs, outputs }) {
    const strides = stridesOf(inputs[0]!.shape);
    const { shape } = outputs[0]!;
    const index = new Array<number>(shape.length).fill(0);
    let offset = 0;
    for (let i = 0; i < y!.length; i++) {
      y![i] = x![offset]!;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const stride = strides[permutation[axis]!]!;
        offset += stride;
        if (++index[axis]! < shape[axis]!) break;
        index[axis] = 0;
        offset -= stride * shape[axis]!;
      }
    }
  },
  vjp({ attributes: { permutation } }, [cotangent]) {
    const inverse = new Array<number>(permutation.length);
    permutation.forEach((axis, place) => {
      inverse[axis] = place;
    });
    return [transpose(cotangent!, inverse)];
  },
  examples: [
    { attributes: { permutation: [1, 0] }, inputs: [{ shape: [3, 5] }] },
    { attributes: { permutation: [2, 0, 1] }, inputs: [{ shape: [2, 3, 4] }] },
  ],
};

/** Axis i of the result is axis `permutation[i]` of x; without one the axes are reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length;
  const full = permutation ?? x.shape.map((_, axis) => rank - 1 - axis);
  const positive = full.map((axis) => (axis < 0 ? axis + rank : axis));
  if (positive.length === rank && positive.every((axis, place) => axis === place)) return x;
  return applyOne(transposePrimitive, [x], { permutation: positive });
}
