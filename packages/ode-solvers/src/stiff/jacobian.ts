/** The Jacobian ∂f/∂y that implicit methods need: the user's, or by forward differences. */
import type { StepperProblem } from '../types.ts';
import { jacobianSize, shiftedJacobian } from './shifted-jacobian.ts';

/** Writes ∂f/∂y at (t, y), where the slope is known, into `out`: row-major, or by diagonals (`jacobianSize`). */
export type JacobianEvaluator = (t: number, y: Float64Array, slope: Float64Array, out: Float64Array) => void;

/**
 * Evaluates the Jacobian of a problem and counts it. With a band of w diagonals, columns w apart are moved together: w
 * evaluations in place of n (Curtis, Powell & Reid 1974). Differences are taken over √ε max(|y_j|, 1000 atol_j), in the
 * direction of the slope, so that a component which must not be negative stays so.
 */
export function jacobianEvaluator(problem: StepperProblem): JacobianEvaluator {
  const { dimension: n, field, jacobian, jacobianBandwidth: band, atol, statistics } = problem;
  if (jacobian) {
    return (t, y, _, out) => {
      statistics.jacobians++;
      out.fill(0);
      jacobian(t, y, out);
    };
  }
  const moved = new Float64Array(n);
  const movedSlope = new Float64Array(n);
  const root = Math.sqrt(Number.EPSILON);
  const increment = (y: Float64Array, slope: Float64Array, j: number): number => {
    const size = root * Math.max(Math.abs(y[j]!), 1000 * atol[j]!, 1e-12);
    return slope[j]! < 0 ? -size : size;
  };
  if (band) {
    const { lower, upper } = band;
    const width = lower + upper + 1;
    return (t, y, slope, out) => {
      statistics.jacobians++;
      out.fill(0);
      for (let group = 0; group < Math.min(width, n); group++) {
        moved.set(y);
        for (let j = group; j < n; j += width) moved[j]! += increment(y, slope, j);
        field(t, moved, movedSlope);
        for (let j = group; j < n; j += width) {
          const change = moved[j]! - y[j]!;
          for (let i = Math.max(0, j - upper); i <= Math.min(n - 1, j + lower); i++) {
            out[i * width + j - i + lower] = (movedSlope[i]! - slope[i]!) / change;
          }
        }
      }
    };
  }
  return (t, y, slope, out) => {
    statistics.jacobians++;
    moved.set(y);
    for (let j = 0; j < n; j++) {
      moved[j] = y[j]! + increment(y, slope, j);
      const change = moved[j]! - y[j]!;
      field(t, moved, movedSlope);
      for (let i = 0; i < n; i++) out[i * n + j] = (movedSlope[i]! - slope[i]!) / change;
      moved[j] = y[j]!;
    }
  };
}

/** The factorised matrix I − w J of Newton's method, and when it has to be made anew. */
export interface NewtonMatrix {
  /** Makes it current for w; false when singular. Keeps the Jacobian unless it was marked stale. */
  prepare(t: number, y: Float64Array, weight: number): boolean;
  /** Solves (I − w J) x = b in place. */
  solve(b: Float64Array): void;
  /** The next `prepare` evaluates the Jacobian. */
  markStale(): void;
  /** True when the Jacobian was evaluated by the last `prepare`. */
  readonly fresh: boolean;
}

/** A `NewtonMatrix` of a problem. */
export function newtonMatrix(problem: StepperProblem): NewtonMatrix {
  const { dimension: n, jacobianBandwidth: band, statistics } = problem;
  const evaluate = jacobianEvaluator(problem);
  const jacobian = new Float64Array(jacobianSize(n, band));
  const matrix = shiftedJacobian(n, band);
  const slope = new Float64Array(n);
  let stale = true;
  let fresh = false;
  let factorised = Number.NaN;
  return {
    prepare(t, y, weight) {
      fresh = stale;
      if (stale) {
        // Differences need the slope at y itself, not one known to Newton's tolerance.
        if (!problem.jacobian) problem.field(t, y, slope);
        evaluate(t, y, slope, jacobian);
        stale = false;
        factorised = Number.NaN;
      }
      if (factorised === weight) return true;
      statistics.factorisations++;
      const regular = matrix.factor(jacobian, 1, -weight);
      factorised = regular ? weight : Number.NaN;
      return regular;
    },
    solve: matrix.solve,
    markStale() {
      stale = true;
    },
    get fresh() {
      return fresh;
    },
  };
}
