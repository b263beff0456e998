/**
 * The pixel half of a TRENF layer: every pixel through one monotonic rational-quadratic spline ψ(x | θ) (Durkan et al.
 * 2019, arXiv:1906.04032) with linear tails, its knots and slopes functions of θ through a small network. The same ψ for
 * every pixel: the layer commutes with every symmetry of the mesh.
 */
import {
  constrainRationalQuadratic,
  type RationalQuadraticKnots,
  rationalQuadratic,
  rationalQuadraticInverse,
  rationalQuadraticParameterCount,
} from '@equiflow/splines';
import { type ParameterTensors, reshape, type Tensor } from '@equiflow/tensor';
import type { Bijection, Transformed } from '../bijection.ts';
import { perceptron } from '../conditioner.ts';

/** Choices of the layer. */
export interface PixelSplineOptions {
  /** Number of knots; one more than the bins. */
  readonly knots: number;
  /** Number of parameters θ. */
  readonly contextSize: number;
  /** Hidden widths of the network from θ to the spline. */
  readonly hidden: readonly number[];
  /** Half-width of the interval before training, in units of the (whitened) field. Default 4. */
  readonly halfWidth?: number;
}

/** The layer, with its spline as a function of θ for those who look inside. */
export interface PixelSpline extends Bijection {
  /** Knots and slopes of ψ, [batch, knots] each. */
  spline(context: Tensor, parameters: ParameterTensors): RationalQuadraticKnots;
}

/** A new layer is the identity. */
export function pixelSpline({ knots, contextSize, hidden, halfWidth = 4 }: PixelSplineOptions): PixelSpline {
  const network = perceptron(contextSize, hidden, rationalQuadraticParameterCount(knots));
  const spline = (context: Tensor, parameters: ParameterTensors): RationalQuadraticKnots =>
    constrainRationalQuadratic(network.apply(context, parameters), { interval: [-halfWidth, halfWidth] });
  const through = (
    transform: typeof rationalQuadratic,
    x: Tensor,
    context: Tensor,
    parameters: ParameterTensors,
  ): Transformed => {
    const { value, logDet } = transform(reshape(x, [x.shape[0]!, -1]), spline(context, parameters));
    return { value: reshape(value, x.shape), logDet };
  };
  return {
    parameters: network.parameters,
    spline,
    forward: (x, context, parameters) => through(rationalQuadratic, x, context, parameters),
    inverse: (z, context, parameters) => through(rationalQuadraticInverse, z, context, parameters),
  };
}
