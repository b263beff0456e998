/**
 * The derivatives of one step of an implicit Runge-Kutta method on the host, y(t + h) = y + h Σ_i b_i K_i: first ones forward and in
 * reverse, and second ones forward over reverse. With v the cotangents of the stages (`implicit-stages.ts`),
 *
 *   v_j − h Σ_i a_ij J_iᵀ v_i = K̄_j,
 *
 * their tangents solve the same system, v̇_j − h Σ_i a_ij J_iᵀ v̇_i = K̄̇_j + Σ_i a_ij (ḣ J_iᵀ + h J̇_iᵀ) v_i.
 */
import {
  accumulate,
  addCotangents,
  dotProduct,
  type FieldCotangents,
  type FieldFunctions,
  type StepDerivatives,
  type StepInput,
  zeroCotangents,
} from './host-steps.ts';
import { type ImplicitTableau, implicitStages, type Stages } from './implicit-stages.ts';

/** Derivatives of the steps of one method. */
export function implicitSteps(tableau: ImplicitTableau, f: FieldFunctions): StepDerivatives {
  const { c, a, blocks, b } = tableau;
  const count = b.length;
  const solved = implicitStages(tableau, f);
  const backward = [...blocks].reverse();
  const combine = ({ h, y }: StepInput, { k }: Stages, weights: readonly number[]): Float64Array => {
    const out = Float64Array.from(y);
    k.forEach((slope, i) => {
      accumulate(out, h * weights[i]!, slope);
    });
    return out;
  };
  const weightsAt = (theta: number): number[] =>
    tableau.interpolant.map((row) => row.reduceRight((sum, value) => sum * theta + value, 0) * theta);
  const slopeWeightsAt = (theta: number): number[] =>
    tableau.interpolant.map((row) =>
      row.reduceRight((sum, value, power) => sum * theta + (power + 1) * value, 0),
    );

  /** Also the cotangents v of every stage's f, and what they are in its t, y, p. */
  const reverse = (step: StepInput, stages: Stages, lambda: Float64Array, weights: readonly number[]) => {
    const { t, h, p } = step;
    const total = zeroCotangents(f, lambda);
    const [v, pulled]: [Float64Array[], FieldCotangents[]] = [new Array(count), new Array(count)];
    const ofK = weights.map((weight, i) => {
      total.h += weight * dotProduct(lambda, stages.k[i]!);
      return lambda.map((value) => h * weight * value);
    });
    for (const block of backward) {
      const solve = solved.cotangents(step, stages, block);
      solve(block.map((stage) => ofK[stage]!)).forEach((values, i) => {
        const stage = block[i]!;
        const here = f.slopeVjp(t + c[stage]! * h, stages.y[stage]!, values, p);
        [v[stage], pulled[stage]] = [values, here];
        addCotangents(total, here);
        total.h += c[stage]! * here.t;
        for (let j = 0; j < count; j++) {
          const weight = a[stage]![j]!;
          if (weight === 0) continue;
          total.h += weight * dotProduct(stages.k[j]!, here.y);
          // Inside the block the linear system has taken this into account.
          if (!block.includes(j)) accumulate(ofK[j]!, h * weight, here.y);
        }
      });
    }
    return { total, v, pulled };
  };

  return {
    next: (step) => combine(step, solved.of(step), b),
    point: (step, theta) => combine(step, solved.of(step), weightsAt(theta)),
    pull(step, lambda, theta) {
      const stages = solved.of(step);
      const { total } = reverse(step, stages, lambda, theta === undefined ? b : weightsAt(theta));
      if (theta === undefined) return total;
      const ofTheta = slopeWeightsAt(theta).reduce(
        (sum, weight, i) => sum + step.h * weight * dotProduct(stages.k[i]!, lambda),
        0,
      );
      return { ...total, theta: ofTheta };
    },
    push(step, dots) {
      const stages = solved.of(step);
      const { k } = solved.tangents(step, stages, dots);
      const out = Float64Array.from(dots.y);
      b.forEach((weight, i) => {
        accumulate(out, dots.h * weight, stages.k[i]!);
        accumulate(out, step.h * weight, k[i]!);
      });
      return out;
    },
    pullTangent(step, lambda, dots, lambdaDot) {
      const { t, h, p } = step;
      const stages = solved.of(step);
      const ahead = solved.tangents(step, stages, dots);
      const { total, v, pulled } = reverse(step, stages, lambda, b);
      const tangent = zeroCotangents(f, lambdaDot);
      const ofKDot = b.map((weight, i) => {
        tangent.h += weight * (dotProduct(lambdaDot, stages.k[i]!) + dotProduct(lambda, ahead.k[i]!));
        return lambda.map((value, at) => weight * (dots.h * value + h * lambdaDot[at]!));
      });
      for (const block of backward) {
        // With v held fixed: what the field's own derivatives change.
        const curved = block.map((stage) =>
          f.slopeVjpJvp(
            t + c[stage]! * h,
            stages.y[stage]!,
            v[stage]!,
            dots.t + c[stage]! * dots.h,
            ahead.y[stage]!,
            p,
            dots.p,
          ),
        );
        const right = block.map((stage) => {
          const values = ofKDot[stage]!.slice();
          block.forEach((other, i) => {
            accumulate(values, a[other]![stage]! * dots.h, pulled[other]!.y);
            accumulate(values, a[other]![stage]! * h, curved[i]!.y);
          });
          return values;
        });
        const solve = solved.cotangents(step, stages, block);
        solve(right).forEach((vDot, i) => {
          const stage = block[i]!;
          const here = f.slopeVjp(t + c[stage]! * h, stages.y[stage]!, vDot, p);
          for (const part of [curved[i]!, here]) {
            addCotangents(tangent, part);
            tangent.h += c[stage]! * part.t;
          }
          for (let j = 0; j < count; j++) {
            const weight = a[stage]![j]!;
            if (weight === 0) continue;
            tangent.h += weight * dotProduct(ahead.k[j]!, pulled[stage]!.y);
            for (const part of [curved[i]!, here]) {
              tangent.h += weight * dotProduct(stages.k[j]!, part.y);
              if (!block.includes(j)) accumulate(ofKDot[j]!, h * weight, part.y);
            }
            if (!block.includes(j)) accumulate(ofKDot[j]!, dots.h * weight, pulled[stage]!.y);
          }
        });
      }
      return { value: total, tangent };
    },
  };
}
