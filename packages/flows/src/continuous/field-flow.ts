/**
 * The field-level continuous flow: white noise and a field on a mesh joined by the equation dx/dt = v(x, t | θ) of `meshField`, between
 * TRENF, whose layers it has infinitely many of, and the continuous flows of Gerdes et al. 2022 (arXiv:2207.00283). A model is described
 * by plain data, the `FieldFlowSpec`, which a checkpoint stores; the parameters are one flat vector; density, latent and samples are
 * graphs of a fixed number of steps, so that everything made for a TRENF works with it.
 */
import { add, multiply, subtract, type Tensor, unpackParameters } from '@equiflow/tensor';
import { standardNormal } from '../base-density.ts';
import { type Bijection, compose } from '../bijection.ts';
import { toUnitBox } from '../conditioner.ts';
import { logDensity } from '../layers/log-density.ts';
import { standardise } from '../layers/standardise.ts';
import { type MapFlow, type MapFlowSpec, requireMapFlowSpec } from '../map-flow.ts';
import { type MeshField, meshField } from './field-flow-field.ts';
import { type SteppedPath, stepThrough } from './field-flow-steps.ts';

/** Every choice of a field-level continuous flow, as plain data. */
export interface FieldFlowSpec extends MapFlowSpec {
  readonly model: 'field-flow';
  /** Knots of the radial filters, with the value at k = 0 beside them. */
  readonly transferKnots: number;
  readonly transferSpacing: 'log' | 'linear';
  /** Convolved functions g_f beside x; 0: a linear flow, which is Gaussian. */
  readonly channels: number;
  /** Units u_j of which every g_f is a combination. */
  readonly units: number;
  /** Legendre polynomials of t in every coefficient. */
  readonly timeFunctions: number;
  /** Bound of Σ_j |c_fj|: what a g_f may stretch a cell in unit time. */
  readonly bound: number;
  /** Hidden widths of the network from θ to the coefficients. */
  readonly hidden: readonly number[];
  /** Equal steps of the classical Runge-Kutta method from data to latent. */
  readonly steps: number;
}

/** A field-level continuous flow: a flow whose vector field can be looked at, and solved in other ways. */
export interface FieldFlow extends MapFlow {
  readonly spec: FieldFlowSpec;
  /**
   * v, of the field that `before` gives and of θ in [−1, 1], with the parameters of the flow: to be solved by `openContinuousFlow`, to
   * any accuracy.
   */
  readonly field: MeshField;
  /** What is done before the equation begins: ln(1 + δ), if asked for, and the standardisation; without parameters. */
  readonly before: Bijection;
}

/** Defaults of a spec. */
export const fieldFlowDefaults: Pick<
  FieldFlowSpec,
  | 'model'
  | 'transferKnots'
  | 'transferSpacing'
  | 'channels'
  | 'units'
  | 'timeFunctions'
  | 'bound'
  | 'hidden'
  | 'steps'
  | 'logDensity'
  | 'mean'
  | 'deviation'
> = {
  model: 'field-flow',
  transferKnots: 8,
  transferSpacing: 'log',
  channels: 1,
  units: 8,
  timeFunctions: 4,
  bound: 4,
  hidden: [64, 64],
  steps: 4,
  logDensity: false,
  mean: 0,
  deviation: 1,
};

/**
 * Weight of what the steps miss in a training. Measured on lognormal maps of 16², 4 steps: with 1 the steps claimed 0.8 nats a map too much, and
 * the flow was 0.2 nats worse than with 10, where they are right to 0.003.
 */
const ROUGHNESS_WEIGHT = 10;

/** Builds the flow that a spec describes. @throws RangeError naming the choice that does not work. */
export function fieldFlow(spec: FieldFlowSpec): FieldFlow {
  requireMapFlowSpec('fieldFlow', spec);
  const { shape, boxSize, channels, units, timeFunctions, hidden, bound, steps } = spec;
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new RangeError(`fieldFlow: ${steps} steps; give at least 1`);
  }
  const field = meshField({
    ...{ shape, boxSize, channels, units, timeFunctions, hidden, bound },
    knots: spec.transferKnots,
    spacing: spec.transferSpacing,
    contextSize: spec.parameterNames.length,
  });
  const before = compose([
    ...(spec.logDensity ? [logDensity()] : []),
    standardise(spec.mean, spec.deviation),
  ]);
  const path = (start: Tensor, theta: Tensor, flat: Tensor, span: readonly [number, number]): SteppedPath =>
    stepThrough(field, start, theta, unpackParameters(field.parameters, flat), span, steps);
  const base = standardNormal(shape);
  const density = (x: Tensor, context: Tensor, flat: Tensor) => {
    const theta = toUnitBox(context, spec.prior);
    const entered = before.forward(x, theta, {});
    const { value, logDet, roughness } = path(entered.value, theta, flat, [0, 1]);
    return { latent: value, logProb: add(base.logProb(value), add(entered.logDet, logDet)), roughness };
  };
  return {
    spec,
    field,
    before,
    parameters: field.parameters,
    base,
    logProb: (x, context, flat) => density(x, context, flat).logProb,
    latent: (x, context, flat) => density(x, context, flat).latent,
    generate(z, context, flat) {
      const theta = toUnitBox(context, spec.prior);
      return before.inverse(path(z, theta, flat, [1, 0]).value, theta, {}).value;
    },
    trainingObjective(x, context, flat) {
      const { logProb, roughness } = density(x, context, flat);
      return roughness ? subtract(logProb, multiply(roughness, ROUGHNESS_WEIGHT)) : logProb;
    },
  };
}
