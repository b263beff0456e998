/**
 * Dense output of a solve on tensors: the state at any time, by the interpolant of the recorded step that holds it, and
 * its gradients. The time of evaluation is a variable of its own; the steps are held as fixed shares of the intervals
 * between the solve's output times, as in `recorded-steps.ts`.
 */
import { sizeOf, type TypedArray } from '@equiflow/tensor';
import { OdeError } from '../types.ts';
import { typed } from './executables.ts';
import {
  addInto,
  addTimeGradients,
  backward,
  forward,
  type OdeGradients,
  type Recording,
  stepPlans,
  timesOf,
} from './recorded-steps.ts';

/** Gradients of a scalar function of the states at given times. */
export interface EvaluationGradients extends OdeGradients {
  /** With respect to the times of evaluation. */
  readonly at: Float64Array;
}

/** The queries of one executable call: at most one a row; −1 for none. */
type Round = Int32Array;

/** For every step, the rounds of queries that fall into it. @throws OdeError for a time that was not reached. */
function queriesOf({ t, rows, times, end }: Recording, at: Float64Array): Map<number, Round[]> {
  const rounds = new Map<number, Round[]>();
  const start = times[0]!;
  for (let row = 0; row < rows; row++) {
    const last = end[row]!;
    const direction = last >= start ? 1 : -1;
    at.forEach((time, query) => {
      if (!(direction * (time - start) >= 0 && direction * (time - last) <= 0)) {
        const which = rows === 1 ? '' : ` of row ${row}`;
        throw new OdeError(
          `evaluate: t = ${time} is outside the solution${which}, which goes from ${start} to ${last}`,
        );
      }
      let [low, high] = [0, t.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        // Steps of length 0 wait at the end: the last real one comes before them.
        const begins = t[middle]![row]!;
        if (direction * (begins - time) <= 0 && begins !== last) low = middle;
        else high = middle - 1;
      }
      const own = rounds.get(low) ?? [];
      rounds.set(low, own);
      let round = own.find((one) => one[row] === -1);
      if (!round) {
        round = new Int32Array(rows).fill(-1);
        own.push(round);
      }
      round[row] = query;
    });
  }
  return rounds;
}

/** θ = (time − t)/h of one round, 0 for rows without a query. */
function thetas({ t, h, rows }: Recording, n: number, round: Round, at: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const length = h[n]![row]!;
    return round[row] === -1 || length === 0 ? 0 : (at[round[row]!]! - t[n]![row]!) / length;
  });
}

/** States at any times inside the solution, [at, ...state]. */
export function evaluateRecording(recording: Recording, at: Float64Array): TypedArray {
  const { executables, state, parameters, rows, t, h, checkpoints } = recording;
  const size = sizeOf(state.shape);
  const width = size / rows;
  const out = typed(state.dtype, new Float64Array(at.length * size));
  const rounds = queriesOf(recording, at);
  const scatter = (round: Round, values: TypedArray): void => {
    round.forEach((query, row) => {
      if (query >= 0) out.set(values.subarray(row * width, (row + 1) * width), query * size + row * width);
    });
  };
  // A solve over a span of no length has one state and no step.
  if (t.length === 0) for (const round of rounds.get(0) ?? []) scatter(round, checkpoints.get(0)!);
  else {
    forward(recording, (n, y) => {
      for (const round of rounds.get(n) ?? []) {
        const theta = timesOf(recording, thetas(recording, n, round, at));
        const inputs = [timesOf(recording, t[n]!), timesOf(recording, h[n]!), y, theta, ...parameters];
        scatter(round, executables.point().run(inputs)[0]!);
      }
    });
  }
  return out;
}

/** Gradients of Σ ⟨cotangents, y(at)⟩, with cotangents [at, ...state]. */
export function evaluationGradients(
  recording: Recording,
  at: Float64Array,
  cotangents: TypedArray,
): EvaluationGradients {
  const { executables, state, parameterTypes, parameters, times, rows, t, h } = recording;
  const size = sizeOf(state.shape);
  const width = size / rows;
  if (cotangents.length !== at.length * size) {
    throw new OdeError(
      `evaluateVjp: ${cotangents.length} cotangents for ${at.length} states of ${size}; give one for each`,
    );
  }
  const rounds = queriesOf(recording, at);
  const last = times[times.length - 1]!;
  const beyond = at.find((time) => Math.abs(time - times[0]!) > Math.abs(last - times[0]!));
  if (beyond !== undefined) {
    throw new OdeError(
      `evaluateVjp: t = ${beyond} is after ${last}, the last time that the solve reached of those it was given; where an event ended it, use eventVjp`,
    );
  }
  const plans = stepPlans(recording);
  const lambda = new Float64Array(size);
  const ofParameters = parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  const [ofTimes, ofAt] = [new Float64Array(times.length), new Float64Array(at.length)];
  const first = Math.max(-1, ...rounds.keys());
  if (t.length === 0) for (let i = 0; i < cotangents.length; i++) lambda[i % size]! += cotangents[i]!;
  backward(recording, (n, y) => {
    if (n > first) return;
    const [time, length] = [timesOf(recording, t[n]!), timesOf(recording, h[n]!)];
    const [ofT, ofH] = [new Float64Array(rows), new Float64Array(rows)];
    const add = (rest: readonly TypedArray[]): void =>
      rest.forEach((values, i) => {
        addInto(ofParameters[i]!, values);
      });
    const [stepT, stepH, stepY, ...stepRest] = executables
      .stepVjp()
      .run([time, length, y, typed(state.dtype, lambda), ...parameters]);
    addInto(ofT, stepT!);
    addInto(ofH, stepH!);
    lambda.set(stepY!);
    add(stepRest);
    for (const round of rounds.get(n) ?? []) {
      const theta = thetas(recording, n, round, at);
      const own = new Float64Array(size);
      round.forEach((query, row) => {
        if (query < 0) return;
        const from = query * size + row * width;
        own.set(cotangents.subarray(from, from + width), row * width);
      });
      const [pointT, pointH, pointY, pointTheta, ...rest] = executables
        .pointVjp()
        .run([time, length, y, timesOf(recording, theta), typed(state.dtype, own), ...parameters]);
      addInto(ofT, pointT!);
      addInto(ofH, pointH!);
      addInto(lambda, pointY!);
      add(rest);
      // θ = (at − t)/h.
      round.forEach((query, row) => {
        const step = h[n]![row]!;
        if (query < 0 || step === 0) return;
        const share = pointTheta![row]! / step;
        ofAt[query]! += share;
        ofT[row]! -= share;
        ofH[row]! -= share * theta[row]!;
      });
    }
    addTimeGradients(recording, n, plans[n]!, ofT, ofH, ofTimes);
  });
  return {
    y0: typed(state.dtype, lambda),
    parameters: ofParameters.map((values, i) => typed(parameterTypes[i]!.dtype, values)),
    times: ofTimes,
    at: ofAt,
  };
}
