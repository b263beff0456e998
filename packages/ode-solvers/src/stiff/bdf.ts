/**
 * Backward differentiation formulas of order 1 to 5 with variable step, as numerical differentiation formulas in
 * backward differences (Shampine & Reichelt 1997, "The MATLAB ODE suite", sections 2.1 to 2.3): quasi-constant steps,
 * the differences are rescaled when the step changes. Chooses its own orders and steps.
 */
import { allFinite, errorMeasure } from '../error-norm.ts';
import { type Method, OdeError, type Stepper, type StepperProblem } from '../types.ts';
import { fixedBdfStepper } from './bdf-fixed.ts';
import { newtonMatrix } from './jacobian.ts';
import { radau5 } from './radau.ts';

const mostOrder = 5;
/** Shampine and Reichelt's table 1: κ of the NDFs. */
const kappa = [0, -0.185, -1 / 9, -0.0823, -0.0415, 0];
/** γ_k = Σ_{j ≤ k} 1/j. */
const gamma = [0, 1, 3 / 2, 11 / 6, 25 / 12, 137 / 60];
const alpha = gamma.map((value, k) => (1 - kappa[k]!) * value);
/** Constants of the local error, κ_k γ_k + 1/(k + 1). */
const errorConstant = gamma.map((value, k) => kappa[k]! * value + 1 / (k + 1));

const mostIterations = 4;

/**
 * BDF that chooses its steps and its order, from 1 to `maximumOrder` (1 to 5); with the option `step`, the formula of
 * exactly that order. Order 2 and below is A-stable, for oscillations that decay.
 * @throws OdeError for another order.
 */
export function bdfMethod(maximumOrder: number): Method {
  if (![1, 2, 3, 4, 5].includes(maximumOrder)) {
    throw new OdeError(`bdfMethod: there is no formula of order ${maximumOrder}; give 1 to 5`);
  }
  return {
    name: maximumOrder === mostOrder ? 'bdf' : `bdf${maximumOrder}`,
    order: maximumOrder,
    adaptive: true,
    stepper: (problem) =>
      problem.fixed ? fixedBdfStepper(maximumOrder, problem) : bdfStepper(maximumOrder, problem),
    eventStepper: radau5.stepper,
  };
}

/** BDF of order 1 to 5: for stiff problems at loose and medium tolerances. */
export const bdf: Method = bdfMethod(mostOrder);

/** Matrix that takes differences of step h to those of step factor · h (eq. 2 of section 2.2: R(r) U). */
function rescaling(order: number, factor: number): number[][] {
  const cumulative = (r: number): number[][] => {
    const rows = Array.from({ length: order + 1 }, () => new Array<number>(order + 1).fill(0));
    rows[0]!.fill(1);
    for (let i = 1; i <= order; i++) {
      for (let j = 1; j <= order; j++) rows[i]![j] = (rows[i - 1]![j]! * (i - 1 - r * j)) / i;
    }
    return rows;
  };
  const [r, u] = [cumulative(factor), cumulative(1)];
  return r.map((row) => u[0]!.map((_, j) => row.reduce((sum, value, m) => sum + value * u[m]![j]!, 0)));
}

