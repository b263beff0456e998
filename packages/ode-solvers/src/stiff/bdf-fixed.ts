/**
 * Backward differentiation formulas with steps of one length (Hairer, Nørsett & Wanner I, section III.1):
 * Σ_{m=1}^k ∇^m y_{n+1}/m = h f(t_{n+1}, y_{n+1}). Radau's method makes the first steps, and those after any change of the
 * length. Dense output is the cubic through both ends.
 */
import { allFinite, errorMeasure } from '../error-norm.ts';
import { hermiteCubic } from '../hermite.ts';
import type { Stepper, StepperProblem } from '../types.ts';
import { newtonMatrix } from './jacobian.ts';
import { radau5 } from './radau.ts';

const mostIterations = 50;

function binomial(m: number, i: number): number {
  let value = 1;
  for (let j = 0; j < i; j++) value = (value * (m - j)) / (j + 1);
  return value;
}

/** Weights of y_{n+1}, y_n, y_{n−1}, … in Σ ∇^m y_{n+1}/m. */
function weightsOf(order: number): number[] {
  return Array.from({ length: order + 1 }, (_, i) => {
    let sum = 0;
    for (let m = Math.max(1, i); m <= order; m++) sum += binomial(m, i) / m;
    return i % 2 === 0 ? sum : -sum;
  });
}

/** The stepper of order k. */
export function fixedBdfStepper(order: number, problem: StepperProblem): Stepper {
  const { dimension: n, field } = problem;
  const weights = weightsOf(order);
  const starter = radau5.stepper(problem);
  const measure = errorMeasure(problem);
  const matrix = newtonMatrix(problem);
  /** y_n, y_{n−1}, … */
  const history = Array.from({ length: order }, () => new Float64Array(n));
  const known = new Float64Array(n);
  const correction = new Float64Array(n);
  const yNext = new Float64Array(n);
  const [slope, slopeNext] = [new Float64Array(n), new Float64Array(n)];
  let count = 0;
  let time = 0;
  let step = 0;
  let contraction = 0;
  const newton = (t: number, weight: number): boolean => {
    let before = Number.POSITIVE_INFINITY;
    for (let iteration = 0; iteration < mostIterations; iteration++) {
      field(t, yNext, correction);
      for (let i = 0; i < n; i++) correction[i] = known[i]! + weight * correction[i]! - yNext[i]!;
      matrix.solve(correction);
      const size = measure(correction, history[0]!, yNext);
      if (!Number.isFinite(size)) return true;
      for (let i = 0; i < n; i++) yNext[i]! += correction[i]!;
      contraction = size / before;
      // To round-off, where the corrections stop shrinking: there is no error estimate to hide behind.
      if (size < 1e-8 || (size < 1e-3 && contraction > 0.5)) return true;
      if (iteration > 2 && contraction > 0.99) return false;
      before = size;
    }
    return false;
  };
  return {
    get y() {
      return history[0]!;
    },
    yNext,
    slope,
    degree: 3,
    errorExponent: order + 1,
    start(t, from) {
      history[0]!.set(from);
      field(t, history[0]!, slope);
      count = 1;
      matrix.markStale();
    },
    attempt(t, h) {
      if (count > 1 && Math.abs(h - step) > 1e-9 * Math.abs(h)) count = 1;
      [time, step] = [t, h];
      if (count < order) {
        starter.start(t, history[0]!);
        const result = starter.attempt(t, h);
        yNext.set(starter.yNext);
        return result;
      }
      const weight = h / weights[0]!;
      known.fill(0);
      yNext.fill(0);
      for (let j = 0; j < order; j++) {
        const share = -weights[j + 1]! / weights[0]!;
        const ahead = binomial(order, j + 1) * (j % 2 === 0 ? 1 : -1);
        const past = history[j]!;
        for (let i = 0; i < n; i++) {
          known[i]! += share * past[i]!;
          yNext[i]! += ahead * past[i]!;
        }
      }
      for (let attempt = 0; attempt < 2; attempt++) {
        if (!matrix.prepare(t, history[0]!, weight)) return Number.POSITIVE_INFINITY;
        if (newton(t + h, weight)) return allFinite(yNext) ? 0 : Number.NaN;
        if (matrix.fresh) break;
        matrix.markStale();
      }
      return Number.POSITIVE_INFINITY;
    },
    interpolant(coefficients) {
      field(time, history[0]!, slope);
      field(time + step, yNext, slopeNext);
      hermiteCubic(coefficients, step, history[0]!, slope, yNext, slopeNext);
    },
    advance() {
      if (contraction > 0.01) matrix.markStale();
      count = Math.min(order, count + 1);
      const oldest = history.pop()!;
      oldest.set(yNext);
      history.unshift(oldest);
    },
  };
}
