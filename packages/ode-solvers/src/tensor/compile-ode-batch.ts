/**
 * A batch of solves on tensors in which every row has a step size of its own: one compiled step takes the vectors t and
 * h, each row accepts or rejects for itself, and rows that are done make steps of length 0. A hard row does not shorten
 * the steps of the others, and no row's error hides in the mean of the batch.
 */
import type { TypedArray } from '@equiflow/tensor';
import { sizeOf } from '@equiflow/tensor';
import { controllerState, integralController } from '../controller.ts';
import { joinErrors } from '../error-norm.ts';
import { firstStepGuess, firstStepLength } from '../initial-step.ts';
import {
  checkQuestion,
  orderedTimes,
  requireFloat32Resolves,
  requireTolerance,
  tolerances,
} from '../options.ts';
import { dopri5 } from '../runge-kutta/adaptive.ts';
import type { SolveStatus } from '../solution.ts';
import { OdeError } from '../types.ts';
import type { CompiledOdeBatch, CompileOdeBatchOptions } from './batch-types.ts';
import { evaluateRecording, evaluationGradients } from './dense-values.ts';
import { explicitTableau, odeExecutables, typed } from './executables.ts';
import { type Recording, stepGradients } from './recorded-steps.ts';
import { recorder } from './recorder.ts';
import type { TensorField } from './step-graph.ts';
import { stepTangents, tangentGradients } from './step-tangents.ts';

/** Where one row stands. */
interface Row {
  t: number;
  length: number;
  /** Length of the step that is tried, at most `length`. */
  taken: number;
  target: number;
  attempts: number;
  /** Steps up to the last output time that was reached. */
  counted: number;
  /** The first component that the last attempt made not finite; −1 where there is none. */
  wrong: number;
  status: SolveStatus | undefined;
  readonly controller: ReturnType<typeof controllerState>;
}

/**
 * Compiles the solver of a batch.
 * @param field t has the shape [rows, 1, …] of as many axes as the state, so that `add(t, y)` broadcasts; a row of the
 * result may depend on the same row of t and y only.
 * @example
 * const ode = compileOdeBatch((t, y, k) => negate(multiply(k, y)), { state: { shape: [100, 3], dtype: 'float64' }, parameters: [{ shape: [], dtype: 'float64' }] });
 */
