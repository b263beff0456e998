/** Reading rows by index along an axis, and its transpose: adding rows into their places. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import {
  describe,
  requireShape,
  sameShape,
  TensorError,
  type TensorType,
  type TypedArray,
} from '../types.ts';
import { axisLayout, requireAxis } from './axis-layout.ts';
import { requireFloat } from './elementwise.ts';

/** @throws TensorError when an index is not in [0, length). */
export function requireIndices(operation: string, indices: TypedArray, length: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index < 0 || index >= length) {
      throw new TensorError(`${operation}: index ${index} at place ${i} is outside [0, ${length})`);
    }
  }
}

/** Refuses indices that are not int32. */
export function requireIndexType(operation: string, indices: TensorType): void {
  if (indices.dtype !== 'int32') {
    throw new TensorError(`${operation}: indices are ${describe(indices)}; they must be int32, use cast`);
  }
}

/** The primitive behind {@link gather}. */
export const gatherPrimitive: Primitive<{ readonly axis: number }> = {
  name: '@equiflow/tensor#gatherPrimitive',
  infer([x, indices], { axis }) {
    requireIndexType('gather', indices!);
    requireAxis('gather', x!, axis);
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)];
    return [{ shape, dtype: x!.dtype }];
  },
  reference([x, indices], [y], { axis }, { inputs }) {
    const { outer, length, inner } = axisLayout(inputs[0]!.shape, axis);
    requireIndices('gather', indices!, length);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < indices!.length; i++, to += inner) {
        const from = (o * length + indices![i]!) * inner;
        for (let k = 0; k < inner; k++) y![to + k] = x![from + k]!;
      }
    }
  },
  vjp({ inputs: [x, indices], attributes: { axis } }, [cotangent]) {
    if (x!.dtype === 'int32') return [null, null];
    return [scatterAdd(cotangent!, indices!, x!.shape[axis]!, axis), null];
  },
  examples: [
    { attributes: { axis: 0 }, inputs: [{ shape: [5, 3] }, { shape: [7], below: 5 }] },
    { attributes: { axis: 1 }, inputs: [{ shape: [2, 5, 3] }, { shape: [2, 2], below: 5 }] },
    { attributes: { axis: 1 }, inputs: [{ shape: [3, 4] }, { shape: [], below: 4 }] },
    { attributes: { axis: 0 }, inputs: [{ shape: [9] }, { shape: [33], below: 9 }] },
  ],
};

/**
 * Rows of `x` along `axis`, by index (int32): the axis is replaced by the axes of `indices`.
 * @throws TensorError at run, when an index is out of range.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return applyOne(gatherPrimitive, [x, indices], { axis: requireAxis('gather', x, axis) });
}

/** The axis that the sums go along, and its length in the result. */
export interface ScatterAddAttributes {
  readonly axis: number;
  readonly length: number;
}

/** The primitive behind {@link scatterAdd}. */
export const scatterAddPrimitive: Primitive<ScatterAddAttributes> = {
  name: '@equiflow/tensor#scatterAddPrimitive',
  infer([values, indices], { axis, length }) {
    requireFloat('scatterAdd', values!);
    requireIndexType('scatterAdd', indices!);
    requireShape('scatterAdd', [length]);
    const rank = indices!.shape.length;
    if (
      values!.shape.length < axis + rank ||
      !sameShape(values!.shape.slice(axis, axis + rank), indices!.shape)
    ) {
      throw new TensorError(
        `scatterAdd: values ${describe(values!)} do not carry the axes of the indices ${describe(indices!)} from axis ${axis} on`,
      );
    }
    const shape = [...values!.shape.slice(0, axis), length, ...values!.shape.slice(axis + rank)];
    return [{ shape, dtype: values!.dtype }];
  },
  reference([values, indices], [y], { axis, length }, { outputs }) {
    const { outer, inner } = axisLayout(outputs[0]!.shape, axis);
    requireIndices('scatterAdd', indices!, length);
    const total = new Float64Array(y!.length);
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < indices!.length; i++, from += inner) {
        const to = (o * length + indices![i]!) * inner;
        for (let k = 0; k < inner; k++) total[to + k]! += values![from + k]!;
      }
    }
    y!.set(total);
  },
  vjp: ({ inputs, attributes: { axis } }, [cotangent]) => [gather(cotangent!, inputs[1]!, axis), null],
  examples: [
    { attributes: { axis: 0, length: 5 }, inputs: [{ shape: [7, 3] }, { shape: [7], below: 5 }] },
    { attributes: { axis: 1, length: 4 }, inputs: [{ shape: [2, 2, 3, 3] }, { shape: [2, 3], below: 4 }] },
    { attributes: { axis: 0, length: 9 }, inputs: [{ shape: [33] }, { shape: [33], below: 9 }] },
    { attributes: { axis: 1, length: 3 }, inputs: [{ shape: [3, 4] }, { shape: [], below: 3 }] },
  ],
};

/**
 * Zeros of `length` along `axis`, plus every row of `values` at its index; equal indices add up. Additions are
 * made in the order of the values. The transpose of `gather`.
 * @throws TensorError at run, when an index is out of range.
 */
export function scatterAdd(values: Tensor, indices: Tensor, length: number, axis = 0): Tensor {
  const positive = axis < 0 ? axis + values.shape.length - indices.shape.length + 1 : axis;
  return applyOne(scatterAddPrimitive, [values, indices], { axis: positive, length });
}

/** Sums of the rows of `values` (axis 0) that share a segment: row i goes to `segments[i]` of `count`. */
export function segmentSum(values: Tensor, segments: Tensor, count: number): Tensor {
  if (segments.shape.length !== 1 || segments.shape[0] !== values.shape[0]) {
    throw new TensorError(
      `segmentSum: ${describe(segments)} does not give one segment for each row of ${describe(values)}`,
    );
  }
  return scatterAdd(values, segments, count, 0);
}
