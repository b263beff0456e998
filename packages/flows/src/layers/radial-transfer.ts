/**
 * The Fourier half of a TRENF layer (Dai & Seljak 2022, arXiv:2202.05282, section 2): x ↦ F⁻¹ T̂(|k| | θ) F x. ln T̂ is a
 * natural cubic spline on knots uniform in ln k (or k) between the fundamental mode and the corner of the mesh, with
 * T̂(0) a parameter of its own, so that T̂ > 0 always; its log-determinant is Σ_k ln T̂(|k|). A function of |k| alone:
 * the layer commutes with translations, rotations by 90° and reflections.
 */
import { radialFilter, radialFilterLogDet, shells } from '@equiflow/fft-mesh';
import { cubicSplineMatrix } from '@equiflow/splines';
import { constant, exp, matmul, negate, type ParameterTensors, type Tensor } from '@equiflow/tensor';
import type { Bijection } from '../bijection.ts';
import { perceptron } from '../conditioner.ts';

/** Choices of the layer. */
export interface RadialTransferOptions {
  /** Mesh of one field, [N, N] or [N, N, N]. */
  readonly shape: readonly number[];
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Number of knots of ln T̂. */
  readonly knots: number;
  readonly spacing: 'log' | 'linear';
  /** Number of parameters θ. */
  readonly contextSize: number;
  /** Hidden widths of the network from θ to the knots. */
  readonly hidden: readonly number[];
  /** ln T̂(0) and ln T̂ at the knots before training, [knots + 1]; zero when left out. */
  readonly initial?: readonly number[];
}

/** Wavenumbers of the knots, h/Mpc, from the fundamental mode to the corner of the mesh. */
export function transferKnots(
  options: Pick<RadialTransferOptions, 'shape' | 'boxSize' | 'knots' | 'spacing'>,
): Float64Array {
  const { shape, boxSize, knots, spacing } = options;
  const unit = (2 * Math.PI) / boxSize;
  const squares = shells(shape).squares;
  const [from, to] = [unit, unit * Math.sqrt(squares[squares.length - 1]!)];
  return Float64Array.from({ length: knots }, (_, i) => {
    const t = i / (knots - 1);
    return spacing === 'log' ? from * (to / from) ** t : from + (to - from) * t;
  });
}

/** The constant matrix [knots + 1, shells] from (ln T̂(0), ln T̂ at the knots) to ln T̂ at every shell of the mesh. */
export function transferMatrix(
  options: Pick<RadialTransferOptions, 'shape' | 'boxSize' | 'knots' | 'spacing'>,
): Float64Array {
  const { shape, boxSize, knots, spacing } = options;
  const { squares } = shells(shape);
  const count = squares.length;
  const scale = (k: number): number => (spacing === 'log' ? Math.log(k) : k);
  const queries = Float64Array.from(squares.subarray(1), (square) =>
    scale((2 * Math.PI * Math.sqrt(square)) / boxSize),
  );
  const weights = cubicSplineMatrix(transferKnots(options).map(scale), queries, {
    boundary: 'natural',
    outside: 'extrapolate',
  });
  const matrix = new Float64Array((knots + 1) * count);
  matrix[0] = 1;
  for (let shell = 1; shell < count; shell++) {
    for (let knot = 0; knot < knots; knot++) {
      matrix[(knot + 1) * count + shell] = weights[(shell - 1) * knots + knot]!;
    }
  }
  return matrix;
}

/** The layer, with ln T̂ as a function of θ for those who look inside. */
export interface RadialTransfer extends Bijection {
  /** ln T̂ at every shell of the mesh, [batch, shells]. */
  logTransfer(context: Tensor, parameters: ParameterTensors): Tensor;
}

/** @throws RangeError when there are fewer than two knots or `initial` has another length. */
export function radialTransfer(options: RadialTransferOptions): RadialTransfer {
  const { shape, knots, contextSize, hidden, initial } = options;
  if (knots < 2) throw new RangeError(`radialTransfer: ${knots} knots; a spline needs at least 2`);
  if (initial && initial.length !== knots + 1) {
    throw new RangeError(
      `radialTransfer: ${initial.length} initial values for ${knots} knots; give ${knots + 1}, ln T(0) first`,
    );
  }
  const network = perceptron(contextSize, hidden, knots + 1, initial);
  const matrix = transferMatrix(options);
  const logTransfer = (context: Tensor, parameters: ParameterTensors): Tensor => {
    const weights = context.dtype === 'float64' ? matrix : Float32Array.from(matrix);
    return matmul(
      network.apply(context, parameters),
      constant(weights, [knots + 1, matrix.length / (knots + 1)]),
    );
  };
  return {
    parameters: network.parameters,
    logTransfer,
    forward(x, context, parameters) {
      const logT = logTransfer(context, parameters);
      return { value: radialFilter(x, exp(logT)), logDet: radialFilterLogDet(logT, shape) };
    },
    inverse(z, context, parameters) {
      const logT = negate(logTransfer(context, parameters));
      return { value: radialFilter(z, exp(logT)), logDet: radialFilterLogDet(logT, shape) };
    },
  };
}
