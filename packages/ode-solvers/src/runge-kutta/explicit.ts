/** The stepper of every explicit Runge-Kutta method: reads a tableau, knows no method by name. */
import { allFinite, errorMeasure, joinErrors } from '../error-norm.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';
import { combine, type SparseRow, sparseRow } from './combine.ts';
import { type ExplicitTableau, interpolantWeights } from './tableau.ts';

/** Makes a method of a tableau. */
export function explicitMethod(tableau: ExplicitTableau): Method & { readonly tableau: ExplicitTableau } {
  return {
    name: tableau.name,
    order: tableau.order,
    adaptive: tableau.error !== undefined,
    tableau,
    stepper: (problem) => explicitStepper(tableau, problem),
  };
}

function explicitStepper(tableau: ExplicitTableau, problem: StepperProblem): Stepper {
  const { dimension: n, field, fixed } = problem;
  const stages = tableau.b.length;
  const { c } = tableau;
  const rows = tableau.a.map(sparseRow);
  const solution = sparseRow(tableau.b);
  const errorRow = tableau.error && !fixed ? sparseRow(tableau.error) : null;
  const secondRow = tableau.secondError ? sparseRow(tableau.secondError) : null;
  const needsEnd = (tableau.error?.[stages] ?? 0) !== 0;
  const extraRows = tableau.extra?.a.map(sparseRow) ?? [];
  const extraTimes = tableau.extra?.c ?? [];
  const weights = interpolantWeights(tableau);
  const degree = weights[0]!.length;
  const powers: SparseRow[] = Array.from({ length: degree }, (_, power) =>
    sparseRow(weights.map((row) => row[power]!)),
  );
  const measure = errorMeasure(problem);
  const k = Array.from({ length: stages + 1 + extraRows.length }, () => new Float64Array(n));
  const stage = new Float64Array(n);
  const error = new Float64Array(n);
  let y = new Float64Array(n);
  let yNext = new Float64Array(n);
  let time = 0;
  let step = 0;
  let endKnown = false;

  const ensureEnd = (): void => {
    if (!endKnown) field(time + step, yNext, k[stages]!);
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
      return k[0]!;
    },
    degree,
    errorExponent: tableau.errorExponent ?? tableau.order,
    start(t, from) {
      y.set(from);
      field(t, y, k[0]!);
    },
    attempt(t, h) {
      time = t;
      step = h;
      for (let s = 1; s < stages; s++) {
        combine(stage, y, h, k, rows[s]!);
        field(t + c[s]! * h, stage, k[s]!);
      }
      combine(yNext, y, h, k, solution);
      endKnown = false;
      if (errorRow === null) return allFinite(yNext) ? 0 : Number.NaN;
      if (needsEnd) ensureEnd();
      combine(error, null, h, k, errorRow);
      const first = measure(error, y, yNext);
      if (secondRow === null) return first;
      combine(error, null, h, k, secondRow);
      return joinErrors(first, measure(error, y, yNext));
    },
    interpolant(coefficients) {
      ensureEnd();
      extraRows.forEach((row, index) => {
        combine(stage, y, step, k, row);
        field(time + extraTimes[index]! * step, stage, k[stages + 1 + index]!);
      });
      coefficients.set(y, 0);
      powers.forEach((row, power) => {
        combine(coefficients.subarray((power + 1) * n, (power + 2) * n), null, step, k, row);
      });
    },
    advance() {
      ensureEnd();
      const end = k[stages]!;
      k[stages] = k[0]!;
      k[0] = end;
      const before = y;
      y = yNext;
      yNext = before;
    },
  };
}
