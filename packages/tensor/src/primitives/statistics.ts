/** Reductions made of plainer ones: mean, variance, norm, log Σ exp, softmax. */
import { constant, type Tensor } from '../tensor.ts';
import { describe, sizeOf, TensorError } from '../types.ts';
import { add, divide, multiply, subtract } from './arithmetic.ts';
import { greater } from './comparisons.ts';
import { max } from './extrema.ts';
import { abs, exp, log, sqrt, square } from './functions.ts';
import { reshape } from './reshape.ts';
import { select } from './select.ts';
import { stopGradient } from './stop-gradient.ts';
import { normaliseAxes, type ReductionOptions, reducedShape, sum } from './sum.ts';

/** Number of values taken together. @throws TensorError when there are none. */
function reductionCount(operation: string, x: Tensor, axes: readonly number[] | undefined): number {
  const count = sizeOf(normaliseAxes(operation, x, axes).map((axis) => x.shape[axis]!));
  if (count === 0) throw new TensorError(`${operation}: ${describe(x)} has no values along the axes`);
  return count;
}

/** Arithmetic mean over axes. @throws TensorError when it is over no values. */
export function mean(x: Tensor, options: ReductionOptions = {}): Tensor {
  return multiply(sum(x, options), 1 / reductionCount('mean', x, options.axes));
}

/**
 * Mean squared deviation from the mean over axes; divided by count − `correction` (1: the unbiased estimate;
 * default 0), computed in two passes.
 */
export function variance(
  x: Tensor,
  options: ReductionOptions & { readonly correction?: number } = {},
): Tensor {
  const { correction = 0, ...reduction } = options;
  const count = reductionCount('variance', x, options.axes);
  if (count <= correction) {
    throw new TensorError(`variance: ${count} values with a correction of ${correction}; more are needed`);
  }
  const centred = subtract(x, mean(x, { ...reduction, keepDims: true }));
  return multiply(sum(square(centred), reduction), 1 / (count - correction));
}

/** √Σ x² over axes; the gradient at 0 is 0. */
export function norm(x: Tensor, options: ReductionOptions = {}): Tensor {
  const squared = sum(square(x), options);
  const positive = greater(squared, 0);
  return multiply(positive, sqrt(select(positive, squared, 1)));
}

/** The largest value, as a constant to subtract before exp; 0 where it is infinite. */
function exponentShift(x: Tensor, axes: readonly number[] | undefined): Tensor {
  const largest = stopGradient(max(x, { keepDims: true, ...(axes && { axes }) }));
  return select(greater(constant(Number.POSITIVE_INFINITY, [], x.dtype), abs(largest)), largest, 0);
}

/** ln Σ eˣ over axes, without overflow; −∞ where all are −∞. */
export function logSumExp(x: Tensor, options: ReductionOptions = {}): Tensor {
  const axes = normaliseAxes('logSumExp', x, options.axes);
  const shift = exponentShift(x, axes);
  const shifted = add(log(sum(exp(subtract(x, shift)), { axes, keepDims: true })), shift);
  return options.keepDims ? shifted : reshape(shifted, reducedShape(x.shape, axes, false));
}

/** eˣ / Σ eˣ along an axis, without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const exponential = exp(subtract(x, exponentShift(x, [axis])));
  return divide(exponential, sum(exponential, { axes: [axis], keepDims: true }));
}

/** ln softmax along an axis. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return subtract(x, logSumExp(x, { axes: [axis], keepDims: true }));
}
