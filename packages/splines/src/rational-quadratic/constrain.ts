/**
 * Valid knots of a rational-quadratic spline from free numbers (Durkan et al. 2019, section 3.1, with free ends of
 * the interval and slopes in units of the mean slope). Zeros give the identity.
 *
 * The 3 K + 2 numbers of a spline with K knots are, in order,
 *   K − 1 logits of the widths, K − 1 logits of the heights, K slopes,
 *   centre of x, ln width of x, centre of y, ln width (height) of y.
 */
import {
  add,
  clip,
  constant,
  cumulativeSum,
  divide,
  exp,
  multiply,
  pad,
  slice,
  softmax,
  softplus,
  subtract,
  type Tensor,
  TensorError,
} from '@equiflow/tensor';
import type { RationalQuadraticKnots } from './rational-quadratic.ts';
import type { MonotonicKnots } from './spline.ts';

/** Choices of `constrainRationalQuadratic`. */
export interface ConstrainOptions {
  /** The interval of the knots, in x and in y, where the last four numbers are 0. Default [−4, 4]. */
  readonly interval?: readonly [number, number];
  /** Least width and height of a bin, as a fraction of the interval's. Default 1e-3; (K − 1) times it is below 1. */
  readonly minimumBin?: number;
  /** Least slope, in units of the mean slope (height of the interval over its width). Default 1e-3, below 1. */
  readonly minimumSlope?: number;
}

/** The ln of the widths of the interval relative to the default are kept within ± this. */
const MAX_LOG_WIDTH = 20;

/** How many free numbers a spline with `knots` knots takes. */
export function rationalQuadraticParameterCount(knots: number): number {
  return 3 * knots + 2;
}

interface Settings {
  readonly count: number;
  readonly middle: number;
  readonly width: number;
  readonly minimumBin: number;
  readonly minimumSlope: number;
  /** Added to the slopes, so that 0 means 1. */
  readonly shift: number;
}

function settingsOf(length: number | undefined, options: ConstrainOptions): Settings {
  const { interval = [-4, 4], minimumBin = 1e-3, minimumSlope = 1e-3 } = options;
  const count = ((length ?? 0) - 2) / 3;
  if (!Number.isInteger(count) || count < 2) {
    throw new TensorError(
      `constrainRationalQuadratic: ${length ?? 'no'} numbers on the last axis; K knots take 3 K + 2, K ≥ 2`,
    );
  }
  if (!(interval[1] > interval[0])) {
    throw new TensorError(
      `constrainRationalQuadratic: interval [${interval}]; its end must lie above its start`,
    );
  }
  if (!(minimumBin >= 0 && minimumBin * (count - 1) < 1 && minimumSlope >= 0 && minimumSlope < 1)) {
    throw new TensorError(
      `constrainRationalQuadratic: minimumBin ${minimumBin}, minimumSlope ${minimumSlope} with ${count - 1} bins; give 0 to below 1/${count - 1}, and 0 to below 1`,
    );
  }
  return {
    count,
    middle: (interval[0] + interval[1]) / 2,
    width: interval[1] - interval[0],
    minimumBin,
    minimumSlope,
    shift: Math.log(Math.expm1(1 - minimumSlope)),
  };
}

/**
 * Knots of a monotonic spline from free numbers, by differentiable operations.
 *
 * @param free [3 K + 2] or [B, 3 K + 2]; in order K − 1 logits of widths, K − 1 logits of heights, K slopes, then
 *   centre and ln width of the interval in x, centre and ln width in y. Centres are in units of half the default
 *   width; zeros give the identity function.
 * @returns positions, values and slopes, [K] or [B, K]
 * @throws TensorError when the last axis is not 3 K + 2 long or an option is out of range
 */
export function constrainRationalQuadratic(
  free: Tensor,
  options: ConstrainOptions = {},
): RationalQuadraticKnots {
  const settings = settingsOf(free.shape.at(-1), options);
  const { count, middle, width, minimumBin, minimumSlope, shift } = settings;
  const bins = count - 1;
  const part = (start: number, size: number): Tensor =>
    slice(free, [...free.shape.slice(1).map(() => null), [start, start + size]]);
  const side = (logits: number, ends: number) => {
    const share = multiply(softmax(part(logits, bins)), 1 - bins * minimumBin);
    const fractions = cumulativeSum(add(share, minimumBin));
    const before = pad(fractions, [...free.shape.slice(1).map(() => [0, 0] as const), [1, 0]]);
    const length = multiply(exp(clip(part(ends + 1, 1), -MAX_LOG_WIDTH, MAX_LOG_WIDTH)), width);
    const centre = add(multiply(part(ends, 1), width / 2), middle);
    return { knots: add(centre, multiply(length, subtract(before, 0.5))), length };
  };
  const x = side(0, 3 * count - 2);
  const y = side(bins, 3 * count);
  const relative = add(softplus(add(part(2 * bins, count), constant(shift, [], free.dtype))), minimumSlope);
  return { x: x.knots, y: y.knots, slopes: multiply(relative, divide(y.length, x.length)) };
}

/** `constrainRationalQuadratic` on plain numbers, for one spline: what `rationalQuadraticSpline` takes. */
export function constrainMonotonicKnots(
  free: ArrayLike<number>,
  options: ConstrainOptions = {},
): MonotonicKnots {
  const { count, middle, width, minimumBin, minimumSlope, shift } = settingsOf(free.length, options);
  const bins = count - 1;
  const side = (logits: number, ends: number) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < bins; i++) largest = Math.max(largest, free[logits + i]!);
    const weights = Float64Array.from({ length: bins }, (_, i) => Math.exp(free[logits + i]! - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const length = width * Math.exp(Math.min(Math.max(free[ends + 1]!, -MAX_LOG_WIDTH), MAX_LOG_WIDTH));
    const centre = middle + (free[ends]! * width) / 2;
    const knots = new Float64Array(count);
    let fraction = 0;
    for (let i = 0; i < count; i++) {
      knots[i] = centre + length * (fraction - 0.5);
      if (i < bins) fraction += minimumBin + (1 - bins * minimumBin) * (weights[i]! / total);
    }
    return { knots, length };
  };
  const x = side(0, 3 * count - 2);
  const y = side(bins, 3 * count);
  const slopes = Float64Array.from({ length: count }, (_, i) => {
    const u = free[2 * bins + i]! + shift;
    const softplus = Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
    return (minimumSlope + softplus) * (y.length / x.length);
  });
  return { x: x.knots, y: y.knots, slopes };
}
