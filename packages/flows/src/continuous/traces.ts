/**
 * The divergence of a vector field, div v = Tr ∂v/∂x, which a continuous flow integrates along its paths (Chen et al. 2018,
 * arXiv:1806.07366, eq. 8): in closed form where the field has one; exactly, by basis vectors tiled into the batch; or
 * Hutchinson's estimate εᵀ (∂v/∂x) ε with probes that stay the same over a solve (Grathwohl et al. 2018,
 * arXiv:1810.01367, eq. 7). The squared Frobenius norm of the Jacobian, by which RNODE regularises, comes out of the
 * same reverse passes: E |εᵀ ∂v/∂x|² = ‖∂v/∂x‖² (Finlay et al. 2020, arXiv:2002.02798, eq. 11).
 */
import {
  add,
  broadcastTo,
  constant,
  type DType,
  full,
  jacobianTrace,
  multiply,
  type ParameterTensors,
  type RandomKey,
  rademacher,
  randomNormal,
  reshape,
  sizeOf,
  slice,
  square,
  sum,
  type Tensor,
  vjp,
} from '@equiflow/tensor';
import type { FlowField, VelocityAndDivergence } from './vector-field.ts';

/** How div v is had: exactly (closed form where the field has one, else basis vectors), or by Hutchinson's estimate. */
export type TraceMethod = 'exact' | 'hutchinson';

/** Distribution of Hutchinson's probes, of mean 0 and covariance 1; Rademacher's (±1) have the least variance. */
export type ProbeNoise = 'rademacher' | 'gaussian';

/** How a divergence is to be computed. */
export interface TraceOptions {
  readonly trace: TraceMethod;
  /** Probes [batch, count, dimensions], for `hutchinson`, and for the Jacobian's norm of a field in closed form. */
  readonly probes?: Tensor;
  /** Computes ‖∂v/∂x‖² too. Default false. */
  readonly jacobianNorm?: boolean;
}

/** What is integrated along a path. */
export interface FieldValues extends VelocityAndDivergence {
  /** ‖∂v/∂x‖² or its estimate, [batch]; null unless asked for. */
  readonly jacobianNorm: Tensor | null;
}

/** Draws of `count` probes for every one of `batch` samples, [batch, count, dimension]. */
export function drawProbes<D extends 'float32' | 'float64'>(
  from: RandomKey,
  noise: ProbeNoise,
  [batch, count, dimension]: readonly [batch: number, count: number, dimension: number],
  dtype: D,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const shape = [batch, count, dimension];
  return noise === 'gaussian' ? randomNormal(from, shape, dtype) : rademacher(from, shape, dtype);
}

/** Whether the values that `options` ask for of a field need probes. */
export function needsProbes(field: FlowField, trace: TraceMethod, jacobianNorm: boolean): boolean {
  return trace === 'hutchinson' || (jacobianNorm && field.velocityAndDivergence !== undefined);
}

/**
 * Velocity and divergence of a field at samples x [batch, ...shape] and times t [batch].
 * @throws RangeError where probes are needed and there are none, or of another shape.
 */
export function fieldValues(
  field: FlowField,
  t: Tensor,
  x: Tensor,
  context: Tensor,
  parameters: ParameterTensors,
  { trace, probes, jacobianNorm = false }: TraceOptions,
): FieldValues {
  const closed = field.velocityAndDivergence?.bind(field);
  if (!needsProbes(field, trace, jacobianNorm)) {
    if (closed) return { ...closed(t, x, context, parameters), jacobianNorm: null };
    if (jacobianNorm) return byRows(field, t, x, context, parameters);
    const { value, trace: divergence } = jacobianTrace(
      (points, times, thetas) => field.velocity(times!, points!, thetas!, parameters),
      x,
      [t, context],
    );
    return { velocity: value, divergence, jacobianNorm: null };
  }
  const at = reshape(x, x.shape);
  const exact = trace === 'exact' ? closed!(t, at, context, parameters) : null;
  const velocity = field.velocity(t, at, context, parameters);
  const estimates = probeEstimates(velocity, at, requireProbes(x, probes), jacobianNorm);
  return exact ? { ...exact, jacobianNorm: estimates.jacobianNorm } : { velocity, ...estimates };
}

