/**
 * One Rosenbrock step on the host, and its derivatives: every stage is a linear system, so that its cotangent is one
 * with the transposed matrix; the Jacobian inside the matrix brings second derivatives of f, as ∂⟨q, J u⟩, and third ones into second
 * derivatives of the step, forward over reverse.
 * Notation of `stiff/rosenbrock.ts`.
 */

import { luFactor, luSolve } from '../stiff/linear-algebra.ts';
import type { RosenbrockTableau } from '../stiff/rosenbrock.ts';
import { OdeError } from '../types.ts';
import {
  accumulate,
  addCotangents,
  dotProduct,
  type FieldFunctions,
  type StepDerivatives,
  type StepDots,
  type StepInput,
  zeroCotangents,
} from './host-steps.ts';

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
  /** Y and u along tangents. */
  const tangentsOf = (step: StepInput, { y: states, u, solve }: Stages, dots: StepDots) => {
    const { t, h, y, p } = step;
    const timeSlope = f.slopeJvp(t, y, 1, new Float64Array(n), p, f.zeroParameters());
    const [statesDot, uDot]: [Float64Array[], Float64Array[]] = [[], []];
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
      statesDot.push(along);
      uDot.push(solve(right));
    }
    return { y: statesDot, u: uDot };
  };
  /** Also the cotangents q of every stage's equations. */
  const reverse = (step: StepInput, stages: Stages, lambda: Float64Array, weights: readonly number[]) => {
    const { t, h, y, p } = step;
    const { y: states, u, solveTransposed } = stages;
    const total = zeroCotangents(f, lambda);
    const all: Float64Array[] = new Array(count);
    const ofU = weights.map((weight) => lambda.map((value) => weight * value));
    for (let s = count - 1; s >= 0; s--) {
      const q = solveTransposed(ofU[s]!.slice());
      all[s] = q;
      const inner = f.slopeVjp(t + alpha[s]! * h, states[s]!, q, p);
      const curved = f.curvatureVjp(t, y, h * d[s]!, u[s]!, q, p);
      addCotangents(total, inner);
      addCotangents(total, curved);
      total.h += alpha[s]! * inner.t + d[s]! * curved.along + dotProduct(q, u[s]!) / (h * h * gamma);
      for (let j = 0; j < s; j++) {
        accumulate(ofU[j]!, a[s]![j]!, inner.y);
        accumulate(ofU[j]!, c[s]![j]! / h, q);
        total.h -= (c[s]![j]! / (h * h)) * dotProduct(q, u[j]!);
      }
    }
    return { total, q: all };
  };
  return {
    next: (step) => combine(step, stagesOf(step), solution),
    point: (step, theta) => combine(step, stagesOf(step), weightsAt(theta)),
    pull(step, lambda, theta) {
      const stages = stagesOf(step);
      const { total } = reverse(step, stages, lambda, theta === undefined ? solution : weightsAt(theta));
      if (theta === undefined) return total;
      const ofTheta = slopeWeightsAt(theta).reduce(
        (sum, weight, i) => sum + weight * dotProduct(stages.u[i]!, lambda),
        0,
      );
      return { ...total, theta: ofTheta };
    },
    push(step, dots) {
      const { u } = tangentsOf(step, stagesOf(step), dots);
      const out = Float64Array.from(dots.y);
      u.forEach((stage, i) => {
        accumulate(out, solution[i]!, stage);
      });
      return out;
    },
    pullTangent(step, lambda, dots, lambdaDot) {
      const { t, h, y, p } = step;
      const stages = stagesOf(step);
      const ahead = tangentsOf(step, stages, dots);
      const { total, q: all } = reverse(step, stages, lambda, solution);
      const tangent = zeroCotangents(f, lambdaDot);
      const ofUDot = solution.map((weight) => lambdaDot.map((value) => weight * value));
      for (let s = count - 1; s >= 0; s--) {
        const q = all[s]!;
        // The matrix moves with h and with the Jacobian at the beginning of the step.
        const right = ofUDot[s]!.slice();
        accumulate(right, dots.h / (h * h * gamma), q);
        accumulate(right, 1, f.slopeVjpJvp(t, y, q, dots.t, dots.y, p, dots.p).y);
        const qDot = stages.solveTransposed(right);
        const at = [t + alpha[s]! * h, stages.y[s]!] as const;
        const ofInner = [
          f.slopeVjp(...at, qDot, p),
          f.slopeVjpJvp(...at, q, dots.t + alpha[s]! * dots.h, ahead.y[s]!, p, dots.p),
        ];
        const along = { ...dots, tau: dots.h * d[s]!, u: ahead.u[s]! };
        const ofCurved = [
          f.curvatureVjp(t, y, h * d[s]!, stages.u[s]!, qDot, p),
          f.curvatureVjpJvp(t, y, h * d[s]!, stages.u[s]!, q, along, p),
        ];
        for (const part of [...ofInner, ...ofCurved]) addCotangents(tangent, part);
        for (const part of ofInner) tangent.h += alpha[s]! * part.t;
        for (const part of ofCurved) tangent.h += d[s]! * part.along;
        /** The tangent of ⟨q, u_j⟩/h². */
        const paired = (j: number): number =>
          (dotProduct(qDot, stages.u[j]!) +
            dotProduct(q, ahead.u[j]!) -
            (2 * dots.h * dotProduct(q, stages.u[j]!)) / h) /
          (h * h);
        tangent.h += paired(s) / gamma;
        for (let j = 0; j < s; j++) {
          for (const part of ofInner) accumulate(ofUDot[j]!, a[s]![j]!, part.y);
          accumulate(ofUDot[j]!, c[s]![j]! / h, qDot);
          accumulate(ofUDot[j]!, (-c[s]![j]! * dots.h) / (h * h), q);
          tangent.h -= c[s]![j]! * paired(j);
        }
      }
      return { value: total, tangent };
    },
  };
}
