/** The kinds of cubic spline as plain float64 functions, for use without tensors. */
import { requireIncreasing } from '../rational-quadratic/spline.ts';
import { type CubicSpline, type OutsideKnots, piecewiseCubic } from './piecewise.ts';
import { akimaSlopes, type CubicBoundary, pchipSlopes, smoothSlopes } from './slopes.ts';

/** Points to interpolate. */
export interface InterpolationData {
  /** Positions, increasing; at least 2. */
  readonly x: ArrayLike<number>;
  /** Values, as many. */
  readonly y: ArrayLike<number>;
  /** What is done outside the knots. Default `extrapolate`. */
  readonly outside?: OutsideKnots;
}

/** Points and the conditions at the ends. */
export interface CubicSplineData extends InterpolationData {
  /** Default `not-a-knot`. */
  readonly boundary?: CubicBoundary;
  /** First derivatives at the ends, of `clamped` only. Default [0, 0]. */
  readonly endSlopes?: readonly [number, number];
}

function checked(name: string, { x, y }: InterpolationData): { knots: Float64Array; values: Float64Array } {
  if (x.length < 2 || y.length !== x.length) {
    throw new RangeError(
      `${name}: ${x.length} positions and ${y.length} values; give at least 2 and as many of both`,
    );
  }
  requireIncreasing(`${name}: positions`, x);
  const values = Float64Array.from(y);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`${name}: value ${bad} is ${values[bad]}, not finite`);
  return { knots: Float64Array.from(x), values };
}

/**
 * The cubic spline with two continuous derivatives through given points.
 *
 * @throws RangeError where positions do not increase, counts differ, or a periodic spline's ends differ.
 * @example
 * ```ts
 * import { cubicSpline } from '@equiflow/splines';
 *
 * const spline = cubicSpline({ x: [0, 1, 2, 3], y: [0, 1, 0, 1], boundary: 'natural' });
 * console.log(spline.evaluate(0.5), spline.derivative(0.5), spline.integral(0, 3));
 * ```
 */
export function cubicSpline(data: CubicSplineData): CubicSpline {
  const { boundary = 'not-a-knot', endSlopes, outside = 'extrapolate' } = data;
  const { knots, values } = checked('cubicSpline', data);
  if (endSlopes && boundary !== 'clamped') {
    throw new RangeError(`cubicSpline: endSlopes with the boundary ${boundary}; they belong to 'clamped'`);
  }
  const periodic = boundary === 'periodic';
  const end = values[values.length - 1]!;
  if (periodic && Math.abs(end - values[0]!) > 1e-12 * Math.max(...values.map(Math.abs))) {
    throw new RangeError(
      `cubicSpline: a periodic spline from ${values[0]} to ${end}; make the last value equal the first`,
    );
  }
  const slopes = smoothSlopes(knots, values, boundary, endSlopes ?? [0, 0]);
  return piecewiseCubic({ name: 'cubicSpline', knots, values, slopes, outside, periodic });
}

/**
 * The cubic Hermite spline through given points with given slopes.
 * @throws RangeError where positions do not increase or counts differ.
 */
export function hermiteSpline(data: InterpolationData & { readonly slopes: ArrayLike<number> }): CubicSpline {
  const { knots, values } = checked('hermiteSpline', data);
  const slopes = Float64Array.from(data.slopes);
  if (slopes.length !== knots.length || !slopes.every(Number.isFinite)) {
    throw new RangeError(
      `hermiteSpline: ${slopes.length} slopes for ${knots.length} knots; give one finite slope a knot`,
    );
  }
  return piecewiseCubic({
    name: 'hermiteSpline',
    knots,
    values,
    slopes,
    outside: data.outside ?? 'extrapolate',
    periodic: false,
  });
}

/**
 * Piecewise cubic Hermite interpolation that is monotonic where the data are (PCHIP: Fritsch & Butland 1984).
 * @throws RangeError where positions do not increase or counts differ.
 */
export function pchip(data: InterpolationData): CubicSpline {
  const { knots, values } = checked('pchip', data);
  return piecewiseCubic({
    name: 'pchip',
    knots,
    values,
    slopes: pchipSlopes(knots, values),
    outside: data.outside ?? 'extrapolate',
    periodic: false,
  });
}

/**
 * Akima's interpolation (1970): local, with little overshoot near outliers.
 * @throws RangeError where positions do not increase or counts differ.
 */
export function akima(data: InterpolationData): CubicSpline {
  const { knots, values } = checked('akima', data);
  return piecewiseCubic({
    name: 'akima',
    knots,
    values,
    slopes: akimaSlopes(knots, values),
    outside: data.outside ?? 'extrapolate',
    periodic: false,
  });
}
