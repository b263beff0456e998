/** Order: stable argsort along an axis, sort, and places in a sorted list. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, sameShape, TensorError } from '../types.ts';
import { takeAlongAxis } from './along-axis.ts';
import { axisLayout, requireAxis } from './axis-layout.ts';
import { requireFloat } from './elementwise.ts';
import { reshape } from './reshape.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** The primitive behind {@link argsort}. */
export const argsortPrimitive: Primitive<{ readonly axis: number }> = {
  name: '@equiflow/tensor#argsortPrimitive',
  differentiable: false,
  infer([x], { axis }) {
    requireFloat('argsort', x!);
    requireAxis('argsort', x!, axis);
    return [{ shape: x!.shape, dtype: 'int32' }];
  },
  reference([x], [y], { axis }, { inputs }) {
    const { outer, length, inner } = axisLayout(inputs[0]!.shape, axis);
    for (let lane = 0, lanes = outer * inner; lane < lanes; lane++) {
      const start = Math.floor(lane / inner) * length * inner + (lane % inner);
      const value = (index: number): number => x![start + index * inner]!;
      const order = Array.from({ length }, (_, index) => index).sort((a, b) => {
        const [left, right] = [value(a), value(b)];
        if (left < right) return -1;
        if (left > right) return 1;
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      });
      for (let i = 0; i < length; i++) y![start + i * inner] = order[i]!;
    }
  },
  examples: [
    { attributes: { axis: 1 }, inputs: [{ shape: [3, 9] }] },
    { attributes: { axis: 1 }, inputs: [{ shape: [2, 5, 3] }] },
    { attributes: { axis: 0 }, inputs: [{ shape: [257] }] },
    {
      attributes: { axis: 0 },
      inputs: [{ shape: [12], values: [2, nan, 1, 2, -infinity, 1, 0, -0, nan, infinity, 1, 2] }],
    },
  ],
};

/** Indices (int32) that sort `x` ascending along an axis; equal values keep their order (0 = −0), NaN comes last. */
export function argsort(x: Tensor, axis = -1): Tensor {
  return applyOne(argsortPrimitive, [x], { axis: requireAxis('argsort', x, axis) });
}

/** `x` in ascending order along an axis, NaN last; differentiable. */
export function sort(x: Tensor, axis = -1): Tensor {
  return takeAlongAxis(x, argsort(x, axis), axis);
}

/** Whether a value goes before (`left`) or after (`right`) the entries equal to it. */
export type SearchSide = 'left' | 'right';

/** The primitive behind {@link searchSorted}. */
export const searchSortedPrimitive: Primitive<{ readonly side: SearchSide }> = {
  name: '@equiflow/tensor#searchSortedPrimitive',
  differentiable: false,
  infer([sorted, values]) {
    requireFloat('searchSorted', sorted!, values!);
    const fits =
      sorted!.shape.length > 0 &&
      sorted!.dtype === values!.dtype &&
      sorted!.shape.length === values!.shape.length &&
      sameShape(sorted!.shape.slice(0, -1), values!.shape.slice(0, -1));
    if (!fits) {
      throw new TensorError(
        `searchSorted: ${describe(sorted!)} and values ${describe(values!)} must agree in dtype and in every axis but the last`,
      );
    }
    return [{ shape: values!.shape, dtype: 'int32' }];
  },
  reference([sorted, values], [y], { side }, { inputs }) {
    const length = inputs[0]!.shape.at(-1)!;
    const count = inputs[1]!.shape.at(-1)!;
    for (let i = 0; i < y!.length; i++) {
      const start = Math.floor(i / count) * length;
      const value = values![i]!;
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const entry = sorted![start + middle]!;
        const after = side === 'left' ? !(entry >= value) : !(entry > value);
        if (after) low = middle + 1;
        else high = middle;
      }
      y![i] = low;
    }
  },
  examples: [
    {
      attributes: { side: 'left' },
      inputs: [
        { shape: [2, 4], values: [-2, -1, 0.5, 1, 0, 0, 1, 2] },
        { shape: [2, 5], values: [-3, -1, 0, 1, 9, -1, 0, 0.5, 2, nan] },
      ],
    },
    {
      attributes: { side: 'right' },
      inputs: [
        { shape: [2, 4], values: [-2, -1, 0.5, 1, 0, 0, 1, 2] },
        { shape: [2, 5], values: [-3, -1, 0, 1, 9, -1, 0, 0.5, 2, nan] },
      ],
    },
    {
      attributes: { side: 'left' },
      inputs: [
        { shape: [9], values: [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2] },
        { shape: [33], range: [-3, 3] },
      ],
    },
  ],
};

/**
 * How many entries of `sorted` (ascending along its last axis) lie before each value: int32 in [0, n], n for NaN.
 * A list of one axis serves values of any shape; otherwise both have the same leading axes.
 */
export function searchSorted(sorted: Tensor, values: Tensor, side: SearchSide = 'left'): Tensor {
  if (sorted.shape.length === 1 && values.shape.length !== 1) {
    const flat = applyOne(searchSortedPrimitive, [sorted, reshape(values, [-1])], { side });
    return reshape(flat, values.shape);
  }
  return applyOne(searchSortedPrimitive, [sorted, values], { side });
}