function bdfStepper(maximumOrder: number, problem: StepperProblem): Stepper {
  const { dimension: n, field, rtol } = problem;
  const measure = errorMeasure(problem);
  const matrix = newtonMatrix(problem);
  const tightest = rtol.reduce((least, value) => Math.min(least, value), 1);
  const newtonTolerance = Math.max(
    (10 * Number.EPSILON) / Math.max(tightest, 1e-14),
    Math.min(0.03, Math.sqrt(tightest)),
  );
  // D[j] = ∇^j y_n.
  const D = Array.from({ length: mostOrder + 3 }, () => new Float64Array(n));
  const fresh = Array.from({ length: mostOrder + 1 }, () => new Float64Array(n));
  const slope = new Float64Array(n);
  const known = new Float64Array(n);
  const correction = new Float64Array(n);
  const total = new Float64Array(n);
  const predicted = new Float64Array(n);
  const estimate = new Float64Array(n);
  const yNext = new Float64Array(n);
  let order = 1;
  let stepOrder = 1;
  let spacing = 0;
  let equalSteps = 0;
  let iterations = 0;
  let slowNewton = false;

  const rescale = (factor: number): void => {
    const weights = rescaling(order, factor);
    for (let j = 0; j <= order; j++) {
      fresh[j]!.fill(0);
      for (let m = 0; m <= order; m++) {
        const weight = weights[m]![j]!;
        if (weight !== 0) for (let i = 0; i < n; i++) fresh[j]![i]! += weight * D[m]![i]!;
      }
    }
    for (let j = 0; j <= order; j++) D[j]!.set(fresh[j]!);
    equalSteps = 0;
  };
  const newton = (t: number, weight: number): 'converged' | 'failed' | 'not finite' => {
    total.fill(0);
    yNext.set(predicted);
    let before = 0;
    slowNewton = false;
    for (iterations = 1; iterations <= mostIterations; iterations++) {
      field(t, yNext, correction);
      if (!allFinite(correction)) return 'not finite';
      for (let i = 0; i < n; i++) correction[i] = weight * correction[i]! - known[i]! - total[i]!;
      matrix.solve(correction);
      const size = measure(correction, yNext, yNext);
      const rate = iterations === 1 ? 0 : size / before;
      if (iterations > 1) {
        if (rate > 0.3) slowNewton = true;
        const left = (rate ** (mostIterations - iterations) / (1 - rate)) * size;
        if (rate >= 1 || left > newtonTolerance) return 'failed';
      }
      for (let i = 0; i < n; i++) {
        total[i]! += correction[i]!;
        yNext[i]! += correction[i]!;
      }
      if (size === 0 || (iterations > 1 && (rate / (1 - rate)) * size < newtonTolerance)) return 'converged';
      before = size;
    }
    return 'failed';
  };
  const tryStep = (t: number, h: number): number => {
    const tNext = t + h;
    const weight = h / alpha[order]!;
    predicted.fill(0);
    known.fill(0);
    for (let j = 0; j <= order; j++) {
      const share = gamma[j]! / alpha[order]!;
      for (let i = 0; i < n; i++) {
        predicted[i]! += D[j]![i]!;
        known[i]! += share * D[j]![i]!;
      }
    }
    if (!matrix.prepare(t, D[0]!, weight)) return Number.POSITIVE_INFINITY;
    const result = newton(tNext, weight);
    if (result !== 'converged') return result === 'failed' ? Number.POSITIVE_INFINITY : Number.NaN;
    if (!allFinite(yNext)) return Number.NaN;
    for (let i = 0; i < n; i++) estimate[i] = errorConstant[order]! * total[i]!;
    return measure(estimate, D[0]!, yNext);
  };
  const errorOfOrder = (k: number, differences: Float64Array): number => {
    for (let i = 0; i < n; i++) estimate[i] = errorConstant[k]! * differences[i]!;
    return measure(estimate, yNext, yNext);
  };
  return {
    get y() {
      return D[0]!;
    },
    yNext,
    slope,
    degree: mostOrder,
    errorExponent: 2,
    start(t, from) {
      for (const row of D) row.fill(0);
      D[0]!.set(from);
      field(t, D[0]!, slope);
      order = 1;
      spacing = 0;
      equalSteps = 0;
      matrix.markStale();
    },
    attempt(t, h) {
      if (spacing === 0) for (let i = 0; i < n; i++) D[1]![i] = h * slope[i]!;
      else if (h !== spacing) rescale(h / spacing);
      spacing = h;
      stepOrder = order;
      let result = tryStep(t, h);
      if (result === Number.POSITIVE_INFINITY && !matrix.fresh) {
        matrix.markStale();
        result = tryStep(t, h);
      }
      return result;
    },
    nextFactor(error, accepted) {
      if (!Number.isFinite(error)) return 0.5;
      const safety = (0.9 * (2 * mostIterations + 1)) / (2 * mostIterations + iterations);
      if (!accepted) return Math.max(0.2, safety * error ** (-1 / (order + 1)));
      // The differences at the new point.
      equalSteps++;
      for (let i = 0; i < n; i++) {
        D[order + 2]![i] = total[i]! - D[order + 1]![i]!;
        D[order + 1]![i] = total[i]!;
      }
      for (let j = order; j >= 1; j--) for (let i = 0; i < n; i++) D[j]![i]! += D[j + 1]![i]!;
      if (slowNewton) matrix.markStale();
      if (equalSteps < order + 1) return 1;
      const lower = order > 1 ? errorOfOrder(order - 1, D[order]!) : Number.POSITIVE_INFINITY;
      const higher = order < maximumOrder ? errorOfOrder(order + 1, D[order + 2]!) : Number.POSITIVE_INFINITY;
      const factors = [lower, error, higher].map((of, i) => Math.max(of, 1e-12) ** (-1 / (order + i)));
      const best = Math.max(...factors);
      order += factors.indexOf(best) - 1;
      equalSteps = 0;
      return Math.min(10, safety * best);
    },
    interpolant(coefficients) {
      // y(t_{n+1} + s h) = Σ_j ∇^j y_{n+1} Π_{m<j} (s + m)/(m + 1), s = θ − 1.
      coefficients.fill(0);
      let polynomial = [1];
      for (let j = 0; j <= stepOrder; j++) {
        const row = j === 0 ? yNext : D[j]!;
        polynomial.forEach((factor, power) => {
          for (let i = 0; i < n; i++) coefficients[power * n + i]! += factor * row[i]!;
        });
        const next = new Array<number>(polynomial.length + 1).fill(0);
        polynomial.forEach((factor, power) => {
          next[power]! += (factor * (j - 1)) / (j + 1);
          next[power + 1]! += factor / (j + 1);
        });
        polynomial = next;
      }
    },
    advance() {
      D[0]!.set(yNext);
    },
  };
}
