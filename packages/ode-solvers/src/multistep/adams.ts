/**
 * Adams methods with steps of one length (Hairer, Nørsett & Wanner I, section III.1): y_{n+1} = y_n + h Σ_j β_j f_{n−j}
 * (Bashforth, explicit), and with f_{n+1} among the slopes (Moulton), solved by fixed-point iteration from Bashforth's
 * prediction. Dormand and Prince's method makes the first steps, and those after any change of the length.
 */
import { allFinite } from '../error-norm.ts';
import { hermiteCubic } from '../hermite.ts';
import { dopri5 } from '../runge-kutta/adaptive.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';

/** Weights of f_n, f_{n−1}, …, by order. */
const bashforth: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
  [1901 / 720, -2774 / 720, 2616 / 720, -1274 / 720, 251 / 720],
];

/** Weights of f_{n+1}, f_n, f_{n−1}, …, by order. */
const moulton: readonly (readonly number[])[] = [
  [1],
  [1 / 2, 1 / 2],
  [5 / 12, 8 / 12, -1 / 12],
  [9 / 24, 19 / 24, -5 / 24, 1 / 24],
  [251 / 720, 646 / 720, -264 / 720, 106 / 720, -19 / 720],
];

/** Iterations of the implicit equation before a step counts as failed. */
const mostIterations = 50;

function adamsMethod(kind: 'bashforth' | 'moulton', order: number): Method {
  return {
    name: `adams${kind === 'bashforth' ? 'Bashforth' : 'Moulton'}${order}`,
    order,
    adaptive: false,
    stepper: (problem) => adamsStepper(kind, order, problem),
  };
}

function adamsStepper(kind: 'bashforth' | 'moulton', order: number, problem: StepperProblem): Stepper {
  const { dimension: n, field, rtol, atol } = problem;
  const predictor = bashforth[order - 1]!;
  const corrector = kind === 'moulton' ? moulton[order - 1]! : null;
  const past = corrector ? Math.max(1, order - 1) : order;
  const starter = dopri5.stepper({ ...problem, fixed: true });
  const history = Array.from({ length: order + 1 }, () => new Float64Array(n));
  const known = new Float64Array(n);
  let count = 0;
  let historyStep = 0;
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  let time = 0;
  let step = 0;
  let endKnown = false;
  const end = (): Float64Array => history[order]!;
  const ensureEnd = (): void => {
    if (!endKnown) field(time + step, yNext, end());
    endKnown = true;
  };
  const sum = (out: Float64Array, weights: readonly number[], offset: number, used: number): void => {
    out.set(y);
    for (let j = 0; j < used; j++) {
      const weight = step * weights[j + offset]!;
      const slope = history[j]!;
      for (let i = 0; i < n; i++) out[i]! += weight * slope[i]!;
    }
  };
  const correct = (weights: readonly number[]): boolean => {
    sum(known, weights, 1, weights.length - 1);
    const weight = step * weights[0]!;
    for (let iteration = 0; iteration < mostIterations; iteration++) {
      field(time + step, yNext, end());
      let change = 0;
      for (let i = 0; i < n; i++) {
        const value = known[i]! + weight * end()[i]!;
        change = Math.max(
          change,
          Math.abs(value - yNext[i]!) / (atol[i]! + rtol[i]! * Math.abs(value) + 1e-300),
        );
        yNext[i] = value;
      }
      // Far below the tolerance, or NaN, which the caller reports.
      if (!(change > 1e-5)) return true;
    }
    return false;
  };
  return {
    get y() {
      return y;
    },
    get yNext() {
      return yNext;
    },
    get slope() {
      return history[0]!;
    },
    degree: 3,
    errorExponent: order,
    start(t, from) {
      y.set(from);
      field(t, y, history[0]!);
      count = 1;
    },
    attempt(t, h) {
      if (count > 1 && Math.abs(h - historyStep) > 1e-9 * Math.abs(h)) count = 1;
      [time, step, endKnown] = [t, h, false];
      if (count < past) {
        starter.start(t, y);
        starter.attempt(t, h);
        yNext.set(starter.yNext);
      } else {
        sum(yNext, predictor, 0, Math.min(count, predictor.length));
        if (corrector && !correct(corrector)) return Number.POSITIVE_INFINITY;
      }
      return allFinite(yNext) ? 0 : Number.NaN;
    },
    interpolant(coefficients) {
      ensureEnd();
      hermiteCubic(coefficients, step, y, history[0]!, yNext, end());
    },
    advance() {
      ensureEnd();
      history.unshift(history.pop()!);
      count = Math.min(count + 1, order);
      historyStep = step;
      [y, yNext] = [yNext, y];
    },
  };
}

/** Adams-Bashforth of order 2. */
export const adamsBashforth2: Method = adamsMethod('bashforth', 2);
/** Adams-Bashforth of order 3. */
export const adamsBashforth3: Method = adamsMethod('bashforth', 3);
/** Adams-Bashforth of order 4. */
export const adamsBashforth4: Method = adamsMethod('bashforth', 4);
/** Adams-Bashforth of order 5. */
export const adamsBashforth5: Method = adamsMethod('bashforth', 5);
/** Adams-Moulton of order 2: the trapezoid by fixed-point iteration. */
export const adamsMoulton2: Method = adamsMethod('moulton', 2);
/** Adams-Moulton of order 3. */
export const adamsMoulton3: Method = adamsMethod('moulton', 3);
/** Adams-Moulton of order 4. */
export const adamsMoulton4: Method = adamsMethod('moulton', 4);
/** Adams-Moulton of order 5. */
export const adamsMoulton5: Method = adamsMethod('moulton', 5);
