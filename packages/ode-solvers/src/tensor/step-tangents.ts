/**
 * Tangents through the recorded steps, and second derivatives, forward over reverse: the steps are held as fixed shares of
 * the intervals between output times, so that the times have tangents too.
 */
import { sizeOf, type TensorType, type TypedArray } from '@equiflow/tensor';
import { typed } from './executables.ts';
import {
  addAtOutputs,
  addInto,
  addTimeGradients,
  backward,
  forward,
  matters,
  type OdeGradients,
  type Recording,
  type StepPlan,
  sharesOf,
  statesFrom,
  stepPlans,
  timesOf,
} from './recorded-steps.ts';

/** Tangents of what a solve depends on; what is left out is zero. */
export interface OdeTangents {
  readonly y0?: TypedArray;
  readonly parameters?: readonly TypedArray[];
  /** Of the output times, the first one included. */
  readonly times?: ArrayLike<number>;
}

/** Gradients, and their tangents. */
export interface TangentGradients extends OdeGradients {
  readonly y0Tangent: TypedArray;
  readonly parameterTangents: readonly TypedArray[];
  readonly timesTangent: Float64Array;
}

interface CompleteTangents {
  readonly y0: TypedArray;
  readonly p: readonly TypedArray[];
  readonly times: Float64Array;
}

function completeTangents(recording: Recording, tangents: OdeTangents): CompleteTangents {
  const { state, parameterTypes, times } = recording;
  const zeros = (type: TensorType): TypedArray => typed(type.dtype, new Float64Array(sizeOf(type.shape)));
  return {
    y0: tangents.y0 ?? zeros(state),
    p: parameterTypes.map((type, i) => tangents.parameters?.[i] ?? zeros(type)),
    times: Float64Array.from(times, (_, i) => tangents.times?.[i] ?? 0),
  };
}

/** Tangents of a step's t and h, one value a row, from those of the output times. */
function stepTimeTangents(
  recording: Recording,
  n: number,
  { heading }: StepPlan,
  ofTimes: Float64Array,
): [t: TypedArray, h: TypedArray] {
  const { rows, times } = recording;
  const [tDot, hDot] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row++) {
    const to = heading[row]!;
    if (to >= times.length) continue;
    const { share, sigma } = sharesOf(recording, n, row, to);
    tDot[row] = ofTimes[to - 1]! * (1 - share) + ofTimes[to]! * share;
    hDot[row] = sigma * (ofTimes[to]! - ofTimes[to - 1]!);
  }
  return [timesOf(recording, tDot), timesOf(recording, hDot)];
}

/** Inputs of `stepJvp` at step n. */
function jvpInputs(
  recording: Recording,
  n: number,
  plan: StepPlan,
  y: TypedArray,
  yDot: TypedArray,
  { p, times }: CompleteTangents,
): TypedArray[] {
  const { t, h, parameters } = recording;
  const dots = stepTimeTangents(recording, n, plan, times);
  return [timesOf(recording, t[n]!), timesOf(recording, h[n]!), y, ...dots, yDot, ...parameters, ...p];
}

/** Tangents before every checkpointed step and at every output time. */
function forwardTangents(
  recording: Recording,
  tangents: CompleteTangents,
  plans: readonly StepPlan[],
): { outputs: TypedArray; checkpoints: Map<number, TypedArray> } {
  const { executables, state, times, rows, checkpoints } = recording;
  const size = sizeOf(state.shape);
  const width = size / rows;
  const outputs = typed(state.dtype, new Float64Array(times.length * size));
  outputs.set(tangents.y0, 0);
  const kept = new Map<number, TypedArray>();
  const jvp = executables.stepJvp();
  let yDot = tangents.y0.slice();
  forward(recording, (n, y) => {
    if (checkpoints.has(n)) kept.set(n, yDot);
    const plan = plans[n]!;
    yDot = jvp.run(jvpInputs(recording, n, plan, y, yDot, tangents))[0]!.slice();
    for (let row = 0; row < rows; row++) {
      if (plan.lands[row] === 0) continue;
      const values = yDot.subarray(row * width, (row + 1) * width);
      outputs.set(values, plan.heading[row]! * size + row * width);
    }
  });
  return { outputs, checkpoints: kept };
}

