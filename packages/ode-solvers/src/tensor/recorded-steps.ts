/**
 * Derivatives through the recorded accepted steps. The record keeps t and h of every step and the state at some of
 * them (checkpoints); going back, the states between two checkpoints are computed again (Griewank 1992). Where every
 * row of a batch has steps of its own, t and h have one value a row, and a row that is done makes steps of length 0.
 */
import { sizeOf, type TensorType, type TypedArray } from '@equiflow/tensor';
import { type OdeExecutables, typed } from './executables.ts';

/** Steps that were made, and what is needed to make them again. */
export interface Recording {
  readonly executables: OdeExecutables;
  readonly state: TensorType;
  readonly parameterTypes: readonly TensorType[];
  readonly parameters: readonly TypedArray[];
  /** Output times that were reached; the first is the start. */
  readonly times: Float64Array;
  /** How many parts of the state have steps of their own: 1, or the rows of a batch. */
  readonly rows: number;
  /** Beginning and length of every step, one value a row. */
  readonly t: readonly Float64Array[];
  readonly h: readonly Float64Array[];
  /** Where every row ended. */
  readonly end: Float64Array;
  /** State before a step, by its number; always that before step 0. */
  readonly checkpoints: ReadonlyMap<number, TypedArray>;
}

/** Gradients of a scalar function of the states at the output times. */
export interface OdeGradients {
  readonly y0: TypedArray;
  readonly parameters: readonly TypedArray[];
  /** With respect to every output time, the first one included. */
  readonly times: Float64Array;
}

/** Before step n a row is between output `heading − 1` and `heading`; `lands` is 1 where the step ends at the latter. */
export interface StepPlan {
  readonly heading: Int32Array;
  readonly lands: Uint8Array;
}

/** Which output times the steps go to and end at. */
export function stepPlans({ times, t, rows, end }: Recording): StepPlan[] {
  const output = new Int32Array(rows).fill(1);
  return t.map((_, n) => {
    const heading = output.slice();
    const lands = new Uint8Array(rows);
    const next = t[n + 1] ?? end;
    for (let row = 0; row < rows; row++) {
      const to = output[row]!;
      // A step after a discontinuity begins a rounding error after it.
      const slack = 8 * Number.EPSILON * Math.abs(next[row]!);
      if (to < times.length && Math.abs(next[row]! - times[to]!) <= slack) {
        lands[row] = 1;
        output[row]!++;
      }
    }
    return { heading, lands };
  });
}

/** total += values[offset …]. */
export function addInto(total: Float64Array, values: ArrayLike<number>, offset = 0): void {
  for (let i = 0; i < total.length; i++) total[i]! += values[offset + i]!;
}

/** Values of the state's dtype, one a row, as executables take times. */
export function timesOf({ state }: Pick<Recording, 'state'>, values: ArrayLike<number>): TypedArray {
  return typed(state.dtype, values);
}

/** States before the steps from a checkpoint on, up to the next one. */
export function statesFrom(recording: Recording, first: number, end: number): TypedArray[] {
  const { executables, parameters, t, h, checkpoints } = recording;
  const states = [checkpoints.get(first)!];
  const step = end - first > 1 ? executables.plainStep() : null;
  for (let n = first; n < end - 1; n++) {
    const inputs = [timesOf(recording, t[n]!), timesOf(recording, h[n]!), states.at(-1)!, ...parameters];
    states.push(step!.run(inputs)[0]!.slice());
  }
  return states;
}

/** Walks the steps backward: `visit` is called with every step's number and the state before it. */
export function backward(recording: Recording, visit: (n: number, y: TypedArray) => void): void {
  const starts = [...recording.checkpoints.keys()].sort((a, b) => b - a);
  let end = recording.t.length;
  for (const first of starts) {
    const states = statesFrom(recording, first, end);
    for (let n = end - 1; n >= first; n--) visit(n, states[n - first]!);
    end = first;
  }
}