/** Means over the probes of εᵀ J ε and |εᵀ J|². */
function probeEstimates(
  velocity: Tensor,
  x: Tensor,
  probes: Tensor,
  jacobianNorm: boolean,
): { divergence: Tensor; jacobianNorm: Tensor | null } {
  const count = probes.shape[1]!;
  const batch = x.shape[0]!;
  let [divergence, norm]: (Tensor | null)[] = [null, null];
  for (let index = 0; index < count; index++) {
    const probe = reshape(slice(probes, [null, [index, index + 1]]), x.shape);
    const [pulled] = vjp([velocity], [probe], [x]);
    if (!pulled) continue;
    const along = perSample(multiply(pulled, probe));
    divergence = divergence ? add(divergence, along) : along;
    if (!jacobianNorm) continue;
    const length = perSample(square(pulled));
    norm = norm ? add(norm, length) : length;
  }
  const mean = (total: Tensor | null): Tensor =>
    total ? multiply(total, 1 / count) : full(0, [batch], x.dtype);
  return { divergence: mean(divergence ?? null), jacobianNorm: jacobianNorm ? mean(norm ?? null) : null };
}

/** Divergence and norm out of all rows of the Jacobian, by basis vectors tiled into the batch. */
function byRows(
  field: FlowField,
  t: Tensor,
  x: Tensor,
  context: Tensor,
  parameters: ParameterTensors,
): FieldValues {
  const batch = x.shape[0]!;
  const dimension = sizeOf(x.shape.slice(1));
  const repeat = (tensor: Tensor): Tensor =>
    reshape(broadcastTo(tensor, [dimension, ...tensor.shape]), [dimension * batch, ...tensor.shape.slice(1)]);
  const points = repeat(x);
  const values = field.velocity(repeat(t), points, repeat(context), parameters);
  const basis = broadcastTo(identityMatrix(dimension, x.dtype), [dimension, batch, dimension]);
  const [pulled] = vjp([values], [reshape(basis, points.shape)], [points]);
  const rows = pulled ? reshape(pulled, [dimension, batch, dimension]) : null;
  const zero = full(0, [batch], x.dtype);
  return {
    velocity: slice(values, [[0, batch]]),
    divergence: rows ? sum(multiply(rows, basis), { axes: [0, 2] }) : zero,
    jacobianNorm: rows ? sum(square(rows), { axes: [0, 2] }) : zero,
  };
}

function identityMatrix(dimension: number, dtype: DType): Tensor {
  const values = new Array<number>(dimension * dimension).fill(0);
  for (let i = 0; i < dimension; i++) values[i * (dimension + 1)] = 1;
  return constant(values, [dimension, 1, dimension], dtype);
}

function requireProbes(x: Tensor, probes: Tensor | undefined): Tensor {
  const [batch, ...shape] = x.shape;
  const wanted = `[${batch}, count, ${sizeOf(shape)}]`;
  if (!probes) throw new RangeError(`continuous flow: Hutchinson's estimate needs probes ${wanted}`);
  const fits =
    probes.shape.length === 3 &&
    probes.shape[0] === batch &&
    probes.shape[1]! >= 1 &&
    probes.shape[2] === sizeOf(shape);
  if (!fits) {
    throw new RangeError(
      `continuous flow: probes [${probes.shape}] for samples [${x.shape}]; give ${wanted}`,
    );
  }
  return probes;
}

/** Σ over everything but the batch, [batch]. */
export function perSample(values: Tensor): Tensor {
  const batch = values.shape[0]!;
  return sum(reshape(values, [batch, sizeOf(values.shape.slice(1))]), { axes: [1] });
}
