/**
 * The vector field of the field-level continuous flow, after Gerdes et al. 2022 (arXiv:2207.00283), for fields on a periodic mesh:
 *
 *   v(x, t | θ) = w_0(|k|) * x + Σ_f w_f(|k|) * g_f(x),   g_f(x) = c_f0 + Σ_j c_fj u_j(x),
 *
 * one hidden layer of units u_j that act on every cell alike (`field-flow-units.ts`), and radial convolutions in Fourier space. It commutes
 * with translations and with the rotations by 90° and reflections of the mesh. The w (natural cubic splines in ln k with w(0) of their own, as
 * ln T̂ of a TRENF layer) and c are functions of t and θ: a small network of θ gives their coefficients in Legendre polynomials of t. The
 * divergence has a closed form because a convolution is linear and the units are local: with w(lag 0) the mean of w over all modes,
 *
 *   div v = N^d w_0(lag 0) + Σ_f w_f(lag 0) Σ_x g_f'(x).
 *
 * With w_0 constant in t and no channels f the flow is x ↦ F⁻¹ e^{w_0} F x: the Gaussian limit at w_0 = ln T̂.
 *
 * Steps of fixed length have to be able to follow the field, whatever a training makes of it: |w_f| ≤ 1 (a tanh), Σ_j |c_fj| stays below a bound, and
 * w_0(k, t) = W(k) [1 + Σ_n r_n(k) P_n(t)], Σ_n r_n² < 1, is a total growth W spread over time, so that no mode is shrunk first to be blown
 * up later.
 */
import { radialFilter, radialFilterLogDet, shells } from '@equiflow/fft-mesh';
import {
  add,
  broadcastTo,
  constant,
  type DType,
  divide,
  matmul,
  multiply,
  type ParameterTensors,
  reshape,
  slice,
  sqrt,
  square,
  stack,
  sum,
  type Tensor,
  tanh,
} from '@equiflow/tensor';
import { perceptron } from '../conditioner.ts';
import { transferMatrix } from '../layers/radial-transfer.ts';
import { legendreAt, legendreIntegrals, legendreOf } from './field-flow-time.ts';
import { type PixelUnits, pixelUnits } from './field-flow-units.ts';
import type { FlowField } from './vector-field.ts';

/** Choices of the field. */
export interface MeshFieldOptions {
  /** Mesh of one sample, [N, N] or [N, N, N]. */
  readonly shape: readonly number[];
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Knots of every w. */
  readonly knots: number;
  readonly spacing: 'log' | 'linear';
  /** Convolved functions g_f beside x; 0 leaves the linear field alone. */
  readonly channels: number;
  /** Units tanh(a_j (x − m_j)) that all g_f are made of. */
  readonly units: number;
  /** Polynomials of t: 1 makes the field constant in time. */
  readonly timeFunctions: number;
  /** Largest Σ_j |c_fj|: what |g_f'| stays below. */
  readonly bound: number;
  /** Number of parameters θ. */
  readonly contextSize: number;
  /** Hidden widths of the network from θ to the coefficients. */
  readonly hidden: readonly number[];
}

/** Everything that θ decides, computed once a solve. */
export interface MeshFieldCoefficients {
  /** ∫w_0 dt over all times, [batch, shells]. */
  readonly growth: Tensor;
  /** How it is spread over time: [batch, polynomials − 1, shells], null where it is even. */
  readonly pace: Tensor | null;
  /** w_f, [batch, polynomials, channels (knots + 1)]. */
  readonly filters: Tensor;
  /** c_fj, [batch, polynomials, channels (units + 1)]; the constant c_f0 comes last. */
  readonly combination: Tensor;
  /** The hidden layer; null without channels. */
  readonly units: PixelUnits | null;
}

/** Values of the polynomials of t, or of their integrals: [batch or 1, polynomials]. */
export type TimeValues = Tensor;

/** The convolved functions of cells at one time. */
export interface Channels {
  /** g_f, [batch, channels, ...shape]. */
  readonly values: Tensor;
  /** w_f at the shells, [batch channels, shells]. */
  readonly filters: Tensor;
  /** Σ_f w_f(lag 0) Σ_x g_f'(x), [batch]. */
  readonly divergence: Tensor;
}

