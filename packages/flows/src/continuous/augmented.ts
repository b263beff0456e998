/**
 * The augmented equation of a continuous flow, one row a sample: y = [x, ℓ, …] with dℓ/dt = div v (Chen et al. 2018,
 * arXiv:1806.07366, section 4), and, where a training asks for them, the kinetic energy de/dt = |v|² and the Jacobian's
 * norm dn/dt = ‖∂v/∂x‖² of the path (RNODE: Finlay et al. 2020, arXiv:2002.02798, section 3).
 */
import {
  broadcastTo,
  concatenate,
  type DType,
  full,
  type ParameterTensors,
  reshape,
  sizeOf,
  slice,
  square,
  type Tensor,
} from '@equiflow/tensor';
import { fieldValues, perSample, type TraceOptions } from './traces.ts';
import type { FlowField } from './vector-field.ts';

/** What is integrated beside x. */
export interface Integrals {
  /** ∫ div v dt. Default true. */
  readonly divergence?: boolean;
  /** ∫ |v|² dt. Default false. */
  readonly kinetic?: boolean;
  /** ∫ ‖∂v/∂x‖² dt. Default false. */
  readonly jacobian?: boolean;
}

/** The end of a path, and what was integrated along it, [batch] each; null where it was not asked for. */
export interface PathEnd {
  readonly x: Tensor;
  readonly divergence: Tensor | null;
  readonly kinetic: Tensor | null;
  readonly jacobian: Tensor | null;
}

/** The augmented equation of a field. */
export interface AugmentedField {
  /** Values of one sample. */
  readonly dimension: number;
  /** Length of a row of y. */
  readonly width: number;
  /** x [batch, ...shape] with integrals of zero, [batch, width]. */
  pack(x: Tensor): Tensor;
  /** dy/dt at a scalar time. */
  slope(t: Tensor, y: Tensor, context: Tensor, parameters: ParameterTensors, probes?: Tensor): Tensor;
  unpack(y: Tensor): PathEnd;
}

/** Builds the augmented equation. */
export function augmentedField(
  field: FlowField,
  trace: TraceOptions['trace'],
  { divergence = true, kinetic = false, jacobian = false }: Integrals = {},
): AugmentedField {
  const dimension = sizeOf(field.shape);
  const columns = [divergence, kinetic, jacobian];
  const width = dimension + columns.filter(Boolean).length;
  const shapeOf = (batch: number): number[] => [batch, ...field.shape];
  const column = (y: Tensor, index: number): Tensor | null => {
    if (!columns[index]) return null;
    const at = dimension + columns.slice(0, index).filter(Boolean).length;
    return reshape(slice(y, [null, [at, at + 1]]), [y.shape[0]!]);
  };
  const xOf = (y: Tensor): Tensor =>
    reshape(width === dimension ? y : slice(y, [null, [0, dimension]]), shapeOf(y.shape[0]!));
  const row = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, dimension]);
  const join = (x: Tensor, rest: readonly (Tensor | null)[]): Tensor => {
    const given = rest.filter((values) => values !== null);
    return given.length === 0
      ? row(x)
      : concatenate([row(x), ...given.map((values) => reshape(values, [x.shape[0]!, 1]))], 1);
  };
  return {
    dimension,
    width,
    pack(x) {
      const zero = (): Tensor => full(0, [x.shape[0]!], x.dtype);
      return join(
        x,
        columns.map((wanted) => (wanted ? zero() : null)),
      );
    },
    slope(t, y, context, parameters, probes) {
      const x = xOf(y);
      const times = broadcastTo(t, [x.shape[0]!]);
      if (!divergence && !jacobian) {
        const velocity = field.velocity(times, x, context, parameters);
        return join(velocity, [null, kinetic ? perSample(square(velocity)) : null, null]);
      }
      const values = fieldValues(field, times, x, context, parameters, {
        trace,
        jacobianNorm: jacobian,
        ...(probes ? { probes } : {}),
      });
      return join(values.velocity, [
        divergence ? values.divergence : null,
        kinetic ? perSample(square(values.velocity)) : null,
        values.jacobianNorm,
      ]);
    },
    unpack: (y) => ({
      x: xOf(y),
      divergence: column(y, 0),
      kinetic: column(y, 1),
      jacobian: column(y, 2),
    }),
  };
}

/** The type of a batch of rows of y. */
export function rowsOf(
  { width }: AugmentedField,
  batch: number,
  dtype: DType,
): { shape: number[]; dtype: DType } {
  return { shape: [batch, width], dtype };
}
