/**
 * The flows whose densities are known: T̂ = 1/(a √P_k) and ψ(x) = a x give the Gaussian field of spectrum P; ψ = ln before
 * them the lognormal one. They are made of the bijections of a TRENF, their numbers set and not learned.
 */
import { radialFilter, radialFilterLogDet, shells } from '@equiflow/fft-mesh';
import {
  type Bijection,
  compose,
  type FieldFlow,
  type Flow,
  fieldFlow,
  fieldFlowDefaults,
  flow,
  layoutOf,
  logarithm,
  standardise,
  standardNormal,
  trenf,
  trenfDefaults,
} from '@equiflow/flows';
import { rationalQuadratic, rationalQuadraticInverse } from '@equiflow/splines';
import { broadcastTo, constant, type DType, exp, negate, reshape, type Tensor } from '@equiflow/tensor';
import { CELL, type MeshSpectrum } from './spectra.ts';

/** A flow with every number of it fixed. */
export interface FixedFlow {
  readonly flow: Flow;
  /** θ that the numbers are for. */
  readonly context: readonly number[];
  /** All parameters. */
  readonly flat: Float64Array;
}

const typed = (values: ArrayLike<number>, dtype: DType): Float32Array | Float64Array =>
  dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);

/** F⁻¹ T̂ F with ln T̂ given at every shell: what a TRENF layer does once its spline is evaluated. */
export function tabulatedTransfer(shape: readonly number[], logTransfer: Float64Array): Bijection {
  const through = (x: Tensor, sign: 1 | -1) => {
    const row = constant(typed(logTransfer, x.dtype), [1, logTransfer.length]);
    const all = broadcastTo(row, [x.shape[0]!, logTransfer.length]);
    const logT = sign > 0 ? all : negate(all);
    return { value: radialFilter(x, exp(logT)), logDet: radialFilterLogDet(logT, shape) };
  };
  return { parameters: {}, forward: (x) => through(x, 1), inverse: (z) => through(z, -1) };
}

/** ψ(x) = a x as a rational-quadratic spline with `knots` knots on [−3, 3.5], slopes and linear tails a. */
export function linearSpline(a: number, knots = 8): Bijection {
  // Unequal bins: the spline is a line because of its values and slopes, not because its bins are alike.
  const x = Float64Array.from({ length: knots }, (_, i) => -3 + 6.5 * (i / (knots - 1)) ** 1.3);
  const parameters = (like: Tensor) => ({
    x: constant(typed(x, like.dtype)),
    y: constant(
      typed(
        x.map((value) => a * value),
        like.dtype,
      ),
    ),
    slopes: constant(typed(new Float64Array(knots).fill(a), like.dtype)),
  });
  const through = (transform: typeof rationalQuadratic, value: Tensor) => {
    const result = transform(reshape(value, [value.shape[0]!, -1]), parameters(value));
    return { value: reshape(result.value, value.shape), logDet: result.logDet };
  };
  return {
    parameters: {},
    forward: (value) => through(rationalQuadratic, value),
    inverse: (value) => through(rationalQuadraticInverse, value),
  };
}

const shapeOf = (side: number, dimensions: number): number[] => new Array<number>(dimensions).fill(side);

function whitening(spectrum: MeshSpectrum, side: number, dimensions: number, a: number): Bijection[] {
  const shape = shapeOf(side, dimensions);
  const variances = spectrum.variances(shells(shape).squares, side, dimensions);
  return [
    tabulatedTransfer(
      shape,
      variances.map((variance) => -Math.log(a * Math.sqrt(variance))),
    ),
    linearSpline(a),
  ];
}

const fixed = (parts: readonly Bijection[], shape: readonly number[]): FixedFlow => ({
  flow: flow(compose(parts), standardNormal(shape)),
  context: [0],
  flat: new Float64Array(0),
});

/** The Gaussian limit with any spectrum. */
export function gaussianFlow(spectrum: MeshSpectrum, side: number, dimensions: number, a: number): FixedFlow {
  return fixed(whitening(spectrum, side, dimensions, a), shapeOf(side, dimensions));
}

