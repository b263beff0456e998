/**
 * A terminal event of a solve on tensors: its time and state as differentiable functions of what the solve depends on.
 * The last step has the length h* with φ(h*) = g(t_n + h*, Φ(t_n, h*, y_n)) = 0, Φ being the step itself; the implicit
 * function theorem gives dh* = −(∂φ/∂t dt_n + ∂φ/∂y dy_n + ∂φ/∂p dp)/(∂φ/∂h) (Chen et al. 2021, arXiv:2011.03902).
 */
import { sizeOf, type TypedArray } from '@equiflow/tensor';
import { OdeError } from '../types.ts';
import { typed } from './executables.ts';
import { addInto, backward, type OdeGradients, type Recording } from './recorded-steps.ts';

/** Where and when the event happened. */
export interface LocatedEvent {
  readonly t: number;
  /** The state there, in the state's dtype. */
  readonly y: TypedArray;
}

/** A recording whose last step ends at the event. */
export interface EventRecording extends Recording {
  readonly event: LocatedEvent;
}

/**
 * Moves the end of the last step of a recording, found on its interpolant, to where the step itself meets the event,
 * by Newton's method.
 */
export function locateEvent(recording: Recording): EventRecording {
  const { executables, state, parameters, t, h, checkpoints } = recording;
  const last = t.length - 1;
  const scalar = (value: number): TypedArray => typed(state.dtype, [value]);
  let y = checkpoints.get(0)!;
  backward(recording, (n, before) => {
    if (n === last) y = before;
  });
  const start = t[last]![0]!;
  const found = h[last]![0]!;
  let length = found;
  const resolution = state.dtype === 'float32' ? 1e-6 : 4e-16;
  for (let iteration = 0; iteration < 8; iteration++) {
    const [phi, , ofLength] = executables
      .eventStepGradients()
      .run([scalar(start), scalar(length), y, ...parameters]);
    const change = phi![0]! / ofLength![0]!;
    if (!Number.isFinite(change) || Math.abs(change) > 0.5 * Math.abs(found)) break;
    length -= change;
    if (Math.abs(change) <= resolution * Math.max(Math.abs(start), Math.abs(length))) break;
  }
  const yEnd = executables
    .plainStep()
    .run([scalar(start), scalar(length), y, ...parameters])[0]!
    .slice();
  return {
    ...recording,
    h: [...h.slice(0, -1), Float64Array.of(length)],
    event: { t: start + length, y: yEnd },
  };
}

/**
 * Gradients of ⟨cotangent, y*⟩ + timeCotangent · t* with respect to the initial state, the parameters and the initial
 * time (the first of `times`; the last time does not matter).
 * @throws OdeError where the event is grazed: dg/dt = 0 along the solution.
 */
export function eventGradients(
  recording: EventRecording,
  cotangent: TypedArray,
  timeCotangent: number,
): OdeGradients {
  const { executables, state, parameterTypes, parameters, times, t, h, event } = recording;
  const size = sizeOf(state.shape);
  if (cotangent.length !== size) {
    throw new OdeError(`eventVjp: ${cotangent.length} cotangents for a state of ${size}; give one for each`);
  }
  const lambda = Float64Array.from(cotangent);
  const ofParameters = parameterTypes.map((type) => new Float64Array(sizeOf(type.shape)));
  let ofStart = 0;
  backward(recording, (n, y) => {
    const inputs = [typed(state.dtype, t[n]!), typed(state.dtype, h[n]!), y, ...parameters];
    let kappa = 0;
    let ofEvent: Float64Array[] = [];
    const pulled = executables
      .stepVjp()
      .run([inputs[0]!, inputs[1]!, y, typed(state.dtype, lambda), ...parameters])
      .map((values) => Float64Array.from(values));
    if (n === t.length - 1) {
      ofEvent = executables
        .eventStepGradients()
        .run(inputs)
        .slice(1)
        .map((values) => Float64Array.from(values));
      const slope = ofEvent[1]![0]!;
      if (slope === 0)
        throw new OdeError(
          `eventVjp: the event at t = ${event.t} is grazed, not crossed; it has no gradient`,
        );
      kappa = (pulled[1]![0]! + timeCotangent) / slope;
      ofStart += timeCotangent;
    }
    const total = (slot: number): Float64Array =>
      pulled[slot]!.map((value, i) => value - (kappa === 0 ? 0 : kappa * ofEvent[slot]![i]!));
    ofStart += total(0)[0]!;
    lambda.set(total(2));
    ofParameters.forEach((values, i) => {
      addInto(values, total(3 + i));
    });
  });
  return {
    y0: typed(state.dtype, lambda),
    parameters: ofParameters.map((values, i) => typed(parameterTypes[i]!.dtype, values)),
    times: Float64Array.from(times, (_, i) => (i === 0 ? ofStart : 0)),
  };
}
