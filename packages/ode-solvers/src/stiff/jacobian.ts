/** The Jacobian ∂f/∂y that implicit methods need: the user's, or by forward differences. */
import type { StepperProblem } from '../types.ts';
import { luFactor, luSolve } from './linear-algebra.ts';

/** Writes ∂f/∂y at (t, y), where the slope is known, row-major into `out`. */
export type JacobianEvaluator = (t: number, y: Float64Array, slope: Float64Array, out: Float64Array) => void;

/**
 * Evaluates the Jacobian of a problem and counts it. Differences are taken over √ε max(|y_j|, 1000 atol_j), in the
 * direction of the slope, so that a component which must not be negative stays so.
 */
export function jacobianEvaluator(problem: StepperProblem): JacobianEvaluator {
  const { dimension: n, field, jacobian, atol, statistics } = problem;
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
  return (t, y, slope, out) => {
    statistics.jacobians++;
    moved.set(y);
    for (let j = 0; j < n; j++) {
      const size = root * Math.max(Math.abs(y[j]!), 1000 * atol[j]!, 1e-12);
      moved[j] = y[j]! + (slope[j]! < 0 ? -size : size);
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
  const { dimension: n, statistics } = problem;
  const evaluate = jacobianEvaluator(problem);
  const jacobian = new Float64Array(n * n);
  const factors = new Float64Array(n * n);
  const pivots = new Int32Array(n);
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
      for (let i = 0; i < n * n; i++) factors[i] = -weight * jacobian[i]!;
      for (let i = 0; i < n; i++) factors[i * (n + 1)]! += 1;
      statistics.factorisations++;
      const regular = luFactor(factors, n, pivots);
      factorised = regular ? weight : Number.NaN;
      return regular;
    },
    solve(b) {
      luSolve(factors, n, pivots, b);
    },
    markStale() {
      stale = true;
    },
    get fresh() {
      return fresh;
    },
  };
}
