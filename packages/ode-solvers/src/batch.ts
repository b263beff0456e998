/** Many solves of one field from many states, each with steps of its own. */
import type { SolveOptions } from './options.ts';
import { prepareSolver } from './prepare.ts';
import type { SolveStatus } from './solution.ts';
import { runSolver } from './solve.ts';
import { OdeError } from './types.ts';

/** The field of a batch: as `VectorField`, with the number of the row, for parameters that differ by row. */
export type BatchField = (t: number, y: Float64Array, dydt: Float64Array, row: number) => void;

/** What a batch gives back. */
export interface BatchSolution {
  /** Times kept, the same for every row. */
  readonly t: Float64Array;
  /** States there, [rows, t.length, n] row-major; NaN from where a row failed. */
  readonly y: Float64Array;
  readonly status: readonly SolveStatus[];
  /** True when every row succeeded. */
  readonly success: boolean;
  /** Accepted steps of every row. */
  readonly steps: Int32Array;
  /** Evaluations of the field, by row. */
  readonly evaluations: Int32Array;
}

/**
 * Solves a batch row by row: a hard row takes short steps without holding the others back.
 *
 * @param y0 initial states, [rows, dimension] row-major.
 * @param options as of `solveOde`; `saveAt` gives the times kept, the last one alone when left out.
 * @throws OdeError where y0 is no whole number of rows, and what `solveOde` throws.
 */
export function solveOdeBatch(
  field: BatchField,
  span: readonly [number, number],
  y0: ArrayLike<number>,
  dimension: number,
  options: Omit<SolveOptions, 'saveAt' | 'dense' | 'events'> & { readonly saveAt?: ArrayLike<number> } = {},
): BatchSolution {
  if (!(dimension > 0) || y0.length % dimension !== 0) {
    throw new OdeError(`solveOdeBatch: ${y0.length} values are no whole number of states of ${dimension}`);
  }
  const rows = y0.length / dimension;
  const starts = Float64Array.from(y0);
  let row = 0;
  const t = Float64Array.from(options.saveAt ?? [span[1]]);
  const whole = { ...options, saveAt: t };
  const prepared = prepareSolver((time, y, dydt) => field(time, y, dydt, row), dimension, whole);
  const y = new Float64Array(rows * t.length * dimension).fill(Number.NaN);
  const status: SolveStatus[] = [];
  const steps = new Int32Array(rows);
  const evaluations = new Int32Array(rows);
  let success = true;
  for (row = 0; row < rows; row++) {
    const start = starts.subarray(row * dimension, (row + 1) * dimension);
    const solution = runSolver(prepared, span, start, whole);
    y.set(solution.y, row * t.length * dimension);
    status.push(solution.status);
    success &&= solution.success;
    steps[row] = solution.statistics.steps;
    evaluations[row] = solution.statistics.evaluations;
  }
  return { t, y, status, success, steps, evaluations };
}
