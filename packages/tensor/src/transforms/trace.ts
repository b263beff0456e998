/**
 * Traces of Jacobians of vector fields that treat the rows of a batch apart: what a continuous flow integrates,
 * d ln p/dt = −Tr ∂f/∂x (Chen et al. 2018, arXiv:1806.07366, eq. 8).
 */
import { vjp } from '../autodiff.ts';
import { add, multiply } from '../primitives/arithmetic.ts';
import { broadcastTo } from '../primitives/broadcast.ts';
import { reshape } from '../primitives/reshape.ts';
import { full } from '../primitives/select.ts';
import { slice } from '../primitives/slice.ts';
import { sum } from '../primitives/sum.ts';
import { constant, type Tensor } from '../tensor.ts';
import { allocate, describe, sameShape, sizeOf, TensorError } from '../types.ts';
import { separate, type TensorFunction } from './grad.ts';

/** A field's value at every row, and the trace of its Jacobian there. */
export interface FieldAndTrace {
  /** [batch, ...] as the points. */
  readonly value: Tensor;
  /** [batch] */
  readonly trace: Tensor;
}

function requireField(operation: string, x: Tensor, value: Tensor): void {
  if (x.shape.length < 2) {
    throw new TensorError(`${operation}: the points are ${describe(x)}; expected a batch, [batch, ...]`);
  }
  if (!sameShape(value.shape, x.shape)) {
    throw new TensorError(
      `${operation}: the field gives ${describe(value)} at points ${describe(x)}; the shapes must agree`,
    );
  }
}

/**
 * The exact trace: the batch is repeated once for each of the d coordinates of a point and pulled back with the
 * basis vectors, d times the work of one reverse pass.
 * @param field f(x, ...conditions) on [batch, ...] points, each row by itself.
 * @param conditions further arguments with the same leading batch axis; they are repeated with the points.
 * @throws TensorError when the field's value and the points differ in shape.
 */
export function jacobianTrace(
  field: TensorFunction,
  x: Tensor,
  conditions: readonly Tensor[] = [],
): FieldAndTrace {
  requireField('jacobianTrace', x, x);
  const batch = x.shape[0]!;
  const point = x.shape.slice(1);
  const dimension = sizeOf(point);
  const repeat = (tensor: Tensor): Tensor => {
    if (tensor.shape[0] !== batch) {
      throw new TensorError(`jacobianTrace: a condition ${describe(tensor)} for a batch of ${batch}`);
    }
    const repeated = broadcastTo(tensor, [dimension, ...tensor.shape]);
    return reshape(repeated, [dimension * batch, ...tensor.shape.slice(1)]);
  };
  const points = separate(repeat(x));
  const values = field(points, ...conditions.map(repeat));
  requireField('jacobianTrace', points, values);
  const identity = allocate(x.dtype, dimension * dimension);
  for (let i = 0; i < dimension; i++) identity[i * (dimension + 1)] = 1;
  const basis = broadcastTo(constant(identity, [dimension, 1, dimension]), [dimension, batch, dimension]);
  const [rows] = vjp([values], [reshape(basis, points.shape)], [points]);
  const trace = rows
    ? sum(multiply(reshape(rows, [dimension, batch, dimension]), basis), { axes: [0, 2] })
    : full(0, [batch], x.dtype);
  return { value: slice(values, [[0, batch]]), trace };
}

/**
 * The unbiased estimate εᵀ J ε, averaged over probes with mean 0 and covariance 1 (Hutchinson 1990; Rademacher
 * probes have the least variance). The probes are given, so that one solve can hold them fixed (Grathwohl et
 * al. 2019, arXiv:1810.01367).
 * @param probes at least one, each of the points' type.
 * @throws TensorError when shapes differ or there is no probe.
 */
export function hutchinsonTrace(field: TensorFunction, x: Tensor, probes: readonly Tensor[]): FieldAndTrace {
  const point = separate(x);
  const value = field(point);
  requireField('hutchinsonTrace', x, value);
  if (probes.length === 0) throw new TensorError('hutchinsonTrace: no probes given; one is enough');
  const axes = x.shape.map((_, axis) => axis).slice(1);
  const estimates = probes.map((probe) => {
    const [pulled] = vjp([value], [probe], [point]);
    return pulled ? sum(multiply(pulled, probe), { axes }) : full(0, x.shape.slice(0, 1), x.dtype);
  });
  const total = estimates.reduce((left, right) => add(left, right));
  return { value, trace: multiply(total, 1 / probes.length) };
}
