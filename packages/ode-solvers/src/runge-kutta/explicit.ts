/** The stepper of every explicit Runge-Kutta method: reads a tableau, knows no method by name. */
import { allFinite, errorMeasure, joinErrors } from '../error-norm.ts';
import type { Method, Stepper, StepperProblem } from '../types.ts';
import { combine, type SparseRow, sparseRow } from './combine.ts';
import { type ExplicitTableau, interpolantWeights } from './tableau.ts';

/** Makes a method of a tableau. */
export function explicitMethod(tableau: ExplicitTableau): Method & { readonly tableau: ExplicitTableau } {
  let rows: TableauRows | undefined;
  return {
    name: tableau.name,
    order: tableau.order,
    adaptive: tableau.error !== undefined,
    tableau,
    stepper(problem) {
      rows ??= tableauRows(tableau);
      return explicitStepper(tableau, rows, problem);
    },
  };
}

/** A tableau without its zeros: made once a method. */
interface TableauRows {
  readonly stages: readonly SparseRow[];
  readonly solution: SparseRow;
  readonly error: SparseRow | null;
  readonly secondError: SparseRow | null;
  readonly extra: readonly SparseRow[];
  /** Weights of the stages in every power of θ. */
  readonly powers: readonly SparseRow[];
}

function tableauRows(tableau: ExplicitTableau): TableauRows {
  const weights = interpolantWeights(tableau);
  return {
    stages: tableau.a.map(sparseRow),
    solution: sparseRow(tableau.b),
    error: tableau.error ? sparseRow(tableau.error) : null,
    secondError: tableau.secondError ? sparseRow(tableau.secondError) : null,
    extra: tableau.extra?.a.map(sparseRow) ?? [],
    powers: weights[0]!.map((_, power) => sparseRow(weights.map((row) => row[power]!))),
  };
}

function explicitStepper(tableau: ExplicitTableau, sparse: TableauRows, problem: StepperProblem): Stepper {
  const { dimension: n, field, fixed } = problem;
  const stages = tableau.b.length;
  const { c } = tableau;
  const { stages: rows, solution, secondError: secondRow, extra: extraRows, powers } = sparse;
  const errorRow = fixed ? null : sparse.error;
  const needsEnd = (tableau.error?.[stages] ?? 0) !== 0;
  const extraTimes = tableau.extra?.c ?? [];
  const degree = powers.length;
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
