/**
 * The augmented equation of a continuous flow, one row a sample: y = [x, ℓ, …] with dℓ/dt = div v (Chen et al. 2018,
 * arXiv:1806.07366, section 4), and, where a training asks for them, the kinetic energy de/dt = |v|² and the Jacobian's
 * norm dn/dt = ‖∂v/∂x‖² of the path (RNODE: Finlay et al. 2020, arXiv:2002.02798, section 3).
 */
import {
  broadcastTo,
  concatenate,
  full,
  maximum,
  type ParameterTensors,
  reshape,
  sizeOf,
  slice,
  sqrt,
  square,
  type Tensor,
} from '@equiflow/tensor';
import { type FieldValues, fieldValues, perSample, type TraceOptions } from './traces.ts';
import type { FlowField } from './vector-field.ts';

/** What is integrated beside x. */
export interface Integrals {
  /** ∫ div v dt. Default true. */
  readonly divergence?: boolean;
  /** ∫ |v|² dt. Default false. */
  readonly kinetic?: boolean;
  /** ∫ ‖∂v/∂x‖² dt. Default false. */
  readonly jacobian?: boolean;
  /** ∫ |v| dt, the length of the path. Default false. */
  readonly length?: boolean;
}

/** The end of a path, and what was integrated along it, [batch] each; null where it was not asked for. */
export interface PathEnd {
  readonly x: Tensor;
  readonly divergence: Tensor | null;
  readonly kinetic: Tensor | null;
  readonly jacobian: Tensor | null;
  readonly length: Tensor | null;
}

/** The augmented equation of a field. */
export interface AugmentedField {
  /** Values of one sample. */
  readonly dimension: number;
  /** Length of a row of y. */
  readonly width: number;
  /** Where each integral stands in a row; −1 where it was not asked for. */
  readonly at: Readonly<Record<keyof Integrals, number>>;
  /** x [batch, ...shape] with integrals of zero, [batch, width]. */
  pack(x: Tensor): Tensor;
  /** dy/dt at one time for all, [], or a time a sample, [batch, 1]. */
  slope(t: Tensor, y: Tensor, context: Tensor, parameters: ParameterTensors, probes?: Tensor): Tensor;
  unpack(y: Tensor): PathEnd;
}

/** Builds the augmented equation. */
export function augmentedField(
  field: FlowField,
  trace: TraceOptions['trace'],
  { divergence = true, kinetic = false, jacobian = false, length = false }: Integrals = {},
): AugmentedField {
  const dimension = sizeOf(field.shape);
  const wanted = { divergence, kinetic, jacobian, length };
  const names = (Object.keys(wanted) as (keyof Integrals)[]).filter((name) => wanted[name]);
  const width = dimension + names.length;
  const place = (name: keyof Integrals): number => (wanted[name] ? dimension + names.indexOf(name) : -1);
  const column = (y: Tensor, name: keyof Integrals): Tensor | null => {
    const at = place(name);
    return at < 0 ? null : reshape(slice(y, [null, [at, at + 1]]), [y.shape[0]!]);
  };
  const xOf = (y: Tensor): Tensor =>
    reshape(width === dimension ? y : slice(y, [null, [0, dimension]]), [y.shape[0]!, ...field.shape]);
  const join = (x: Tensor, integrals: (name: keyof Integrals) => Tensor): Tensor => {
    const batch = x.shape[0]!;
    const row = reshape(x, [batch, dimension]);
    const rest = names.map((name) => reshape(integrals(name), [batch, 1]));
    return rest.length === 0 ? row : concatenate([row, ...rest], 1);
  };
  return {
    dimension,
    width,
    at: {
      divergence: place('divergence'),
      kinetic: place('kinetic'),
      jacobian: place('jacobian'),
      length: place('length'),
    },
    pack: (x) => join(x, () => full(0, [x.shape[0]!], x.dtype)),
    slope(t, y, context, parameters, probes) {
      const x = xOf(y);
      const times = t.shape.length === 0 ? broadcastTo(t, [x.shape[0]!]) : reshape(t, [x.shape[0]!]);
      const values: Partial<FieldValues> & Pick<FieldValues, 'velocity'> =
        divergence || jacobian
          ? fieldValues(field, times, x, context, parameters, {
              trace,
              jacobianNorm: jacobian,
              ...(probes ? { probes } : {}),
            })
          : { velocity: field.velocity(times, x, context, parameters) };
      return join(values.velocity, (name) => {
        if (name === 'divergence') return values.divergence!;
        if (name === 'jacobian') return values.jacobianNorm!;
        const squared = perSample(square(values.velocity));
        // Where nothing moves, the root has no slope, which implicit methods ask for: there it counts as constant.
        return name === 'kinetic' ? squared : sqrt(maximum(squared, 1e-30));
      });
    },
    unpack: (y) => ({
      x: xOf(y),
      divergence: column(y, 'divergence'),
      kinetic: column(y, 'kinetic'),
      jacobian: column(y, 'jacobian'),
      length: column(y, 'length'),
    }),
  };
}