/** Walks the steps forward, as `backward` does. */
export function forward(recording: Recording, visit: (n: number, y: TypedArray) => void): void {
  const starts = [...recording.checkpoints.keys()].sort((a, b) => a - b);
  starts.forEach((first, index) => {
    const end = starts[index + 1] ?? recording.t.length;
    statesFrom(recording, first, end).forEach((y, offset) => {
      if (first + offset < end) visit(first + offset, y);
    });
  });
}

/** The shares of a step in the interval between two output times: t = T_j + share (T_{j+1} − T_j), h = σ (T_{j+1} − T_j). */
export function sharesOf(
  { times, t, h }: Recording,
  n: number,
  row: number,
  heading: number,
): { share: number; sigma: number } {
  const from = times[heading - 1]!;
  const length = times[heading]! - from;
  return { share: (t[n]![row]! - from) / length, sigma: h[n]![row]! / length };
}

/** Adds what the cotangents of a step's t and h say of the output times. */
export function addTimeGradients(
  recording: Recording,
  n: number,
  { heading }: StepPlan,
  ofT: ArrayLike<number>,
  ofH: ArrayLike<number>,
  ofTimes: Float64Array,
): void {
  for (let row = 0; row < recording.rows; row++) {
    const to = heading[row]!;
    if (to >= ofTimes.length) continue;
    const { share, sigma } = sharesOf(recording, n, row, to);
    ofTimes[to - 1]! += ofT[row]! * (1 - share) - ofH[row]! * sigma;
    ofTimes[to]! += ofT[row]! * share + ofH[row]! * sigma;
  }
}

/** Adds the rows of cotangents, [times, ...state], of the outputs at which step n ends. */
export function addAtOutputs(
  { rows, state }: Recording,
  { heading, lands }: StepPlan,
  cotangents: TypedArray,
  lambda: Float64Array,
): void {
  const size = sizeOf(state.shape);
  const width = size / rows;
  for (let row = 0; row < rows; row++) {
    if (lands[row] === 0) continue;
    const from = heading[row]! * size + row * width;
    for (let i = 0; i < width; i++) lambda[row * width + i]! += cotangents[from + i]!;
  }
}

/** Steps beyond the last output that any row reached have no part in gradients. */
export function matters({ times }: Recording, { heading }: StepPlan): boolean {
  return heading.some((to) => to < times.length);
}

/**
 * Reverse pass. Between two output times the steps are thought to be fixed shares of the interval, so that the times
 * have gradients too: t_n = T_j + s_n (T_{j+1} − T_j), h_n = σ_n (T_{j+1} − T_j).
 */
export function stepGradients(recording: Recording, cotangents: TypedArray): OdeGradients {
  const { executables, state, parameterTypes, parameters, times, t, h } = recording;
  const lambda = new Float64Array(sizeOf(state.shape));
  const ofParameters = parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  const ofTimes = new Float64Array(times.length);
  const plans = stepPlans(recording);
  const vjp = executables.stepVjp();
  backward(recording, (n, y) => {
    const plan = plans[n]!;
    if (!matters(recording, plan)) return;
    addAtOutputs(recording, plan, cotangents, lambda);
    const [ofT, ofH, ofY, ...rest] = vjp.run([
      timesOf(recording, t[n]!),
      timesOf(recording, h[n]!),
      y,
      typed(state.dtype, lambda),
      ...parameters,
    ]);
    addTimeGradients(recording, n, plan, ofT!, ofH!, ofTimes);
    lambda.set(ofY!);
    rest.forEach((values, i) => {
      addInto(ofParameters[i]!, values);
    });
  });
  addInto(lambda, cotangents);
  return {
    y0: typed(state.dtype, lambda),
    parameters: ofParameters.map((values, i) => typed(parameterTypes[i]!.dtype, values)),
    times: ofTimes,
  };
}
