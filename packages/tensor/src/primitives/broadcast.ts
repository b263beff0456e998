/** Repeats a tensor along axes of length 1 and along new leading axes: the transpose of a sum. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, requireShape, type Shape, sameShape, sizeOf, stridesOf, TensorError } from '../types.ts';
import { reshape } from './reshape.ts';
import { sum } from './sum.ts';

/** The primitive behind {@link broadcastTo}. */
export const broadcastToPrimitive: Primitive<{ readonly shape: Shape }> = {
  name: '@equiflow/tensor#broadcastToPrimitive',
  infer([x], { shape }) {
    requireShape('broadcastTo', shape);
    const lead = shape.length - x!.shape.length;
    if (lead < 0 || x!.shape.some((length, axis) => length !== 1 && length !== shape[lead + axis])) {
      throw new TensorError(`broadcastTo: ${describe(x!)} does not broadcast to [${shape}]`);
    }
    return [{ shape, dtype: x!.dtype }];
  },
  reference([x], [y], { shape }, { inputs }) {
    const from = inputs[0]!.shape;
    const lead = shape.length - from.length;
    const strides = stridesOf(from).map((stride, axis) => (from[axis] === 1 ? 0 : stride));
    const index = new Array<number>(shape.length).fill(0);
    let offset = 0;
    for (let i = 0, n = sizeOf(shape); i < n; i++) {
      y![i] = x![offset]!;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const stride = axis >= lead ? strides[axis - lead]! : 0;
        offset += stride;
        if (++index[axis]! < shape[axis]!) break;
        index[axis] = 0;
        offset -= stride * shape[axis]!;
      }
    }
  },
  vjp: ({ inputs }, [cotangent]) => [sumTo(cotangent!, inputs[0]!.shape)],
  examples: [
    { attributes: { shape: [2, 3, 4] }, inputs: [{ shape: [3, 1] }] },
    { attributes: { shape: [3, 4] }, inputs: [{ shape: [] }] },
    { attributes: { shape: [5, 4] }, inputs: [{ shape: [4] }] },
    { attributes: { shape: [5, 4] }, inputs: [{ shape: [5, 1] }] },
  ],
};

/** Repeats `x` to a shape, by NumPy's rule. Returns `x` itself when the shape is already that. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : applyOne(broadcastToPrimitive, [x], { shape });
}

/** Sums `x` down to a shape that broadcasts to its own. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes: number[] = [];
  x.shape.forEach((length, axis) => {
    if (axis < lead || (shape[axis - lead] === 1 && length !== 1)) axes.push(axis);
  });
  return reshape(sum(x, { axes }), shape);
}
