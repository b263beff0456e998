/** Choice of the first step from two evaluations (Hairer, Nørsett & Wanner I, section II.4, "Starting step size"). */
import type { StepperProblem } from './types.ts';

/**
 * A first step, unsigned, such that an explicit Euler step and the change of slope over it are small in the
 * scaled norm.
 */
export function initialStep(
  problem: StepperProblem,
  t: number,
  y: Float64Array,
  slope: Float64Array,
  direction: number,
  span: number,
  errorExponent: number,
): number {
  const { dimension, rtol, atol, field } = problem;
  if (dimension === 0) return span;
  const norm = (of: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < dimension; i++) {
      const ratio = of(i) / Math.max(atol[i]! + rtol[i]! * Math.abs(y[i]!), 1e-300);
      total += ratio * ratio;
    }
    return Math.sqrt(total / dimension);
  };
  const d0 = norm((i) => y[i]!);
  const d1 = norm((i) => slope[i]!);
  const h0 = firstStepGuess(d0, d1, span);
  const stepped = y.map((value, i) => value + direction * h0 * slope[i]!);
  const slope1 = new Float64Array(dimension);
  field(t + direction * h0, stepped, slope1);
  const d2 = norm((i) => slope1[i]! - slope[i]!) / h0;
  return firstStepLength(h0, d1, d2, span, errorExponent);
}

/** The length of the explicit Euler step that is tried, from the norms of the state and the slope. */
export function firstStepGuess(state: number, slope: number, span: number): number {
  return Math.min(state < 1e-5 || slope < 1e-5 ? 1e-6 : (0.01 * state) / slope, span);
}

/** The first step, from the norms of the slope and of its change over the step h0 divided by h0. */
export function firstStepLength(
  h0: number,
  slope: number,
  change: number,
  span: number,
  errorExponent: number,
): number {
  const steepest = Math.max(slope, change);
  const h1 = steepest <= 1e-15 ? Math.max(1e-6, h0 * 1e-3) : (0.01 / steepest) ** (1 / errorExponent);
  const h = Math.min(100 * h0, h1, span);
  return Number.isFinite(h) && h > 0 ? h : Math.min(1e-6, span);
}
