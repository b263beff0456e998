/** The monotonic rational-quadratic spline as plain float64 functions, for use without tensors. */
import { BIN_SIZE, fillBins, forwardAt, inverseAt, type Point } from './bin.ts';

/** Knots of a monotonic spline: positions and values increasing, slopes positive, equally many of each. */
export interface MonotonicKnots {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly slopes: ArrayLike<number>;
}

/** An increasing bijection of the real line: rational-quadratic between the knots, linear outside. */
export interface RationalQuadraticSpline {
  /** f(x). */
  evaluate(x: number): number;
  /** f′(x) > 0. */
  derivative(x: number): number;
  /** ln f′(x). */
  logDerivative(x: number): number;
  /** The x with f(x) = y; to 1e-12 relative to the interval. */
  inverse(y: number): number;
}

/**
 * A monotonic rational-quadratic spline through given knots with given slopes (Gregory & Delbourgo 1982),
 * continued outside by lines with the slopes of the end knots.
 *
 * @throws RangeError where knots or values do not increase, a slope is not positive, or the counts differ.
 * @example
 * ```ts
 * import { rationalQuadraticSpline } from '@equiflow/splines';
 *
 * const spline = rationalQuadraticSpline({ x: [-1, 0, 2], y: [-1, 0.5, 2], slopes: [1, 0.5, 1] });
 * console.log(spline.inverse(spline.evaluate(0.3))); // 0.3
 * ```
 */
export function rationalQuadraticSpline({ x, y, slopes }: MonotonicKnots): RationalQuadraticSpline {
  const count = x.length;
  if (count < 2 || y.length !== count || slopes.length !== count) {
    throw new RangeError(
      `rationalQuadraticSpline: ${count} knots, ${y.length} values, ${slopes.length} slopes; give at least 2 and equally many of each`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (!(slopes[i]! > 0 && slopes[i]! < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`rationalQuadraticSpline: slope ${i} is ${slopes[i]}; slopes must be positive`);
    }
  }
  requireIncreasing('rationalQuadraticSpline: knots', x);
  requireIncreasing('rationalQuadraticSpline: values', y);
  const bins = new Float64Array((count - 1) * BIN_SIZE);
  fillBins(x, y, slopes, 0, count, bins);
  const lastX = x[count - 1]!;
  const lastY = y[count - 1]!;
  const point: Point = { value: 0, derivative: 0 };
  return {
    evaluate(at) {
      forwardAt(bins, count, lastX, at, point);
      return point.value;
    },
    derivative(at) {
      forwardAt(bins, count, lastX, at, point);
      return point.derivative;
    },
    logDerivative(at) {
      forwardAt(bins, count, lastX, at, point);
      return Math.log(point.derivative);
    },
    inverse(at) {
      inverseAt(bins, count, lastY, at, point);
      return point.value;
    },
  };
}

/** @throws RangeError naming the first place where `values` are not finite or do not increase. */
export function requireIncreasing(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) throw new RangeError(`${what}: value ${i} is ${values[i]}, not finite`);
    if (i > 0 && !(values[i]! > values[i - 1]!)) {
      throw new RangeError(
        `${what}: value ${i} (${values[i]}) is not above value ${i - 1} (${values[i - 1]}); sort them and remove repeats`,
      );
    }
  }
}
