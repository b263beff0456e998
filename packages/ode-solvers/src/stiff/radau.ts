/**
 * Radau IIA of order 5 (Hairer & Wanner II, section IV.8): three implicit stages, L-stable. The inverse of the
 * tableau's matrix is brought to diagonal form, so that one Newton iteration solves one real and one complex n × n
 * system. The error is estimated by an embedded method of order 3 with the real system's matrix.
 */
import { allFinite, errorMeasure } from '../error-norm.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';
import { jacobianEvaluator } from './jacobian.ts';
import { complexShiftedJacobian, jacobianSize, shiftedJacobian } from './shifted-jacobian.ts';

const root6 = Math.sqrt(6);
const c: readonly number[] = [(4 - root6) / 10, (4 + root6) / 10, 1];
/** Weights of the increments in the error estimate. */
const errorWeights = [(-13 - 7 * root6) / 3, (-13 + 7 * root6) / 3, -1 / 3];
/** Eigenvalues of A⁻¹: one real, one complex pair. */
const realEigenvalue = 3 + 3 ** (2 / 3) - 3 ** (1 / 3);
const complexEigenvalue = [
  3 + 0.5 * (3 ** (1 / 3) - 3 ** (2 / 3)),
  -0.5 * (3 ** (5 / 6) + 3 ** (7 / 6)),
] as const;
/** Z = T W and W = T⁻¹ Z, with real W = (w0, Re w1, Im w1) (Hairer & Wanner II, eq. IV.8.12 and their code radau5). */
const T = [
  [0.09443876248897524, -0.1412552950209542, 0.03002919410514742],
  [0.2502131229653333, 0.20412935229379994, -0.3829421127572619],
  [1, 1, 0],
] as const;
const TI = [
  [4.178718591551904, 0.32768282076106237, 0.5233764454994495],
  [-4.178718591551904, -0.32768282076106237, 0.47662355450055044],
  [0.5028726349457868, -2.571926949855605, 0.5960392048282249],
] as const;

/** Powers of θ of the cubic through 0 at θ = 0 and z_i at c_i: coefficient of θ^{j+1} is Σ_i powers[j][i] z_i. */
const powers: readonly (readonly number[])[] = (() => {
  const rows = [0, 1, 2].map(() => [0, 0, 0]);
  c.forEach((ci, i) => {
    const [a, b] = c.filter((_, j) => j !== i) as [number, number];
    const scale = 1 / (ci * (ci - a) * (ci - b));
    rows[0]![i] = a * b * scale;
    rows[1]![i] = -(a + b) * scale;
    rows[2]![i] = scale;
  });
  return rows;
})();

/** A collocation method with the last stage at the end of the step. */
export interface CollocationTableau {
  readonly c: readonly number[];
  readonly a: readonly (readonly number[])[];
  /** Coefficient of θ^{j+1} of the interpolant: Σ_i powers[j][i] z_i, z_i = Y_i − y. */
  readonly powers: readonly (readonly number[])[];
}

const usualIterations = 7;
const fixedIterations = 50;

/** Radau IIA, order 5: for stiff problems at tight tolerances. */
export const radau5: Method & { readonly collocation: CollocationTableau } = {
  name: 'radau5',
  order: 5,
  adaptive: true,
  stepper: radauStepper,
  collocation: {
    c,
    a: [
      [(88 - 7 * root6) / 360, (296 - 169 * root6) / 1800, (-2 + 3 * root6) / 225],
      [(296 + 169 * root6) / 1800, (88 + 7 * root6) / 360, (-2 - 3 * root6) / 225],
      [(16 - root6) / 36, (16 + root6) / 36, 1 / 9],
    ],
    powers,
  },
};

