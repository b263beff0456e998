/** Sums over axes. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, type Shape, sizeOf, TensorError } from '../types.ts';
import { broadcastTo } from './broadcast.ts';
import { requireFloat } from './elementwise.ts';
import { reshape } from './reshape.ts';

/** The axes as non-negative, sorted, distinct numbers. @throws TensorError when one is out of range. */
export function normaliseAxes(operation: string, x: Tensor, axes: readonly number[] | undefined): number[] {
  const rank = x.shape.length;
  const all = axes ?? x.shape.map((_, axis) => axis);
  const positive = all.map((axis) => (axis < 0 ? axis + rank : axis));
  for (const axis of positive) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
      throw new TensorError(
        `${operation}: axes [${all}] for ${describe(x)}; they run from ${-rank} to ${rank - 1}`,
      );
    }
  }
  return [...new Set(positive)].sort((a, b) => a - b);
}

/** `shape` without `axes`, or with length 1 there. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** For every element of `shape`, the index of the element it reduces into. */
export function reductionTargets(shape: Shape, axes: readonly number[]): Int32Array {
  const targets = new Int32Array(sizeOf(shape));
  const strides = new Array<number>(shape.length).fill(0);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  const index = new Array<number>(shape.length).fill(0);
  let offset = 0;
  for (let i = 0; i < targets.length; i++) {
    targets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      offset -= strides[axis]! * shape[axis]!;
    }
  }
  return targets;
}

/** The primitive behind {@link sum}. */
export const sumPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: '@equiflow/tensor#sumPrimitive',
  infer([x], { axes }) {
    requireFloat('sum', x!);
    return [{ shape: reducedShape(x!.shape, axes, false), dtype: x!.dtype }];
  },
  reference([x], [y], { axes }, { inputs }) {
    // Neumaier's compensated sum, in double.
    const targets = reductionTargets(inputs[0]!.shape, axes);
    const total = new Float64Array(y!.length);
    const lost = new Float64Array(y!.length);
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      const value = x![i]!;
      const before = total[target]!;
      const after = before + value;
      lost[target]! += Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
      total[target] = after;
    }
    // An infinite total has no meaningful compensation.
    for (let i = 0; i < total.length; i++)
      y![i] = Number.isFinite(lost[i]!) ? total[i]! + lost[i]! : total[i]!;
  },
  vjp({ inputs, attributes }, [cotangent]) {
    const { shape } = inputs[0]!;
    return [broadcastTo(reshape(cotangent!, reducedShape(shape, attributes.axes, true)), shape)];
  },
  examples: [
    { attributes: { axes: [1] }, inputs: [{ shape: [2, 5, 3] }] },
    { attributes: { axes: [0, 2] }, inputs: [{ shape: [2, 5, 3] }] },
    { attributes: { axes: [0, 1] }, inputs: [{ shape: [4, 9] }] },
    { attributes: { axes: [1] }, inputs: [{ shape: [4, 33] }] },
    { attributes: { axes: [0] }, inputs: [{ shape: [33, 4] }] },
  ],
};

/** Options of the reductions. */
export interface ReductionOptions {
  /** Axes to reduce; negative ones count from the end. Default: all. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with length 1. Default false. */
  readonly keepDims?: boolean;
}

/** Σ over axes. */
export function sum(x: Tensor, options: ReductionOptions = {}): Tensor {
  const axes = normaliseAxes('sum', x, options.axes);
  const reduced = axes.length === 0 ? x : applyOne(sumPrimitive, [x], { axes });
  return options.keepDims ? reshape(reduced, reducedShape(x.shape, axes, true)) : reduced;
}
