/** The monotonic rational-quadratic spline on tensors, differentiable in its input and its parameters. */
import { apply, broadcastTo, type Tensor, TensorError } from '@equiflow/tensor';
import {
  type RationalQuadraticAttributes,
  rationalQuadraticInversePrimitive,
  rationalQuadraticPrimitive,
} from './primitive.ts';

/** Parameters of B splines with K knots each, 2 ≤ K ≤ 64: tensors [B, K], or [K] for one spline of all samples. */
export interface RationalQuadraticKnots {
  /** Positions of the knots, increasing. */
  readonly x: Tensor;
  /** Values at the knots, increasing. */
  readonly y: Tensor;
  /** Derivatives at the knots, positive; those at the ends are also the slopes of the linear tails. */
  readonly slopes: Tensor;
}

/** A transformed tensor and the logarithm of the derivative. */
export interface Transformed {
  /** The values, shaped like the input. */
  readonly value: Tensor;
  /** ln |derivative|: [B], summed over each sample, or shaped like the input with `reduce: false`. */
  readonly logDet: Tensor;
}

/** Choices of `rationalQuadratic`. */
export interface RationalQuadraticOptions {
  /** Sum the log-derivatives over each sample. Default true. */
  readonly reduce?: boolean;
}

function inputsOf(values: Tensor, { x, y, slopes }: RationalQuadraticKnots): Tensor[] {
  const rows = values.shape[0];
  if (rows === undefined) {
    throw new TensorError('rationalQuadratic: a scalar input; give [B, …], with a first axis of samples');
  }
  const batched = (of: Tensor) => (of.shape.length === 1 ? broadcastTo(of, [rows, of.shape[0]!]) : of);
  return [values, batched(x), batched(y), batched(slopes)];
}

/**
 * y = f(x) and ln f′(x), f the increasing rational-quadratic spline of Gregory & Delbourgo (1982) and Durkan et al.
 * (2019), with linear tails that continue the slopes of the end knots.
 *
 * @param x values [B, …]; sample b goes through spline b
 * @param knots parameters; `constrainRationalQuadratic` makes valid ones from free numbers
 * @throws TensorError when shapes or dtypes do not fit
 * @example
 * ```ts
 * import { constant, evaluate } from '@equiflow/tensor';
 * import { constrainRationalQuadratic, rationalQuadratic } from '@equiflow/splines';
 *
 * const free = constant(new Float64Array(3 * 8 + 2)); // zeros: the identity
 * const { value, logDet } = rationalQuadratic(
 *   constant(Float64Array.of(-9, 0.3, 2), [1, 3]),
 *   constrainRationalQuadratic(free),
 * );
 * console.log(evaluate(value), evaluate(logDet)); // [-9, 0.3, 2], [0]
 * ```
 */
export function rationalQuadratic(
  x: Tensor,
  knots: RationalQuadraticKnots,
  options: RationalQuadraticOptions = {},
): Transformed {
  const attributes: RationalQuadraticAttributes = { reduce: options.reduce ?? true };
  const [value, logDet] = apply(rationalQuadraticPrimitive, inputsOf(x, knots), attributes);
  return { value: value!, logDet: logDet! };
}

/**
 * x = f⁻¹(y) and ln dx/dy of the spline of `rationalQuadratic`, in closed form: float64 inverts to 1e-12.
 * @throws TensorError when shapes or dtypes do not fit
 */
export function rationalQuadraticInverse(
  y: Tensor,
  knots: RationalQuadraticKnots,
  options: RationalQuadraticOptions = {},
): Transformed {
  const attributes: RationalQuadraticAttributes = { reduce: options.reduce ?? true };
  const [value, logDet] = apply(rationalQuadraticInversePrimitive, inputsOf(y, knots), attributes);
  return { value: value!, logDet: logDet! };
}