function radauStepper(problem: StepperProblem): Stepper {
  const { dimension: n, field, fixed, rtol, statistics } = problem;
  const measure = errorMeasure(problem);
  const evaluateJacobian = jacobianEvaluator(problem);
  const tightest = rtol.reduce((least, value) => Math.min(least, value), 1);
  const newtonTolerance = fixed
    ? Math.min(1e-3, Math.max(1e-8, 1e-14 / Math.max(tightest, 1e-14)))
    : Math.max((10 * Number.EPSILON) / Math.max(tightest, 1e-14), Math.min(0.03, Math.sqrt(tightest)));
  const mostIterations = fixed ? fixedIterations : usualIterations;
  const { jacobianBandwidth: band } = problem;
  const jacobian = new Float64Array(jacobianSize(n, band));
  const real = shiftedJacobian(n, band);
  const complex = complexShiftedJacobian(n, band);
  const vectors = (): [Float64Array, Float64Array, Float64Array] => [
    new Float64Array(n),
    new Float64Array(n),
    new Float64Array(n),
  ];
  const z = vectors();
  const w = vectors();
  const f = vectors();
  const r = vectors();
  const error = new Float64Array(n);
  const stage = new Float64Array(n);
  let slope = new Float64Array(n);
  let slopeNext = new Float64Array(n);
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  const previous = new Float64Array(3 * n);
  let previousStep = 0;
  let time = 0;
  let step = 0;
  let factorised = Number.NaN;
  let stale = true;
  let fresh = false;
  let slowNewton = false;
  let rejectedBefore = false;
  let endKnown = false;

  const factorise = (t: number, h: number): boolean => {
    fresh = stale;
    if (stale) {
      evaluateJacobian(t, y, slope, jacobian);
      stale = false;
      factorised = Number.NaN;
    }
    if (factorised === h) return true;
    const [a, b] = complexEigenvalue;
    statistics.factorisations += 2;
    const regular =
      real.factor(jacobian, realEigenvalue / h, -1) && complex.factor(jacobian, [a / h, b / h], -1);
    factorised = regular ? h : Number.NaN;
    return regular;
  };
  /** The increments of the last step, extrapolated: where Newton starts. */
  const predict = (h: number): void => {
    for (let s = 0; s < 3; s++) {
      const zs = z[s]!;
      if (previousStep === 0) {
        zs.fill(0);
        continue;
      }
      const theta = 1 + (c[s]! * h) / previousStep;
      for (let i = 0; i < n; i++) {
        const [q1, q2, q3] = [previous[i]!, previous[n + i]!, previous[2 * n + i]!];
        zs[i] = theta * (q1 + theta * (q2 + theta * q3)) - (q1 + q2 + q3);
      }
    }
    transform(TI, z, w);
  };
  const transform = (
    matrix: readonly (readonly number[])[],
    from: readonly Float64Array[],
    to: readonly Float64Array[],
  ): void => {
    const [from0, from1, from2] = [from[0]!, from[1]!, from[2]!];
    for (let row = 0; row < 3; row++) {
      const [m0, m1, m2] = matrix[row]! as [number, number, number];
      const out = to[row]!;
      for (let i = 0; i < n; i++) out[i] = m0 * from0[i]! + m1 * from1[i]! + m2 * from2[i]!;
    }
  };
  const newton = (t: number, h: number): 'converged' | 'failed' | 'not finite' => {
    const [a, b] = complexEigenvalue;
    let before = 0;
    slowNewton = false;
    for (let iteration = 0; iteration < mostIterations; iteration++) {
      for (let s = 0; s < 3; s++) {
        for (let i = 0; i < n; i++) stage[i] = y[i]! + z[s]![i]!;
        field(t + c[s]! * h, stage, f[s]!);
      }
      transform(TI, f, r);
      for (let i = 0; i < n; i++) {
        r[0][i]! -= (realEigenvalue / h) * w[0][i]!;
        // (a + i b)(w1 + i w2)/h, with the pair written as f1 + i f2.
        r[1][i]! -= (a * w[1][i]! - b * w[2][i]!) / h;
        r[2][i]! -= (b * w[1][i]! + a * w[2][i]!) / h;
      }
      real.solve(r[0]);
      complex.solve(r[1], r[2]);
      const size = Math.sqrt(
        (measure(r[0], y, y) ** 2 + measure(r[1], y, y) ** 2 + measure(r[2], y, y) ** 2) / 3,
      );
      if (!Number.isFinite(size)) return 'not finite';
      const rate = iteration === 0 ? 0 : size / before;
      if (iteration > 0) {
        if (rate > 1e-3) slowNewton = true;
        const left = (rate ** (mostIterations - iteration) / (1 - rate)) * size;
        if (rate >= 1 || left > newtonTolerance) return size < newtonTolerance ? 'converged' : 'failed';
      }
      for (let s = 0; s < 3; s++) for (let i = 0; i < n; i++) w[s]![i]! += r[s]![i]!;
      transform(T, w, z);
      if (size === 0 || (iteration > 0 && (rate / (1 - rate)) * size < newtonTolerance)) return 'converged';
      before = size;
    }
    return 'failed';
  };
  const estimate = (t: number, h: number): number => {
    const combineError = (): void => {
      for (let i = 0; i < n; i++) {
        const sum = errorWeights[0]! * z[0][i]! + errorWeights[1]! * z[1][i]! + errorWeights[2]! * z[2][i]!;
        error[i]! += sum / h;
      }
      real.solve(error);
    };
    error.set(slope);
    combineError();
    const first = measure(error, y, yNext);
    if (first <= 1 || !(rejectedBefore || previousStep === 0)) return first;
    for (let i = 0; i < n; i++) stage[i] = y[i]! + error[i]!;
    field(t, stage, error);
    combineError();
    return measure(error, y, yNext);
  };
  const tryStep = (t: number, h: number): number => {
    if (!factorise(t, h)) return Number.POSITIVE_INFINITY;
    predict(h);
    const result = newton(t, h);
    if (result !== 'converged') return result === 'failed' ? Number.POSITIVE_INFINITY : Number.NaN;
    for (let i = 0; i < n; i++) yNext[i] = y[i]! + z[2][i]!;
    if (!allFinite(yNext)) return Number.NaN;
    return fixed ? 0 : estimate(t, h);
  };
  const ensureEnd = (): void => {
    if (!endKnown) field(time + step, yNext, slopeNext);
    endKnown = true;
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
    errorExponent: 4,
    keepWithin: 1.2,
    start(t, from) {
      y.set(from);
      field(t, y, slope);
      stale = true;
      previousStep = 0;
      rejectedBefore = false;
    },
    attempt(t, h) {
      [time, step, endKnown] = [t, h, false];
      let result = tryStep(t, h);
      if (result === Number.POSITIVE_INFINITY && !fresh) {
        stale = true;
        result = tryStep(t, h);
      }
      rejectedBefore = !(result <= 1);
      return result;
    },
    interpolant(coefficients) {
      coefficients.set(y, 0);
      for (let power = 0; power < 3; power++) {
        const [p0, p1, p2] = powers[power]! as [number, number, number];
        const base = (power + 1) * n;
        for (let i = 0; i < n; i++) {
          coefficients[base + i] = p0 * z[0][i]! + p1 * z[1][i]! + p2 * z[2][i]!;
        }
      }
    },
    advance() {
      ensureEnd();
      for (let power = 0; power < 3; power++) {
        const [p0, p1, p2] = powers[power]! as [number, number, number];
        for (let i = 0; i < n; i++) {
          previous[power * n + i] = p0 * z[0][i]! + p1 * z[1][i]! + p2 * z[2][i]!;
        }
      }
      previousStep = step;
      if (slowNewton) stale = true;
      [y, yNext] = [yNext, y];
      [slope, slopeNext] = [slopeNext, slope];
    },
  };
}
