/**
 * Derivatives through the recorded accepted steps. The record keeps t and h of every step and the state at some of
 * them (checkpoints); going back, the states between two checkpoints are computed again (Griewank 1992).
 */
import { type DType, sizeOf, type TensorType, type TypedArray } from '@equiflow/tensor';
import { type OdeExecutables, typed } from './executables.ts';

/** Steps that were made, and what is needed to make them again. */
export interface Recording {
  readonly executables: OdeExecutables;
  readonly state: TensorType;
  readonly parameterTypes: readonly TensorType[];
  readonly parameters: readonly TypedArray[];
  /** Output times that were reached; the first is the start. */
  readonly times: Float64Array;
  /** Beginning and length of every step. */
  readonly t: readonly number[];
  readonly h: readonly number[];
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

/** Tangents of what a solve depends on; what is left out is zero. */
export interface OdeTangents {
  readonly y0?: TypedArray;
  readonly parameters?: readonly TypedArray[];
}

/** Gradients, and their tangents. */
export interface TangentGradients {
  readonly y0: TypedArray;
  readonly parameters: readonly TypedArray[];
  readonly y0Tangent: TypedArray;
  readonly parameterTangents: readonly TypedArray[];
}

/** Collects accepted steps. With 'sqrt' the distance of checkpoints doubles whenever there are more of them than it. */
export function recorder(
  policy: 'all' | 'sqrt' | number,
  dtype: DType,
): {
  add(t: number, h: number, y: Float64Array): void;
  finish(yEnd: Float64Array): Pick<Recording, 't' | 'h' | 'checkpoints'>;
} {
  const t: number[] = [];
  const h: number[] = [];
  const checkpoints = new Map<number, TypedArray>();
  let every = typeof policy === 'number' ? Math.max(1, Math.floor(policy)) : 1;
  return {
    add(time, step, y) {
      if (t.length % every === 0) checkpoints.set(t.length, typed(dtype, y));
      t.push(time);
      h.push(step);
      if (policy === 'sqrt' && checkpoints.size > 2 * every) {
        every *= 2;
        for (const index of checkpoints.keys()) if (index % every !== 0) checkpoints.delete(index);
      }
    },
    finish(yEnd) {
      if (t.length === 0) checkpoints.set(0, typed(dtype, yEnd));
      return { t, h, checkpoints };
    },
  };
}

/** States before the steps from a checkpoint on, up to the next one. */
function statesFrom(recording: Recording, first: number, end: number): TypedArray[] {
  const { executables, state, parameters, t, h, checkpoints } = recording;
  const states = [checkpoints.get(first)!];
  const step = end - first > 1 ? executables.plainStep() : null;
  for (let n = first; n < end - 1; n++) {
    const inputs = [typed(state.dtype, [t[n]!]), typed(state.dtype, [h[n]!]), states.at(-1)!, ...parameters];
    states.push(step!.run(inputs)[0]!.slice());
  }
  return states;
}

/** Which output time every step ends at, where it ends at one. */
function outputEnds({ times, t }: Recording): Map<number, number> {
  const ends = new Map<number, number>();
  let output = 1;
  for (let n = 0; n < t.length; n++) {
    const next = n + 1 < t.length ? t[n + 1]! : times[times.length - 1]!;
    // A step after a discontinuity begins a rounding error after it.
    const slack = 8 * Number.EPSILON * Math.abs(next);
    if (output < times.length && Math.abs(next - times[output]!) <= slack) ends.set(n, output++);
  }
  return ends;
}

/** total += values[offset …]. */
export function addInto(total: Float64Array, values: ArrayLike<number>, offset = 0): void {
  for (let i = 0; i < total.length; i++) total[i]! += values[offset + i]!;
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

/**
 * Reverse pass. Between two output times the steps are thought to be fixed shares of the interval, so that the times
 * have gradients too: t_n = T_j + s_n (T_{j+1} − T_j), h_n = σ_n (T_{j+1} − T_j).
 */
export function stepGradients(recording: Recording, cotangents: TypedArray): OdeGradients {
  const { executables, state, parameterTypes, parameters, times, t, h } = recording;
  const size = sizeOf(state.shape);
  const scalar = (value: number): TypedArray => typed(state.dtype, [value]);
  const lambda = new Float64Array(size);
  const ofParameters = parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  const ofTimes = new Float64Array(times.length);
  const ends = outputEnds(recording);
  let interval = times.length - 1;
  const vjp = executables.stepVjp();
  backward(recording, (n, y) => {
    const output = ends.get(n);
    if (output !== undefined) {
      interval = output - 1;
      addInto(lambda, cotangents, output * size);
    }
    // Steps beyond the last time that was reached do not count.
    if (interval === times.length - 1) return;
    const [ofT, ofH, ofY, ...rest] = vjp.run([
      scalar(t[n]!),
      scalar(h[n]!),
      y,
      typed(state.dtype, lambda),
      ...parameters,
    ]);
    const length = times[interval + 1]! - times[interval]!;
    const share = (t[n]! - times[interval]!) / length;
    const sigma = h[n]! / length;
    ofTimes[interval]! += ofT![0]! * (1 - share) - ofH![0]! * sigma;
    ofTimes[interval + 1]! += ofT![0]! * share + ofH![0]! * sigma;
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

function completeTangents(recording: Recording, tangents: OdeTangents): { y0: TypedArray; p: TypedArray[] } {
  const { state, parameterTypes } = recording;
  const zeros = (type: TensorType): TypedArray => typed(type.dtype, new Float64Array(sizeOf(type.shape)));
  return {
    y0: tangents.y0 ?? zeros(state),
    p: parameterTypes.map((type, i) => tangents.parameters?.[i] ?? zeros(type)),
  };
}

/** Tangents before every checkpointed step and at every output time. */
function forwardTangents(
  recording: Recording,
  tangents: OdeTangents,
): { outputs: TypedArray; checkpoints: Map<number, TypedArray> } {
  const { executables, state, parameters, times, t, h, checkpoints } = recording;
  const size = sizeOf(state.shape);
  const { y0, p } = completeTangents(recording, tangents);
  const outputs = typed(state.dtype, new Float64Array(times.length * size));
  outputs.set(y0, 0);
  const ends = outputEnds(recording);
  const kept = new Map<number, TypedArray>();
  const jvp = executables.stepJvp();
  let yDot = y0.slice();
  const firsts = [...checkpoints.keys()];
  firsts.forEach((first, index) => {
    const end = firsts[index + 1] ?? t.length;
    kept.set(first, yDot);
    statesFrom(recording, first, end).forEach((y, offset) => {
      const n = first + offset;
      if (n >= end) return;
      const inputs = [typed(state.dtype, [t[n]!]), typed(state.dtype, [h[n]!]), y, yDot, ...parameters, ...p];
      yDot = jvp.run(inputs)[0]!.slice();
      const output = ends.get(n);
      if (output !== undefined) outputs.set(yDot, output * size);
    });
  });
  return { outputs, checkpoints: kept };
}

/** Tangents of the states at the output times, [times, ...state]. */
export function stepTangents(recording: Recording, tangents: OdeTangents): TypedArray {
  return forwardTangents(recording, tangents).outputs;
}

/** Forward over reverse through the recorded steps: the steps themselves and the times are held fixed. */
export function tangentGradients(
  recording: Recording,
  cotangents: TypedArray,
  tangents: OdeTangents,
  cotangentTangents: TypedArray,
): TangentGradients {
  const { executables, state, parameterTypes, parameters, t, h, checkpoints } = recording;
  const size = sizeOf(state.shape);
  const { p } = completeTangents(recording, tangents);
  const vjpTangent = executables.stepVjpTangent();
  const forward = forwardTangents(recording, tangents);
  const scalar = (value: number): TypedArray => typed(state.dtype, [value]);
  const zeros = (): Float64Array[] => parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  const lambda = new Float64Array(size);
  const lambdaDot = new Float64Array(size);
  const [ofParameters, ofParametersDot] = [zeros(), zeros()];
  const ends = outputEnds(recording);
  const count = parameterTypes.length;
  let tangentsHere: TypedArray[] = [];
  let firstHere = -1;
  backward(recording, (n, y) => {
    const first = [...checkpoints.keys()].filter((index) => index <= n).reduce((a, b) => Math.max(a, b));
    if (first !== firstHere) {
      firstHere = first;
      tangentsHere = [forward.checkpoints.get(first)!];
      statesFrom(recording, first, n + 1)
        .slice(0, -1)
        .forEach((before, offset) => {
          const m = first + offset;
          const inputs = [scalar(t[m]!), scalar(h[m]!), before, tangentsHere.at(-1)!, ...parameters, ...p];
          tangentsHere.push(executables.stepJvp().run(inputs)[0]!.slice());
        });
    }
    const output = ends.get(n);
    if (output !== undefined) {
      addInto(lambda, cotangents, output * size);
      addInto(lambdaDot, cotangentTangents, output * size);
    }
    const results = vjpTangent.run([
      scalar(t[n]!),
      scalar(h[n]!),
      y,
      typed(state.dtype, lambda),
      tangentsHere[n - first]!,
      typed(state.dtype, lambdaDot),
      ...parameters,
      ...p,
    ]);
    lambda.set(results[0]!);
    lambdaDot.set(results[count + 1]!);
    for (let i = 0; i < count; i++) {
      addInto(ofParameters[i]!, results[1 + i]!);
      addInto(ofParametersDot[i]!, results[count + 2 + i]!);
    }
  });
  addInto(lambda, cotangents);
  addInto(lambdaDot, cotangentTangents);
  const cast = (values: Float64Array, i: number): TypedArray => typed(parameterTypes[i]!.dtype, values);
  return {
    y0: typed(state.dtype, lambda),
    parameters: ofParameters.map(cast),
    y0Tangent: typed(state.dtype, lambdaDot),
    parameterTangents: ofParametersDot.map(cast),
  };
}
