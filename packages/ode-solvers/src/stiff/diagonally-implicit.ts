/**
 * Diagonally implicit Runge-Kutta methods with an explicit first stage and one γ on the diagonal (ESDIRK; Kennedy &
 * Carpenter 2016, NASA TM-2016-219173), stiffly accurate: the last stage is the solution. Each stage
 * Y = y + h Σ_j a_ij k_j + h γ f(Y) is solved by simplified Newton iterations with I − h γ J (Hairer & Wanner II,
 * section IV.8).
 */
import { allFinite, errorMeasure } from '../error-norm.ts';
import { hermiteCubic } from '../hermite.ts';
import { combine, sparseRow } from '../runge-kutta/combine.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';
import { newtonMatrix } from './jacobian.ts';

/** Coefficients of one method. */
export interface DiagonallyImplicitTableau {
  readonly name: string;
  readonly order: number;
  readonly gamma: number;
  /** Abscissae of all stages; the first is 0, the last 1. */
  readonly c: readonly number[];
  /** Rows of all stages, without the diagonal: row i has i entries. The last one, with γ, are the weights b. */
  readonly a: readonly (readonly number[])[];
  /** Embedded error h Σ e_i k_i. */
  readonly error: readonly number[];
  readonly errorExponent: number;
  /** Multiplies the error by (I − h γ J)⁻¹, which damps its stiff part (Hosea & Shampine 1996). */
  readonly filterError?: boolean;
}

/** Makes a method of a tableau. */
export function diagonallyImplicitMethod(
  tableau: DiagonallyImplicitTableau,
): Method & { readonly tableau: DiagonallyImplicitTableau } {
  return {
    name: tableau.name,
    order: tableau.order,
    adaptive: true,
    tableau,
    stepper: (problem) => diagonallyImplicitStepper(tableau, problem),
  };
}

const mostIterations = 10;
const mostIterationsFixed = 50;
/** Newton ends where the remaining error is this share of the tolerance. */
const newtonShare = 1e-3;
/** A Jacobian is kept while Newton contracts at least this well. */
const goodContraction = 1e-2;

function diagonallyImplicitStepper(tableau: DiagonallyImplicitTableau, problem: StepperProblem): Stepper {
  const { dimension: n, field, fixed } = problem;
  const { gamma, c } = tableau;
  const stages = c.length;
  const rows = tableau.a.map(sparseRow);
  const errorRow = sparseRow(tableau.error);
  const measure = errorMeasure(problem);
  const matrix = newtonMatrix(problem);
  // Without an error estimate to hide behind, Newton goes on to round-off.
  const tightest = problem.rtol.reduce((least, value) => Math.min(least, value), 1);
  const share = fixed
    ? Math.min(newtonShare, Math.max(1e-8, 2e-15 / Math.max(tightest, 1e-14)))
    : newtonShare;
  const iterations = fixed ? mostIterationsFixed : mostIterations;
  const k = Array.from({ length: stages }, () => new Float64Array(n));
  const known = new Float64Array(n);
  const correction = new Float64Array(n);
  const error = new Float64Array(n);
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  let step = 0;
  let worstContraction = 0;

  /** Solves Y = known + w f(t, Y) from the guess in `yNext`. */
  const newton = (t: number, weight: number): 'converged' | 'failed' | 'not finite' => {
    let before = 0;
    for (let iteration = 0; iteration < iterations; iteration++) {
      field(t, yNext, correction);
      for (let i = 0; i < n; i++) correction[i] = known[i]! + weight * correction[i]! - yNext[i]!;
      matrix.solve(correction);
      const size = measure(correction, y, yNext);
      if (!Number.isFinite(size)) return 'not finite';
      for (let i = 0; i < n; i++) yNext[i]! += correction[i]!;
      const contraction = iteration === 0 ? 0 : size / before;
      if (iteration > 0) worstContraction = Math.max(worstContraction, contraction);
      if (
        size === 0 ||
        (iteration === 0
          ? size < 1e-3 * share
          : (contraction / (1 - contraction)) * size < share && contraction < 1)
      ) {
        return 'converged';
      }
      // At round-off the corrections stop shrinking: as good as it gets.
      if (iteration > 2 && contraction > 0.5 && size < 1e-2 * Math.max(share, 1e-3)) return 'converged';
      if (iteration > 0 && contraction >= 2) return 'failed';
      if (contraction > 0.99 && iteration > 3) return 'failed';
      before = size;
    }
    return 'failed';
  };
  const tryStep = (t: number, h: number): number => {
    const weight = h * gamma;
    if (!matrix.prepare(t, y, weight)) return Number.POSITIVE_INFINITY;
    worstContraction = 0;
    for (let s = 1; s < stages; s++) {
      combine(known, y, h, k, rows[s]!);
      const guess = k[s - 1]!;
      for (let i = 0; i < n; i++) yNext[i] = known[i]! + weight * guess[i]!;
      const result = newton(t + c[s]! * h, weight);
      if (result !== 'converged') return result === 'failed' ? Number.POSITIVE_INFINITY : Number.NaN;
      const slope = k[s]!;
      for (let i = 0; i < n; i++) slope[i] = (yNext[i]! - known[i]!) / weight;
    }
    if (!allFinite(yNext)) return Number.NaN;
    if (fixed) return 0;
    combine(error, null, h, k, errorRow);
    if (tableau.filterError) matrix.solve(error);
    return measure(error, y, yNext);
  };
  return {
    get y() {
      return y;
    },
    get yNext() {
      return yNext;
    },
    get slope() {
      return k[0]!;
    },
    degree: 3,
    errorExponent: tableau.errorExponent,
    keepWithin: 1.2,
    start(t, from) {
      y.set(from);
      field(t, y, k[0]!);
      matrix.markStale();
    },
    attempt(t, h) {
      step = h;
      let result = tryStep(t, h);
      if (result === Number.POSITIVE_INFINITY && !matrix.fresh) {
        matrix.markStale();
        result = tryStep(t, h);
      }
      return result;
    },
    interpolant(coefficients) {
      hermiteCubic(coefficients, step, y, k[0]!, yNext, k[stages - 1]!);
    },
    advance() {
      if (worstContraction > goodContraction) matrix.markStale();
      const last = k[stages - 1]!;
      k[stages - 1] = k[0]!;
      k[0] = last;
      [y, yNext] = [yNext, y];
    },
  };
}
