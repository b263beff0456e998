/** A piecewise cubic from its knots, values and slopes: values, derivatives, integrals, and what lies outside. */

/**
 * Outside the knots: continue the cubic of the end interval (`extrapolate`; a periodic spline repeats), keep the
 * end values (`clamp`, where derivatives are 0), or throw a RangeError (`refuse`).
 */
export type OutsideKnots = 'extrapolate' | 'clamp' | 'refuse';

/** A piecewise cubic function of one variable. */
export interface CubicSpline {
  /** Positions of the knots, increasing. */
  readonly knots: Float64Array;
  /** Values at the knots. */
  readonly values: Float64Array;
  /** First derivatives at the knots. */
  readonly slopes: Float64Array;
  /** f(x). */
  evaluate(x: number): number;
  /** The derivative of the given order at x; at a knot, that of the interval on its right. */
  derivative(x: number, order?: 1 | 2 | 3): number;
  /** ∫ f from the first knot to x. */
  antiderivative(x: number): number;
  /** ∫ f from a to b; negative for b < a. */
  integral(a: number, b: number): number;
}

/** Everything that defines a piecewise cubic. */
export interface PiecewiseCubic {
  readonly name: string;
  readonly knots: Float64Array;
  readonly values: Float64Array;
  readonly slopes: Float64Array;
  readonly outside: OutsideKnots;
  readonly periodic: boolean;
}

/** The largest i ≤ knots − 2 with knots[i] ≤ x, or 0. */
export function findInterval(knots: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = knots.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (x >= knots[middle]!) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Makes the functions of a piecewise cubic. In interval i, f = y + t (m + t (c + t d)) with t = x − knot i. */
export function piecewiseCubic({
  name,
  knots,
  values,
  slopes,
  outside,
  periodic,
}: PiecewiseCubic): CubicSpline {
  const n = knots.length;
  const square = new Float64Array(n - 1);
  const cube = new Float64Array(n - 1);
  const integrals = new Float64Array(n);
  for (let i = 0; i < n - 1; i++) {
    const h = knots[i + 1]! - knots[i]!;
    const secant = (values[i + 1]! - values[i]!) / h;
    const excess = (slopes[i]! + slopes[i + 1]! - 2 * secant) / h;
    square[i] = (secant - slopes[i]!) / h - excess;
    cube[i] = excess / h;
    integrals[i + 1] = integrals[i]! + integralInside(i, h);
  }
  const first = knots[0]!;
  const last = knots[n - 1]!;

  function integralInside(i: number, t: number): number {
    return t * (values[i]! + t * (slopes[i]! / 2 + t * (square[i]! / 3 + (t * cube[i]!) / 4)));
  }

  /** Where to evaluate for x; a NaN stays one. */
  function place(x: number): number {
    if (!(x < first || x > last)) return x;
    if (outside === 'refuse') {
      throw new RangeError(
        `${name}: ${x} lies outside the knots [${first}, ${last}]; choose outside: 'extrapolate' or 'clamp'`,
      );
    }
    if (outside === 'clamp') return x < first ? first : last;
    return periodic ? x - Math.floor((x - first) / (last - first)) * (last - first) : x;
  }

  function evaluate(x: number): number {
    const at = place(x);
    const i = findInterval(knots, at);
    const t = at - knots[i]!;
    return values[i]! + t * (slopes[i]! + t * (square[i]! + t * cube[i]!));
  }

  function derivative(x: number, order: 1 | 2 | 3 = 1): number {
    const at = place(x);
    if (at !== x && outside === 'clamp') return 0;
    const i = findInterval(knots, at);
    const t = at - knots[i]!;
    if (order === 3) return 6 * cube[i]!;
    if (order === 2) return 2 * square[i]! + 6 * t * cube[i]!;
    return slopes[i]! + t * (2 * square[i]! + 3 * t * cube[i]!);
  }

  function antiderivative(x: number): number {
    const at = place(x);
    const i = findInterval(knots, at);
    const inside = integrals[i]! + integralInside(i, at - knots[i]!);
    if (at === x) return inside;
    if (outside === 'clamp') return inside + (x - at) * (x < first ? values[0]! : values[n - 1]!);
    return inside + Math.round((x - at) / (last - first)) * integrals[n - 1]!;
  }

  const integral = (a: number, b: number): number => antiderivative(b) - antiderivative(a);
  return { knots, values, slopes, evaluate, derivative, antiderivative, integral };
}