/** Tangents of the states at the output times, [times, ...state]. */
export function stepTangents(recording: Recording, tangents: OdeTangents): TypedArray {
  return forwardTangents(recording, completeTangents(recording, tangents), stepPlans(recording)).outputs;
}

/**
 * Forward over reverse through the recorded steps, times included: the steps are held as fixed shares of the intervals
 * between output times.
 */
export function tangentGradients(
  recording: Recording,
  cotangents: TypedArray,
  tangents: OdeTangents,
  cotangentTangents: TypedArray,
): TangentGradients {
  const { executables, state, parameterTypes, parameters, times, t, h, checkpoints } = recording;
  const size = sizeOf(state.shape);
  const complete = completeTangents(recording, tangents);
  const plans = stepPlans(recording);
  const vjpTangent = executables.stepVjpTangent();
  const ahead = forwardTangents(recording, complete, plans);
  const zeros = (): Float64Array[] => parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  const lambda = new Float64Array(size);
  const lambdaDot = new Float64Array(size);
  const [ofParameters, ofParametersDot] = [zeros(), zeros()];
  const [ofTimes, ofTimesDot] = [new Float64Array(times.length), new Float64Array(times.length)];
  const count = parameterTypes.length;
  const firsts = [...checkpoints.keys()].sort((a, b) => b - a);
  let tangentsHere: TypedArray[] = [];
  let firstHere = -1;
  backward(recording, (n, y) => {
    const first = firsts.find((index) => index <= n)!;
    if (first !== firstHere) {
      firstHere = first;
      tangentsHere = [ahead.checkpoints.get(first)!];
      statesFrom(recording, first, n + 1)
        .slice(0, -1)
        .forEach((before, offset) => {
          const m = first + offset;
          const inputs = jvpInputs(recording, m, plans[m]!, before, tangentsHere.at(-1)!, complete);
          tangentsHere.push(executables.stepJvp().run(inputs)[0]!.slice());
        });
    }
    const plan = plans[n]!;
    if (!matters(recording, plan)) return;
    addAtOutputs(recording, plan, cotangents, lambda);
    addAtOutputs(recording, plan, cotangentTangents, lambdaDot);
    const [tDot, hDot] = stepTimeTangents(recording, n, plan, complete.times);
    const results = vjpTangent.run([
      timesOf(recording, t[n]!),
      timesOf(recording, h[n]!),
      y,
      typed(state.dtype, lambda),
      tDot,
      hDot,
      tangentsHere[n - first]!,
      typed(state.dtype, lambdaDot),
      ...parameters,
      ...complete.p,
    ]);
    const [ofT, ofH, ofY] = results;
    const [ofTDot, ofHDot, ofYDot] = results.slice(count + 3);
    addTimeGradients(recording, n, plan, ofT!, ofH!, ofTimes);
    addTimeGradients(recording, n, plan, ofTDot!, ofHDot!, ofTimesDot);
    lambda.set(ofY!);
    lambdaDot.set(ofYDot!);
    for (let i = 0; i < count; i++) {
      addInto(ofParameters[i]!, results[3 + i]!);
      addInto(ofParametersDot[i]!, results[count + 6 + i]!);
    }
  });
  addInto(lambda, cotangents);
  addInto(lambdaDot, cotangentTangents);
  const cast = (values: Float64Array, i: number): TypedArray => typed(parameterTypes[i]!.dtype, values);
  return {
    y0: typed(state.dtype, lambda),
    parameters: ofParameters.map(cast),
    times: ofTimes,
    y0Tangent: typed(state.dtype, lambdaDot),
    parameterTangents: ofParametersDot.map(cast),
    timesTangent: ofTimesDot,
  };
}
