/** One step of a symplectic composition as a graph of tensors (`symplectic/symplectic.ts`): what its derivatives go through. */
import { add, constant, multiply, sizeOf, subtract, type Tensor } from '@equiflow/tensor';
import type { SymplecticTableau } from '../symplectic/symplectic.ts';
import type { Method } from '../types.ts';
import type { StepGraph, TensorField } from './step-graph.ts';

/** The composition of a symplectic method; undefined for any other. */
export function symplecticTableau(method: Method): SymplecticTableau | undefined {
  const { tableau } = method as Method & { tableau?: SymplecticTableau };
  return tableau && 'substeps' in tableau ? tableau : undefined;
}

/** A step of length h from (t, y); the first half of the state's values are positions, the second momenta. */
export function symplecticStepGraph(
  { substeps }: SymplecticTableau,
  field: TensorField,
  t: Tensor,
  h: Tensor,
  y: Tensor,
  parameters: readonly Tensor[],
): StepGraph {
  const size = sizeOf(y.shape);
  const half = (of: 'positions' | 'momenta'): Tensor => {
    const inside = (i: number): boolean => i < size / 2 === (of === 'positions');
    const values = Array.from({ length: size }, (_, i) => (inside(i) ? 1 : 0));
    return constant(values, y.shape, y.dtype);
  };
  const [positions, momenta] = [half('positions'), half('momenta')];
  const slope = field(t, y, ...parameters);
  let state = y;
  let time = t;
  let forces = multiply(slope, momenta);
  for (const share of substeps) {
    const length = multiply(h, share);
    const halfLength = multiply(h, share / 2);
    state = add(state, multiply(forces, halfLength));
    const speeds = multiply(field(add(time, halfLength), state, ...parameters), positions);
    state = add(state, multiply(speeds, length));
    time = add(time, length);
    forces = multiply(field(time, state, ...parameters), momenta);
    state = add(state, multiply(forces, halfLength));
  }
  const slopeNext = field(add(t, h), state, ...parameters);
  // The cubic through both ends.
  const rise = subtract(state, y);
  const [m0, m1] = [multiply(slope, h), multiply(slopeNext, h)];
  const coefficients = [
    m0,
    subtract(multiply(rise, 3), add(multiply(m0, 2), m1)),
    subtract(add(m0, m1), multiply(rise, 2)),
  ];
  return { yNext: state, error: null, secondError: null, slopeNext, coefficients };
}
