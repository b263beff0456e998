/** Reading along an axis with indices of every lane's own (NumPy's take_along_axis), and its transpose. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, requireShape, sameShape, TensorError, type TensorType } from '../types.ts';
import { axisLayout, requireAxis } from './axis-layout.ts';
import { requireFloat } from './elementwise.ts';
import { requireIndexType, requireIndices, type ScatterAddAttributes } from './gather.ts';

function requireLanes(operation: string, x: TensorType, indices: TensorType, axis: number): void {
  requireIndexType(operation, indices);
  requireAxis(operation, x, axis);
  const others = (type: TensorType): number[] => type.shape.filter((_, i) => i !== axis);
  if (x.shape.length !== indices.shape.length || !sameShape(others(x), others(indices))) {
    throw new TensorError(
      `${operation}: indices ${describe(indices)} and ${describe(x)} must agree in every axis but ${axis}`,
    );
  }
}

/** The primitive behind {@link takeAlongAxis}. */
export const takeAlongAxisPrimitive: Primitive<{ readonly axis: number }> = {
  name: '@equiflow/tensor#takeAlongAxisPrimitive',
  infer([x, indices], { axis }) {
    requireLanes('takeAlongAxis', x!, indices!, axis);
    return [{ shape: indices!.shape, dtype: x!.dtype }];
  },
  reference([x, indices], [y], { axis }, { inputs }) {
    const { outer, length, inner } = axisLayout(inputs[0]!.shape, axis);
    const taken = inputs[1]!.shape[axis]!;
    requireIndices('takeAlongAxis', indices!, length);
    for (let o = 0, to = 0; o < outer; o++) {
      for (let i = 0; i < taken; i++) {
        for (let k = 0; k < inner; k++, to++) y![to] = x![(o * length + indices![to]!) * inner + k]!;
      }
    }
  },
  vjp({ inputs: [x, indices], attributes: { axis } }, [cotangent]) {
    if (x!.dtype === 'int32') return [null, null];
    return [scatterAddAlongAxis(cotangent!, indices!, x!.shape[axis]!, axis), null];
  },
  examples: [
    { attributes: { axis: 1 }, inputs: [{ shape: [3, 5] }, { shape: [3, 4], below: 5 }] },
    { attributes: { axis: 1 }, inputs: [{ shape: [2, 4, 3] }, { shape: [2, 5, 3], below: 4 }] },
    { attributes: { axis: 0 }, inputs: [{ shape: [6] }, { shape: [9], below: 6 }] },
  ],
};

/**
 * y[…, i, …] = x[…, indices[…, i, …], …] along `axis`; `indices` (int32) has the shape of `x` but on that axis.
 * @throws TensorError at run, when an index is out of range.
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return applyOne(takeAlongAxisPrimitive, [x, indices], { axis: requireAxis('takeAlongAxis', x, axis) });
}

/** The primitive behind {@link scatterAddAlongAxis}. */
export const scatterAddAlongAxisPrimitive: Primitive<ScatterAddAttributes> = {
  name: '@equiflow/tensor#scatterAddAlongAxisPrimitive',
  infer([values, indices], { axis, length }) {
    requireFloat('scatterAddAlongAxis', values!);
    requireShape('scatterAddAlongAxis', [length]);
    requireLanes('scatterAddAlongAxis', values!, indices!, axis);
    if (!sameShape(values!.shape, indices!.shape)) {
      throw new TensorError(
        `scatterAddAlongAxis: values ${describe(values!)} and indices ${describe(indices!)} must have one shape`,
      );
    }
    return [{ shape: values!.shape.map((old, i) => (i === axis ? length : old)), dtype: values!.dtype }];
  },
  reference([values, indices], [y], { axis, length }, { inputs }) {
    const { outer, length: count, inner } = axisLayout(inputs[0]!.shape, axis);
    requireIndices('scatterAddAlongAxis', indices!, length);
    const total = new Float64Array(y!.length);
    for (let o = 0, from = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < inner; k++, from++) {
          total[(o * length + indices![from]!) * inner + k]! += values![from]!;
        }
      }
    }
    y!.set(total);
  },
  vjp({ inputs, attributes: { axis } }, [cotangent]) {
    return [takeAlongAxis(cotangent!, inputs[1]!, axis), null];
  },
  examples: [
    { attributes: { axis: 1, length: 5 }, inputs: [{ shape: [3, 4] }, { shape: [3, 4], below: 5 }] },
    { attributes: { axis: 1, length: 4 }, inputs: [{ shape: [2, 5, 3] }, { shape: [2, 5, 3], below: 4 }] },
    { attributes: { axis: 0, length: 6 }, inputs: [{ shape: [9] }, { shape: [9], below: 6 }] },
  ],
};

/**
 * Zeros of `length` along `axis`, with every value added at its own index in its lane; the transpose of
 * `takeAlongAxis`.
 */
export function scatterAddAlongAxis(values: Tensor, indices: Tensor, length: number, axis = -1): Tensor {
  return applyOne(scatterAddAlongAxisPrimitive, [values, indices], {
    axis: requireAxis('scatterAddAlongAxis', values, axis),
    length,
  });
}