/** The field with its parts, for a solver that treats the linear part apart. */
export interface MeshField extends FlowField {
  readonly channels: number;
  coefficients(context: Tensor, parameters: ParameterTensors): MeshFieldCoefficients;
  /** Polynomials at a time, and their integrals from a time to another. */
  timesAt(t: number, dtype: DType): TimeValues;
  timesBetween(from: number, to: number, dtype: DType): TimeValues;
  /** w_0 at the shells of the mesh, or its integral, [batch, shells]. */
  linear(coefficients: MeshFieldCoefficients, times: TimeValues): Tensor;
  /** g_f with what belongs to them. */
  cells(x: Tensor, coefficients: MeshFieldCoefficients, times: TimeValues): Channels;
  /** Σ_f (factor w_f) * g_f: `factor` [batch, shells] multiplies every filter. */
  convolve(channels: Channels, factor?: Tensor): Tensor;
}

/** Cells between which the centres m_j of the units start, evenly spread, in units of the standardised field. */
const CENTRES = 2;

/** A new field is zero: the flow starts at the identity. */
export function meshField(options: MeshFieldOptions): MeshField {
  requireOptions(options);
  const { shape, knots, channels, units, timeFunctions, contextSize, hidden, bound } = options;
  const cells = shape.reduce((product, length) => product * length, 1);
  const width = knots + 1;
  const widths = [width, channels * width, channels * (units + 1)];
  const total = widths.reduce((a, b) => a + b, 0);
  const { multiplicity } = shells(shape);
  const matrix = transferMatrix(options);
  const count = multiplicity.length;
  const typed = (values: Float64Array, shapeOf: readonly number[], dtype: DType): Tensor =>
    constant(dtype === 'float64' ? values : Float32Array.from(values), shapeOf);
  const kept = new Map<DType, { matrix: Tensor; modes: Tensor }>();
  const constants = (dtype: DType): { matrix: Tensor; modes: Tensor } => {
    let made = kept.get(dtype);
    if (!made) {
      made = {
        matrix: typed(matrix, [width, count], dtype),
        modes: typed(
          multiplicity.map((modes) => modes / cells),
          [count, 1],
          dtype,
        ),
      };
      kept.set(dtype, made);
    }
    return made;
  };
  // The g_f start as 0 and the filters do not: the field is zero, its gradient with respect to c is not. Filter f begins as the
  // f-th cosine over the knots, at all times, for channels that begin alike would stay alike.
  const bias = new Array<number>(timeFunctions * total).fill(0);
  for (let f = 0; f < channels; f++) {
    for (let i = 0; i <= knots; i++) {
      bias[(1 + f) * width + i] = Math.cos((f * Math.PI * Math.max(0, i - 1)) / (knots - 1));
    }
  }
  const network = perceptron(contextSize, hidden, timeFunctions * total, bias);
  const unitParameters =
    channels === 0
      ? {}
      : {
          slopes: { shape: [units], values: new Array<number>(units).fill(0) },
          centres: {
            shape: [units],
            values: Array.from({ length: units }, (_, j) =>
              units === 1 ? 0 : CENTRES * ((2 * j) / (units - 1) - 1),
            ),
          },
        };
  const at = (coefficients: Tensor, times: TimeValues): Tensor =>
    sum(multiply(coefficients, reshape(times, [times.shape[0]!, timeFunctions, 1])), { axes: [1] });
  const row = (values: readonly number[], dtype: DType): TimeValues =>
    constant(values, [1, timeFunctions], dtype);

  /** Within the unit ball at every shell: ∫_0^1 stays what it is, and no mode goes far back and forth. */
  const normalised = (values: Tensor, batch: number): Tensor => {
    const each = reshape(values, [batch, timeFunctions - 1, count]);
    return divide(each, sqrt(add(sum(square(each), { axes: [1], keepDims: true }), 1)));
  };

  const field: MeshField = {
    shape,
    channels,
    parameters: { ...network.parameters, ...unitParameters },
    coefficients(context, parameters) {
      const batch = context.shape[0]!;
      const all = reshape(network.apply(context, parameters), [batch, timeFunctions, total]);
      const part = (index: number): Tensor => {
        const start = widths.slice(0, index).reduce((a, b) => a + b, 0);
        return slice(all, [null, null, [start, start + widths[index]!]]);
      };
      const { matrix: splines } = constants(context.dtype);
      const knotValues = part(0);
      const growth = matmul(reshape(slice(knotValues, [null, [0, 1], null]), [batch, width]), splines);
      const pace =
        timeFunctions === 1
          ? null
          : normalised(
              matmul(reshape(slice(knotValues, [null, [1, timeFunctions]]), [-1, width]), splines),
              batch,
            );
      return {
        growth,
        pace,
        filters: part(1),
        combination: part(2),
        units: channels === 0 ? null : pixelUnits(parameters.slopes!, parameters.centres!),
      };
    },
    timesAt: (t, dtype) => row(legendreAt(t, timeFunctions), dtype),
    timesBetween: (from, to, dtype) => row(legendreIntegrals(from, to, timeFunctions), dtype),
    linear({ growth, pace }, times) {
      const first = slice(times, [null, [0, 1]]);
      if (!pace) return multiply(growth, first);
      const rest = reshape(slice(times, [null, [1, timeFunctions]]), [times.shape[0]!, timeFunctions - 1, 1]);
      const warp = sum(multiply(pace, rest), { axes: [1] });
      return multiply(growth, add(warp, first));
    },
    cells(x, { filters, combination, units: hiddenUnits }, times) {
      const batch = x.shape[0]!;
      const weights = multiply(
        tanh(reshape(at(combination, times), [batch, channels, units + 1])),
        bound / units,
      );
      const c = slice(weights, [null, null, [0, units]]);
      const c0 = slice(weights, [null, null, [units, units + 1]]);
      const { values, slopeSums } = hiddenUnits!.combine(reshape(x, [batch, 1, cells]), c);
      const knotValues = reshape(at(filters, times), [batch * channels, width]);
      const w = tanh(matmul(knotValues, constants(x.dtype).matrix));
      const atZero = reshape(matmul(w, constants(x.dtype).modes), [batch, channels]);
      return {
        values: reshape(add(values, c0), [batch, channels, ...shape]),
        filters: w,
        divergence: sum(multiply(slopeSums, atZero), { axes: [1] }),
      };
    },
    convolve({ values, filters }, factor) {
      const batch = values.shape[0]!;
      let w = filters;
      if (factor) {
        const each = broadcastTo(reshape(factor, [batch, 1, count]), [batch, channels, count]);
        w = multiply(w, reshape(each, [batch * channels, count]));
      }
      const filtered = radialFilter(reshape(values, [batch * channels, ...shape]), w);
      return channels === 1 ? filtered : sum(reshape(filtered, [batch, channels, ...shape]), { axes: [1] });
    },
    velocity: (t, x, context, parameters) => field.velocityAndDivergence!(t, x, context, parameters).velocity,
    velocityAndDivergence(t, x, context, parameters) {
      const coefficients = field.coefficients(context, parameters);
      const times = stack(legendreOf(t, timeFunctions), 1);
      const w = field.linear(coefficients, times);
      const straight = radialFilter(x, w);
      const constantPart = radialFilterLogDet(w, shape);
      if (channels === 0) return { velocity: straight, divergence: constantPart };
      const parts = field.cells(x, coefficients, times);
      return {
        velocity: add(straight, field.convolve(parts)),
        divergence: add(constantPart, parts.divergence),
      };
    },
  };
  return field;
}

function requireOptions({ knots, channels, units, timeFunctions, bound }: MeshFieldOptions): void {
  const refuse = (what: string): never => {
    throw new RangeError(`fieldFlow: ${what}`);
  };
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;
  if (!whole(knots, 2)) refuse(`${knots} knots; a spline needs at least 2`);
  if (!whole(channels, 0)) refuse(`${channels} channels; give 0 or more`);
  if (!whole(units, 1)) refuse(`${units} units; give at least 1`);
  if (!(bound > 0)) refuse(`bound ${bound}; give a positive number`);
  if (!whole(timeFunctions, 1)) refuse(`${timeFunctions} polynomials of time; give at least 1`);
}
