/** The stepper of solves on tensors: explicit Runge-Kutta steps made by a compiled graph. */
import type { TensorType, TypedArray } from '@equiflow/tensor';
import { errorMeasure, joinErrors } from '../error-norm.ts';
import type { ExplicitTableau } from '../runge-kutta/tableau.ts';
import type { Stepper, StepperProblem } from '../types.ts';
import { type OdeExecutables, typed } from './executables.ts';

/** A stepper whose arithmetic is an executable; it tells `onAdvance` of every accepted step. */
export function tensorStepper(
  tableau: ExplicitTableau,
  executables: OdeExecutables,
  state: TensorType,
  parameters: readonly TypedArray[],
  problem: StepperProblem,
  onAdvance: (t: number, h: number, y: Float64Array) => void,
): Stepper {
  const n = problem.dimension;
  const one = (value: number): TypedArray => typed(state.dtype, [value]);
  const measure = errorMeasure(problem);
  const current = typed(state.dtype, new Float64Array(n));
  const currentSlope = typed(state.dtype, new Float64Array(n));
  const y = new Float64Array(n);
  const yNext = new Float64Array(n);
  const slope = new Float64Array(n);
  const slopeNext = new Float64Array(n);
  const error = new Float64Array(n);
  const degree = (tableau.interpolant ?? [[0, 0, 0]])[0]!.length;
  let time = 0;
  let step = 0;
  let pending = false;
  return {
    y,
    yNext,
    slope,
    degree,
    errorExponent: tableau.errorExponent ?? tableau.order,
    start(t, from) {
      // An event cut the step short: it is part of the record up to there.
      if (pending) onAdvance(time, t - time, y);
      pending = false;
      y.set(from);
      current.set(from);
      y.set(current);
      problem.field(t, y, slope);
      currentSlope.set(slope);
    },
    attempt(t, h) {
      [time, step, pending] = [t, h, true];
      problem.statistics.evaluations += tableau.b.length;
      const results = executables.step().run([one(t), one(h), current, currentSlope, ...parameters]);
      yNext.set(results[0]!);
      slopeNext.set(results[1]!);
      if (problem.fixed) return yNext.every(Number.isFinite) ? 0 : Number.NaN;
      error.set(results[2]!);
      const first = measure(error, y, yNext);
      if (!tableau.secondError) return first;
      error.set(results[3]!);
      return joinErrors(first, measure(error, y, yNext));
    },
    interpolant(coefficients) {
      const results = executables
        .interpolant()
        .run([one(time), one(step), current, currentSlope, ...parameters]);
      coefficients.set(y, 0);
      results.forEach((values, power) => {
        coefficients.set(values, (power + 1) * n);
      });
    },
    advance() {
      onAdvance(time, step, y);
      pending = false;
      y.set(yNext);
      current.set(yNext);
      slope.set(slopeNext);
      currentSlope.set(slopeNext);
    },
  };
}

/** The same stepper, telling `onAdvance` of every accepted step. */
export function recordingStepper(
  stepper: Stepper,
  onAdvance: (t: number, h: number, y: Float64Array) => void,
): Stepper {
  let time = 0;
  let step = 0;
  let pending = false;
  const recording = Object.create(stepper) as Stepper;
  return Object.assign(recording, {
    start(t: number, from: Float64Array): void {
      // An event cut the step short: it is part of the record up to there.
      if (pending) onAdvance(time, t - time, stepper.y);
      pending = false;
      stepper.start(t, from);
    },
    attempt(t: number, h: number): number {
      [time, step, pending] = [t, h, true];
      return stepper.attempt(t, h);
    },
    advance(): void {
      onAdvance(time, step, stepper.y);
      pending = false;
      stepper.advance();
    },
  });
}
