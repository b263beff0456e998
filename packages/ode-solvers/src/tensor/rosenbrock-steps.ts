/**
 * One Rosenbrock step on the host, and its derivatives: every stage is a linear system, so that its cotangent is one
 * with the transposed matrix; the Jacobian inside the matrix brings second derivatives of f, as ∂⟨q, J u⟩.
 * Notation of `stiff/rosenbrock.ts`.
 */

import { luFactor, luSolve } from '../stiff/linear-algebra.ts';
import type { RosenbrockTableau } from '../stiff/rosenbrock.ts';
import { OdeError } from '../types.ts';
import { accumulate, type FieldFunctions, type StepDerivatives, type StepInput } from './host-steps.ts';

interface Stages {
  /** Y_i = y + Σ_j a_ij u_j. */
  readonly y: readonly Float64Array[];
  readonly u: readonly Float64Array[];
  /** Solves with I/(hγ) − J, or its transpose, in place. */
  readonly solve: (b: Float64Array) => Float64Array;
  readonly solveTransposed: (b: Float64Array) => Float64Array;
}

/** Derivatives of the steps of one method. */
export function rosenbrockSteps(tableau: RosenbrockTableau, f: FieldFunctions): StepDerivatives {
  const { gamma, alpha, a, c, d, dense } = tableau;
  const count = alpha.length;
  const n = f.size;
  const solution = [...a[count - 1]!, 1];
  const weightsAt = (theta: number): number[] =>
    solution.map((m, i) => theta * (m + (1 - theta) * (dense[0][i]! + theta * dense[1][i]!)));
  const slopeWeightsAt = (theta: number): number[] =>
    solution.map(
      (m, i) => m + (1 - 2 * theta) * dense[0][i]! + (2 * theta - 3 * theta * theta) * dense[1][i]!,
    );
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[i]! * y[i]!;
    return sum;
  };
  const stagesOf = ({ t, h, y, p }: StepInput): Stages => {
    const jacobian = f.jacobian(t, y, p);
    const factorise = (transposed: boolean): ((b: Float64Array) => Float64Array) => {
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) matrix[i * n + j] = -jacobian[transposed ? j * n + i : i * n + j]!;
        matrix[i * (n + 1)]! += 1 / (h * gamma);
      }
      const pivots = new Int32Array(n);
      if (!luFactor(matrix, n, pivots)) {
        throw new OdeError(`${tableau.name}: the matrix of the recorded step at t = ${t} is singular`);
      }
      return (b) => {
        luSolve(matrix, n, pivots, b);
        return b;
      };
    };
    const solve = factorise(false);
    const timeSlope = f.slopeJvp(t, y, 1, new Float64Array(n), p, f.zeroParameters());
    const [states, u]: [Float64Array[], Float64Array[]] = [[], []];
    for (let s = 0; s < count; s++) {
      const state = Float64Array.from(y);
      for (let j = 0; j < s; j++) accumulate(state, a[s]![j]!, u[j]!);
      const right = Float64Array.from(f.slope(t + alpha[s]! * h, state, p));
      for (let j = 0; j < s; j++) accumulate(right, c[s]![j]! / h, u[j]!);
      accumulate(right, h * d[s]!, timeSlope);
      states.push(state);
      u.push(solve(right));
    }
    return { y: states, u, solve, solveTransposed: factorise(true) };
  };
  const combine = ({ y }: StepInput, { u }: Stages, weights: readonly number[]): Float64Array => {
    const out = Float64Array.from(y);
    u.forEach((stage, i) => {
      accumulate(out, weights[i]!, stage);
    });
    return out;
  };
  return {
    next: (step) => combine(step, stagesOf(step), solution),
    point: (step, theta) => combine(step, stagesOf(step), weightsAt(theta)),
    pull(step, lambda, theta) {
      const { t, h, y, p } = step;
      const { y: states, u, solveTransposed } = stagesOf(step);
      const weights = theta === undefined ? solution : weightsAt(theta);
      const ofY = lambda.slice();
      const ofParameters = f.zeroParameters();
      let [ofT, ofH, ofTheta] = [0, 0, 0];
      if (theta !== undefined) {
        slopeWeightsAt(theta).forEach((weight, i) => {
          ofTheta += weight * dot(u[i]!, lambda);
        });
      }
      const ofU = weights.map((weight) => lambda.map((value) => weight * value));
      for (let s = count - 1; s >= 0; s--) {
        const q = solveTransposed(ofU[s]!.slice());
        const inner = f.slopeVjp(t + alpha[s]! * h, states[s]!, q, p);
        const curved = f.curvatureVjp(t, y, h * d[s]!, u[s]!, q, p);
        for (const pulled of [inner, curved]) {
          ofT += pulled.t;
          accumulate(ofY, 1, pulled.y);
          pulled.parameters.forEach((values, i) => {
            accumulate(ofParameters[i]!, 1, values);
          });
        }
        ofH += alpha[s]! * inner.t + d[s]! * curved.along + dot(q, u[s]!) / (h * h * gamma);
        for (let j = 0; j < s; j++) {
          accumulate(ofU[j]!, a[s]![j]!, inner.y);
          accumulate(ofU[j]!, c[s]![j]! / h, q);
          ofH -= (c[s]![j]! / (h * h)) * dot(q, u[j]!);
        }
      }
      return { t: ofT, h: ofH, theta: ofTheta, y: ofY, parameters: ofParameters };
    },
    push(step, dots) {
      const { t, h, y, p } = step;
      const { y: states, u, solve } = stagesOf(step);
      const timeSlope = f.slopeJvp(t, y, 1, new Float64Array(n), p, f.zeroParameters());
      const uDot: Float64Array[] = [];
      for (let s = 0; s < count; s++) {
        const along = Float64Array.from(dots.y);
        for (let j = 0; j < s; j++) accumulate(along, a[s]![j]!, uDot[j]!);
        const tDot = dots.t + alpha[s]! * dots.h;
        const right = Float64Array.from(f.slopeJvp(t + alpha[s]! * h, states[s]!, tDot, along, p, dots.p));
        accumulate(right, 1, f.curvatureJvp(t, y, h * d[s]!, u[s]!, dots.t, dots.y, p, dots.p));
        accumulate(right, dots.h * d[s]!, timeSlope);
        accumulate(right, dots.h / (h * h * gamma), u[s]!);
        for (let j = 0; j < s; j++) {
          accumulate(right, c[s]![j]! / h, uDot[j]!);
          accumulate(right, (-dots.h * c[s]![j]!) / (h * h), u[j]!);
        }
        uDot.push(solve(right));
      }
      const out = Float64Array.from(dots.y);
      uDot.forEach((stage, i) => {
        accumulate(out, solution[i]!, stage);
      });
      return out;
    },
  };
}
