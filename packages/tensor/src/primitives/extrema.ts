/** The largest and smallest values over axes, and where they are along one. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, TensorError, type TensorType } from '../types.ts';
import { divide, multiply } from './arithmetic.ts';
import { axisLayout, requireAxis } from './axis-layout.ts';
import { broadcastTo } from './broadcast.ts';
import { equalPrimitive } from './comparisons.ts';
import { distinctValues } from './distinct-values.ts';
import { none, requireFloat } from './elementwise.ts';
import { reshape } from './reshape.ts';
import { normaliseAxes, type ReductionOptions, reducedShape, reductionTargets, sum } from './sum.ts';

function extremum(
  operation: 'max' | 'min',
  pick: (a: number, b: number) => number,
  neutral: number,
): Primitive<{ readonly axes: readonly number[] }> {
  return {
    name: `@equiflow/tensor#${operation}Primitive`,
    infer([x], { axes }) {
      requireFloat(operation, x!);
      if (axes.some((axis) => x!.shape[axis] === 0)) {
        throw new TensorError(`${operation}: ${describe(x!)} has no values along the axes [${axes}]`);
      }
      return [{ shape: reducedShape(x!.shape, axes, false), dtype: x!.dtype }];
    },
    reference([x], [y], { axes }, { inputs }) {
      const targets = reductionTargets(inputs[0]!.shape, axes);
      y!.fill(neutral);
      for (let i = 0; i < targets.length; i++) y![targets[i]!] = pick(y![targets[i]!]!, x![i]!);
    },
    vjp({ inputs: [x], outputs: [y], attributes: { axes } }, [cotangent]) {
      const kept = reducedShape(x!.shape, axes, true);
      const spread = (tensor: Tensor): Tensor => broadcastTo(reshape(tensor, kept), x!.shape);
      const taken = applyOne(equalPrimitive, [x!, spread(y!)], none);
      return [multiply(taken, spread(divide(cotangent!, sum(taken, { axes }))))];
    },
    examples: [
      { attributes: { axes: [1] }, inputs: [{ shape: [2, 5, 3], values: distinctValues(30) }] },
      { attributes: { axes: [0, 2] }, inputs: [{ shape: [2, 5, 3], values: distinctValues(30) }] },
      { attributes: { axes: [0, 1] }, inputs: [{ shape: [4, 9], values: distinctValues(36) }] },
      { attributes: { axes: [1] }, inputs: [{ shape: [4, 33], values: distinctValues(132) }] },
    ],
  };
}

function reduce(
  operation: 'max' | 'min',
  primitive: Primitive<{ readonly axes: readonly number[] }>,
  x: Tensor,
  options: ReductionOptions,
): Tensor {
  const axes = normaliseAxes(operation, x, options.axes);
  const reduced = axes.length === 0 ? x : applyOne(primitive, [x], { axes });
  return options.keepDims ? reshape(reduced, reducedShape(x.shape, axes, true)) : reduced;
}

/** The primitive behind {@link max}. */
export const maxPrimitive: Primitive<{ readonly axes: readonly number[] }> = extremum(
  'max',
  Math.max,
  Number.NEGATIVE_INFINITY,
);
/** Largest value over axes; NaN if there is one. Equal largest values share the gradient equally. */
export const max = (x: Tensor, options: ReductionOptions = {}): Tensor =>
  reduce('max', maxPrimitive, x, options);

/** The primitive behind {@link min}. */
export const minPrimitive: Primitive<{ readonly axes: readonly number[] }> = extremum(
  'min',
  Math.min,
  Number.POSITIVE_INFINITY,
);
/** Smallest value over axes; NaN if there is one. Equal smallest values share the gradient equally. */
export const min = (x: Tensor, options: ReductionOptions = {}): Tensor =>
  reduce('min', minPrimitive, x, options);

function argExtremum(
  operation: 'argmax' | 'argmin',
  better: (challenger: number, holder: number) => boolean,
): Primitive<{ readonly axis: number }> {
  return {
    name: `@equiflow/tensor#${operation}Primitive`,
    differentiable: false,
    infer([x], { axis }): TensorType[] {
      requireFloat(operation, x!);
      if (x!.shape[axis] === 0 || !(axis in x!.shape)) {
        throw new TensorError(`${operation}: ${describe(x!)} has no values along axis ${axis}`);
      }
      return [{ shape: reducedShape(x!.shape, [axis], false), dtype: 'int32' }];
    },
    reference([x], [y], { axis }, { inputs }) {
      const { outer, length, inner } = axisLayout(inputs[0]!.shape, axis);
      for (let lane = 0, lanes = outer * inner; lane < lanes; lane++) {
        const start = Math.floor(lane / inner) * length * inner + (lane % inner);
        let at = 0;
        for (let i = 1; i < length; i++) {
          const [challenger, holder] = [x![start + i * inner]!, x![start + at * inner]!];
          const firstNaN = Number.isNaN(challenger) && !Number.isNaN(holder);
          if (firstNaN || better(challenger, holder)) at = i;
        }
        y![lane] = at;
      }
    },
    examples: [
      { attributes: { axis: 1 }, inputs: [{ shape: [2, 5, 3] }] },
      { attributes: { axis: 0 }, inputs: [{ shape: [9] }] },
      {
        attributes: { axis: 1 },
        inputs: [{ shape: [2, 4], values: [1, 3, 3, 1, 1, Number.NaN, 5, Number.NaN] }],
      },
    ],
  };
}

/** The primitive behind {@link argmax}. */
export const argmaxPrimitive: Primitive<{ readonly axis: number }> = argExtremum('argmax', (a, b) => a > b);
/** Index (int32) of the largest value along an axis; the first of equals, the first NaN if there is one. */
export const argmax = (x: Tensor, axis = -1): Tensor =>
  applyOne(argmaxPrimitive, [x], { axis: requireAxis('argmax', x, axis) });

/** The primitive behind {@link argmin}. */
export const argminPrimitive: Primitive<{ readonly axis: number }> = argExtremum('argmin', (a, b) => a < b);
/** Index (int32) of the smallest value along an axis; the first of equals, the first NaN if there is one. */
export const argmin = (x: Tensor, axis = -1): Tensor =>
  applyOne(argminPrimitive, [x], { axis: requireAxis('argmin', x, axis) });