export function compileOdeBatch(field: TensorField, options: CompileOdeBatchOptions): CompiledOdeBatch {
  const { state, parameters: parameterTypes = [], method = dopri5, backend } = options;
  const rows = state.shape[0];
  if (state.dtype === 'int32' || rows === undefined) {
    throw new OdeError(
      `compileOdeBatch: the state ${state.dtype}[${state.shape}] is no batch; give a float type of shape [rows, …]`,
    );
  }
  const tableau = explicitTableau(method);
  if (!tableau?.error) {
    throw new OdeError(
      `compileOdeBatch: ${method.name} is not an explicit method with an error estimate; take another, or solveOdeBatch`,
    );
  }
  const executables = odeExecutables({
    field,
    state,
    parameters: parameterTypes,
    tableau,
    event: undefined,
    timeShape: state.shape.map((_, axis) => (axis === 0 ? rows : 1)),
    ...(backend ? { backend } : {}),
  });
  const size = sizeOf(state.shape);
  const width = rows === 0 ? 0 : size / rows;
  const exponent = tableau.errorExponent ?? tableau.order;
  const stages = tableau.b.length;

  const solve: CompiledOdeBatch['solve'] = (times, y0, parameters = [], solveOptions = {}) => {
    const {
      checkpoints = 'sqrt',
      minimumStep = 0,
      maximumSteps = 1e6,
      norm,
      onProgress,
      onRowStep,
    } = solveOptions;
    const { maximumStep = Number.POSITIVE_INFINITY, controller = integralController } = solveOptions;
    if (times.length < 2)
      throw new OdeError(`compileOdeBatch: ${times.length} times; give the first and the last at least`);
    if (y0.length !== size)
      throw new OdeError(
        `compileOdeBatch: y0 has ${y0.length} values, the state [${state.shape}] has ${size}`,
      );
    if (parameters.length !== parameterTypes.length) {
      throw new OdeError(
        `compileOdeBatch: ${parameters.length} parameters given, ${parameterTypes.length} declared`,
      );
    }
    const [t0, t1] = [times[0]!, times[times.length - 1]!];
    const here = 'compileOdeBatch';
    checkQuestion(t0, t1, Float64Array.from(y0), { ...solveOptions, method }, here);
    const outputs = orderedTimes('times', times, [t0, t1], here);
    const rtol = tolerances('rtol', solveOptions.rtol ?? 1e-6, width, here);
    if (state.dtype === 'float32') requireFloat32Resolves(rtol, here);
    const atol = tolerances('atol', solveOptions.atol ?? 1e-9, width, here);
    requireTolerance(rtol, atol, here);
    const direction = t1 >= t0 ? 1 : -1;
    const record = recorder(checkpoints, state, rows);
    const asTimes = (values: ArrayLike<number>): TypedArray => typed(state.dtype, values);
    const current = typed(state.dtype, y0);
    const held = parameters.map((values) => values.slice());
    const slope = executables
      .slope()
      .run([asTimes(new Float64Array(rows).fill(t0)), current, ...held])[0]!
      .slice();
    const out = typed(state.dtype, new Float64Array(outputs.length * size).fill(Number.NaN));
    out.set(current, 0);
    const scaled = new Float64Array(width);
    /** ‖values/(atol + rtol max(|y|, |other|))‖ of one row. */
    const measure = (row: number, values: TypedArray, other: TypedArray): number => {
      let sum = 0;
      for (let i = 0; i < width; i++) {
        const at = row * width + i;
        const scale = atol[i]! + rtol[i]! * Math.max(Math.abs(current[at]!), Math.abs(other[at]!));
        const ratio = values[at]! / Math.max(scale, 1e-300);
        if (norm) scaled[i] = ratio;
        sum += ratio * ratio;
      }
      if (norm) return norm(scaled);
      return width === 0 ? 0 : Math.sqrt(sum / width);
    };
    const messages: string[] = [];
    const batch = Array.from({ length: rows }, (_, row): Row => {
      const wrong = slope
        .subarray(row * width, (row + 1) * width)
        .findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0) {
        messages.push(
          `row ${row}: the vector field gives ${slope[row * width + wrong]} in component ${wrong} at t = ${t0}`,
        );
      }
      const status = wrong >= 0 ? 'not-finite' : t0 === t1 ? 'finished' : undefined;
      const own = controllerState(controller, exponent);
      return {
        t: t0,
        length: 0,
        taken: 0,
        target: 1,
        attempts: 0,
        counted: 0,
        wrong: -1,
        status,
        controller: own,
      };
    });
    let evaluations = 1;
    const span = Math.abs(t1 - t0);
    if (solveOptions.firstStep !== undefined) for (const row of batch) row.length = solveOptions.firstStep;
    else {
      const guesses = batch.map((_, row) =>
        firstStepGuess(measure(row, current, current), measure(row, slope, current), span),
      );
      const moved = current.map(
        (value, i) => value + direction * guesses[Math.floor(i / width)]! * slope[i]!,
      );
      const at = asTimes(guesses.map((guess) => t0 + direction * guess));
      const slopeThere = executables.slope().run([at, moved as TypedArray, ...held])[0]!;
      evaluations++;
      const bend = slopeThere.map((value, i) => value - slope[i]!) as TypedArray;
      batch.forEach((own, row) => {
        const steepest = measure(row, slope, current);
        const change = measure(row, bend, current) / guesses[row]!;
        own.length = firstStepLength(guesses[row]!, steepest, change, span, exponent);
      });
    }
    for (const row of batch) row.length = Math.min(Math.max(row.length, minimumStep), maximumStep);
    const [steps, rejected] = [new Int32Array(rows), new Int32Array(rows)];
    const [t, h, ends] = [new Float64Array(rows).fill(t0), new Float64Array(rows), new Float64Array(rows)];
    const fail = (row: number, status: SolveStatus, why: string): void => {
      batch[row]!.status = status;
      messages.push(`row ${row}: ${why}`);
    };
    /** Chooses a row's next step, or ends it where it must not go on. */
    const choose = (own: Row, row: number): void => {
      h[row] = 0;
      if (own.status !== undefined) return;
      const goal = outputs[own.target]!;
      const remaining = Math.abs(goal - own.t);
      const lands = own.length * (1 + 1e-10) >= remaining;
      const taken = lands ? remaining : own.length > 0.6 * remaining ? remaining / 2 : own.length;
      if (!lands && taken < Math.max(minimumStep, 8 * Number.EPSILON * Math.abs(own.t), 1e-305)) {
        if (own.wrong >= 0) {
          fail(row, 'not-finite', `component ${own.wrong} stops being finite after t = ${own.t}`);
        } else {
          const why = `a step below ${taken.toExponential(2)} is needed at t = ${own.t}, where the error stays too large`;
          fail(row, 'step-too-small', `${why}: a singularity, or a stiff problem for another method`);
        }
        return;
      }
      if (own.attempts >= maximumSteps) {
        fail(
          row,
          'too-many-steps',
          `${maximumSteps} steps reached t = ${own.t} of ${t1}; raise maximumSteps`,
        );
        return;
      }
      ends[row] = lands ? goal : own.t + direction * taken;
      own.taken = taken;
      t[row] = own.t;
      h[row] = ends[row]! - own.t;
    };
    let progress = 0;
    while (true) {
      batch.forEach(choose);
      if (batch.every(({ status }) => status !== undefined)) break;
      const results = executables.step().run([asTimes(t), asTimes(h), current, slope, ...held]);
      evaluations += stages;
      const [yNext, slopeNext, first, second] = results as [TypedArray, TypedArray, TypedArray, TypedArray?];
      batch.forEach((own, row) => {
        if (own.status !== undefined) return;
        own.attempts++;
        const { taken } = own;
        let error = measure(row, first, yNext);
        if (second) error = joinErrors(error, measure(row, second, yNext));
        if (!(error <= 1)) {
          rejected[row]!++;
          const [from, to] = [row * width, (row + 1) * width];
          own.wrong = Number.isNaN(error)
            ? slopeNext.subarray(from, to).findIndex((value, i) => !Number.isFinite(value + yNext[from + i]!))
            : -1;
          own.length = taken * own.controller.rejected(error);
          return;
        }
        steps[row]!++;
        const next = taken * own.controller.accepted(error);
        own.length = Math.min(maximumStep, taken < own.length ? Math.max(next, own.length) : next);
        const from = row * width;
        record.add(row, own.t, h[row]!, current, from);
        onRowStep?.({ row, t: own.t, h: h[row]!, y: current.subarray(from, from + width) });
        current.set(yNext.subarray(from, from + width), from);
        slope.set(slopeNext.subarray(from, from + width), from);
        own.t = ends[row]!;
        t[row] = own.t;
        if (own.t !== outputs[own.target]) return;
        out.set(current.subarray(from, from + width), own.target * size + from);
        own.target++;
        own.counted = steps[row]!;
        if (own.target === outputs.length) own.status = 'finished';
      });
      if (onProgress) {
        const share = batch.reduce((least, own) => Math.min(least, Math.abs(own.t - t0) / span), 1);
        if (share - progress >= 0.01 || share === 1) {
          progress = share;
          onProgress(share);
        }
      }
    }
    // A row that failed ends, for derivatives, at the last output time it reached: beyond it the field may overflow.
    batch.forEach((own, row) => {
      if (own.status === 'finished') return;
      const last = own.target - 1;
      record.truncate(row, own.counted);
      own.t = outputs[last]!;
      current.set(out.subarray(last * size + row * width, last * size + (row + 1) * width), row * width);
    });
    const recording: Recording = {
      executables,
      state,
      parameterTypes,
      parameters: held,
      times: outputs,
      ...record.finish(
        Float64Array.from(batch, (own) => own.t),
        current,
      ),
    };
    const reached = (cotangents: TypedArray): TypedArray => {
      if (cotangents.length !== out.length) {
        throw new OdeError(
          `compileOdeBatch: ${cotangents.length} cotangents for ${out.length} values of y; give one for each`,
        );
      }
      return cotangents;
    };
    const success = messages.length === 0;
    const most = steps.reduce((a, b) => Math.max(a, b), 0);
    return {
      status: batch.map(({ status }) => status!),
      success,
      message: `${method.name}: ${success ? `reached t = ${t1} in up to ${most} steps` : messages[0]}`,
      times: outputs,
      y: out,
      steps,
      rejected,
      evaluations,
      vjp: (cotangents) => stepGradients(recording, reached(cotangents)),
      jvp: (tangents) => stepTangents(recording, tangents),
      vjpTangent: (cotangents, tangents, dots = typed(state.dtype, new Float64Array(out.length))) =>
        tangentGradients(recording, reached(cotangents), tangents, reached(dots)),
      evaluate: (at) => evaluateRecording(recording, Float64Array.from(at)),
      evaluateVjp: (at, cotangents) => evaluationGradients(recording, Float64Array.from(at), cotangents),
    };
  };
  return { solve, dispose: () => executables.dispose() };
}