/** The lognormal limit: a first layer with T̂ = 1 and ψ = ln, the mean taken out, then the whitening. */
export function lognormalFlow(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  a: number,
  mean: number,
): FixedFlow {
  const shape = shapeOf(side, dimensions);
  const unit = tabulatedTransfer(shape, new Float64Array(shells(shape).squares.length));
  return fixed([unit, logarithm(), standardise(mean, 1), ...whitening(spectrum, side, dimensions, a)], shape);
}

/** What a whole TRENF standardises with in {@link gaussianTrenf}: numbers other than 0 and 1, so that they are seen. */
export const TRENF_STANDARDISE: { readonly mean: number; readonly deviation: number } = {
  mean: 0.25,
  deviation: 1.5,
};

/**
 * The Gaussian limit as a whole TRENF of one layer, as `trenf` builds it: networks, the cubic spline of ln T̂ and the
 * constrained knots of ψ, the answer put into the biases of the networks' last layers. The spectrum must be a power law.
 */
export function gaussianTrenf(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  a: number,
): FixedFlow {
  const knots = trenfDefaults.transferKnots;
  const shape = shapeOf(side, dimensions);
  const model = trenf({
    ...trenfDefaults,
    ...TRENF_STANDARDISE,
    shape,
    boxSize: CELL * side,
    layers: 1,
    hidden: [8],
    parameterNames: ['theta'],
    prior: { low: [-1], high: [1] },
  });
  const { slots, size } = layoutOf(model.parameters);
  const flat = new Float64Array(size);
  const set = (suffix: string, values: readonly number[]): void => {
    const slot = slots.find(({ name }) => name.endsWith(suffix));
    if (slot?.size !== values.length) {
      throw new RangeError(
        `gaussianTrenf: ${values.length} values for the parameter ${suffix} of ${slot?.size}`,
      );
    }
    flat.set(values, slot.offset);
  };
  set('0.bias1', powerLawKnots(spectrum, side, dimensions, knots, a));
  // ψ: the free numbers of the constrained spline are zero (the identity) but for the ln height of its interval.
  const free = new Array<number>(3 * trenfDefaults.splineKnots + 2).fill(0);
  free[free.length - 1] = Math.log(a);
  set('1.bias1', free);
  return { flow: model, context: [0.4], flat };
}

/** ln 1/(a √P) at k = 0 and at the knots, which are uniform in ln k, where it is a line if P is a power law. */
function powerLawKnots(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
  knots: number,
  a: number,
): number[] {
  const corner = shells(shapeOf(side, dimensions)).squares.at(-1)!;
  const ends = spectrum.variances([1, corner], side, dimensions);
  const [first, last] = Array.from(ends, (variance) => -Math.log(a * Math.sqrt(variance)));
  const alongKnots = Array.from({ length: knots }, (_, i) => first! + (last! - first!) * (i / (knots - 1)));
  return [first!, ...alongKnots];
}

/**
 * The Gaussian limit of the field-level continuous flow: dx/dt = w_0(|k|) * x with w_0 = −½ ln P_k at all times, put into the biases of
 * its network. The spectrum must be a power law.
 */
export function gaussianFieldFlow(
  spectrum: MeshSpectrum,
  side: number,
  dimensions: number,
): FixedFlow & { readonly flow: FieldFlow } {
  const model = fieldFlow({
    ...fieldFlowDefaults,
    ...TRENF_STANDARDISE,
    shape: shapeOf(side, dimensions),
    boxSize: CELL * side,
    channels: 0,
    hidden: [8],
    parameterNames: ['theta'],
    prior: { low: [-1], high: [1] },
  });
  const { slots, size } = layoutOf(model.parameters);
  const flat = new Float64Array(size);
  const { offset } = slots.find(({ name }) => name === 'bias1')!;
  flat.set(powerLawKnots(spectrum, side, dimensions, model.spec.transferKnots, 1), offset);
  return { flow: model, context: [0.4], flat };
}
