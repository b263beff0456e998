/** What the optimisers share: flat vectors on the host, state that can be saved, a clear refusal of NaN. */
import { TensorError } from '../types.ts';

/** A flat vector of parameters or of their gradient. */
export type FlatVector = Float32Array | Float64Array;

/** The learning rate at a step; the first step is 0. */
export type Schedule = (step: number) => number;

/** Changes parameters by their gradients, one step at a time. */
export interface Optimiser {
  /**
   * Everything that later steps depend on, by name: save these arrays and give them to `restore`, and the
   * run goes on bit for bit. `step` holds the number of steps done.
   */
  readonly state: Readonly<Record<string, Float64Array>>;
  /**
   * One step, in place on `parameters`. Computed in double and rounded once into float32 parameters.
   * @throws TensorError when sizes do not fit or a gradient is not finite; nothing has changed then.
   */
  step(parameters: FlatVector, gradient: FlatVector): void;
  /** Takes over a saved state. @throws TensorError when names or sizes differ. */
  restore(state: Readonly<Record<string, Float64Array>>): void;
}

/** Refuses a step that would corrupt the state. */
export function requireStep(
  operation: string,
  size: number,
  parameters: FlatVector,
  gradient: FlatVector,
): void {
  if (parameters.length !== size || gradient.length !== size) {
    throw new TensorError(
      `${operation}: ${parameters.length} parameters and ${gradient.length} gradients for an optimiser of ${size}`,
    );
  }
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(gradient[i]!)) {
      throw new TensorError(
        `${operation}: gradient ${i} is ${gradient[i]}; lower the learning rate or look for the operation that gave it`,
      );
    }
  }
}

/** Copies a saved state into a live one. */
export function restoreState(
  operation: string,
  target: Readonly<Record<string, Float64Array>>,
  saved: Readonly<Record<string, Float64Array>>,
): void {
  const sizes = (state: Readonly<Record<string, Float64Array>>): string =>
    Object.keys(state)
      .sort()
      .map((name) => `${name}[${state[name]!.length}]`)
      .join(', ');
  if (sizes(target) !== sizes(saved)) {
    throw new TensorError(`${operation}: a saved state of ${sizes(saved)} does not fit ${sizes(target)}`);
  }
  for (const name of Object.keys(target)) target[name]!.set(saved[name]!);
}
