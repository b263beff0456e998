/**
 * Rosenbrock methods (Hairer & Wanner II, section IV.7, in the form of their eq. 7.25): linearly implicit, no Newton
 * iteration; the Jacobian of every step is exact as far as it is given. Stage i solves
 * (I/(hγ) − J) u_i = f(t + c_i h, y + Σ_j a_ij u_j) + Σ_j (c_ij/h) u_j + h d_i ∂f/∂t.
 */
import { errorMeasure } from '../error-norm.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';
import { jacobianEvaluator } from './jacobian.ts';
import { jacobianSize, shiftedJacobian } from './shifted-jacobian.ts';

/** Coefficients of one method; the last stage is its error estimate, and y1 = y + Σ_j a_sj u_j + u_s (stiffly accurate). */
export interface RosenbrockTableau {
  readonly name: string;
  readonly order: number;
  readonly errorExponent: number;
  readonly gamma: number;
  readonly alpha: readonly number[];
  readonly a: readonly (readonly number[])[];
  readonly c: readonly (readonly number[])[];
  readonly d: readonly number[];
  /** y(θ) = (1 − θ) y0 + θ (y1 + (1 − θ)(v_1 + θ v_2)) with v_m = Σ_i dense[m][i] u_i. */
  readonly dense: readonly [readonly number[], readonly number[]];
}

/** Makes a method of a tableau. */
export function rosenbrockMethod(
  tableau: RosenbrockTableau,
): Method & { readonly tableau: RosenbrockTableau } {
  return {
    name: tableau.name,
    order: tableau.order,
    adaptive: true,
    tableau,
    stepper: (problem) => rosenbrockStepper(tableau, problem),
  };
}

function rosenbrockStepper(tableau: RosenbrockTableau, problem: StepperProblem): Stepper {
  const { dimension: n, field, fixed, statistics } = problem;
  const { gamma, alpha, a, c, d, dense } = tableau;
  const stages = alpha.length;
  const measure = errorMeasure(problem);
  const evaluateJacobian = jacobianEvaluator(problem);
  const { jacobianBandwidth: band } = problem;
  const jacobian = new Float64Array(jacobianSize(n, band));
  const matrix = shiftedJacobian(n, band);
  const u = Array.from({ length: stages }, () => new Float64Array(n));
  const timeSlope = new Float64Array(n);
  const stage = new Float64Array(n);
  let slope = new Float64Array(n);
  let slopeNext = new Float64Array(n);
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  let derivativesKnown = false;
  let factorised = Number.NaN;
  let time = 0;
  let step = 0;

  const derivatives = (t: number, h: number): void => {
    if (derivativesKnown) return;
    evaluateJacobian(t, y, slope, jacobian);
    if (problem.timeDerivative) problem.timeDerivative(t, y, timeSlope);
    else {
      const moved = t + Math.sign(h) * Math.sqrt(Number.EPSILON * Math.max(1e-5, Math.abs(t)));
      field(moved, y, timeSlope);
      for (let i = 0; i < n; i++) timeSlope[i] = (timeSlope[i]! - slope[i]!) / (moved - t);
    }
    derivativesKnown = true;
    factorised = Number.NaN;
  };
  const factorise = (h: number): boolean => {
    if (factorised === h) return true;
    statistics.factorisations++;
    const regular = matrix.factor(jacobian, 1 / (h * gamma), -1);
    factorised = regular ? h : Number.NaN;
    return regular;
  };
  return {
    get y() {
      return y;
    },
    get yNext() {
      return yNext;
    },
    get slope() {
      return slope;
    },
    degree: 3,
    errorExponent: tableau.errorExponent,
    start(t, from) {
      y.set(from);
      field(t, y, slope);
      derivativesKnown = false;
    },
    attempt(t, h) {
      [time, step] = [t, h];
      derivatives(t, h);
      if (!factorise(h)) return Number.POSITIVE_INFINITY;
      for (let s = 0; s < stages; s++) {
        const us = u[s]!;
        stage.set(y);
        for (let j = 0; j < s; j++) {
          const weight = a[s]![j]!;
          if (weight !== 0) for (let i = 0; i < n; i++) stage[i]! += weight * u[j]![i]!;
        }
        if (s === 0) us.set(slope);
        else field(t + alpha[s]! * h, stage, us);
        for (let j = 0; j < s; j++) {
          const weight = c[s]![j]! / h;
          if (weight !== 0) for (let i = 0; i < n; i++) us[i]! += weight * u[j]![i]!;
        }
        const weight = h * d[s]!;
        if (weight !== 0) for (let i = 0; i < n; i++) us[i]! += weight * timeSlope[i]!;
        matrix.solve(us);
      }
      const last = u[stages - 1]!;
      for (let i = 0; i < n; i++) yNext[i] = stage[i]! + last[i]!;
      const error = measure(last, y, yNext);
      return fixed && error >= 0 ? 0 : error;
    },
    interpolant(coefficients) {
      for (let i = 0; i < n; i++) {
        const rise = yNext[i]! - y[i]!;
        let [v1, v2] = [0, 0];
        for (let s = 0; s < stages; s++) {
          v1 += dense[0][s]! * u[s]![i]!;
          v2 += dense[1][s]! * u[s]![i]!;
        }
        coefficients[i] = y[i]!;
        coefficients[n + i] = rise + v1;
        coefficients[2 * n + i] = v2 - v1;
        coefficients[3 * n + i] = -v2;
      }
    },
    advance() {
      field(time + step, yNext, slopeNext);
      [y, yNext] = [yNext, y];
      [slope, slopeNext] = [slopeNext, slope];
      derivativesKnown = false;
    },
  };
}

const fifth = [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895];

/** RODAS, order 4(3), L-stable and stiffly accurate (Hairer & Wanner II, section VI.4, and their code rodas). */
export const rodas4: ReturnType<typeof rosenbrockMethod> = rosenbrockMethod({
  name: 'rodas4',
  order: 4,
  errorExponent: 4,
  gamma: 0.25,
  alpha: [0, 0.386, 0.21, 0.63, 1, 1],
  a: [
    [],
    [1.544],
    [0.9466785280815826, 0.2557011698983284],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817],
    fifth,
    [...fifth, 1],
  ],
  c: [
    [],
    [-5.6688],
    [-2.430093356833875, -0.2063599157091915],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616],
    [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
  ],
  d: [0.25, -0.1043, 0.1035, -0.0362, 0, 0],
  dense: [
    [10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662, 0],
    [-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872, 0],
  ],
});
