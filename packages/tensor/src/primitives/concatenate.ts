/** Joins tensors along one axis. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, sizeOf, TensorError } from '../types.ts';
import { slice } from './slice.ts';

/** The primitive behind {@link concatenate}. */
export const concatenatePrimitive: Primitive<{ readonly axis: number }> = {
  name: '@equiflow/tensor#concatenatePrimitive',
  infer(inputs, { axis }) {
    const first = inputs[0];
    if (!first) throw new TensorError('concatenate: no tensors given');
    for (const { shape, dtype } of inputs) {
      const fits =
        dtype === first.dtype &&
        shape.length === first.shape.length &&
        axis in shape &&
        shape.every((length, i) => i === axis || length === first.shape[i]);
      if (!fits)
        throw new TensorError(
          `concatenate: ${inputs.map(describe).join(', ')} do not join along axis ${axis}`,
        );
    }
    const length = inputs.reduce((total, { shape }) => total + shape[axis]!, 0);
    return [{ shape: first.shape.map((old, i) => (i === axis ? length : old)), dtype: first.dtype }];
  },
  reference(inputs, [y], { axis }, types) {
    const { shape } = types.outputs[0]!;
    const rows = sizeOf(shape.slice(0, axis));
    const width = sizeOf(shape.slice(axis));
    let column = 0;
    inputs.forEach((x, which) => {
      const w = sizeOf(types.inputs[which]!.shape.slice(axis));
      for (let row = 0; row < rows; row++) y!.set(x.subarray(row * w, (row + 1) * w), row * width + column);
      column += w;
    });
  },
  vjp({ inputs, attributes: { axis } }, [cotangent]) {
    let start = 0;
    return inputs.map((x) => {
      const end = start + x.shape[axis]!;
      const part = slice(
        cotangent!,
        x.shape.map((_, i) => (i === axis ? ([start, end] as const) : null)),
      );
      start = end;
      return part;
    });
  },
  examples: [
    { attributes: { axis: 0 }, inputs: [{ shape: [2, 3] }, { shape: [1, 3] }, { shape: [3, 3] }] },
    { attributes: { axis: 1 }, inputs: [{ shape: [2, 3, 2] }, { shape: [2, 1, 2] }] },
  ],
};

/** Joins tensors along `axis` (negative: from the end). @throws TensorError when the other lengths differ. */
export function concatenate(tensors: readonly Tensor[], axis = 0): Tensor {
  const rank = tensors[0]?.shape.length ?? 0;
  return applyOne(concatenatePrimitive, tensors, { axis: axis < 0 ? axis + rank : axis });
}
