/** A normalizing flow: p(x|θ) = p_z(f(x|θ)) |det ∂f/∂x|, with f from data to latent. */
import { add, type ParameterSpecs, type Tensor, unpackParameters } from '@equiflow/tensor';
import type { BaseDensity } from './base-density.ts';
import type { Bijection } from './bijection.ts';

/** A conditional density of fields, with its parameters in one flat vector. */
export interface Flow {
  readonly parameters: ParameterSpecs;
  readonly base: BaseDensity;
  /** ln p(x|θ) in nats, [batch]; x [batch, ...shape], θ [batch, P], `flat` [size of the parameters]. */
  logProb(x: Tensor, context: Tensor, flat: Tensor): Tensor;
  /** The latent z = f(x|θ), [batch, ...shape]. */
  latent(x: Tensor, context: Tensor, flat: Tensor): Tensor;
  /** x = f⁻¹(z|θ): a sample of p(x|θ) when z is one of the base density. */
  generate(z: Tensor, context: Tensor, flat: Tensor): Tensor;
}

/** What samples a flow is for. */
export interface FlowSpec {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** Names of θ; none for a flow without parameters. */
  readonly parameterNames: readonly string[];
}

/** A flow that says what it is for: all that a training or an evaluator asks. */
export interface SpecifiedFlow extends Flow {
  readonly spec: FlowSpec;
  /**
   * What a training maximises in place of `logProb`, [batch], where a flow computes ln p with an error that a training would
   * exploit: ln p less a bound of that error.
   */
  trainingObjective?(x: Tensor, context: Tensor, flat: Tensor): Tensor;
}

/** Joins a bijection and a base density. */
export function flow(bijection: Bijection, base: BaseDensity): Flow {
  const unpack = (flat: Tensor) => unpackParameters(bijection.parameters, flat);
  return {
    parameters: bijection.parameters,
    base,
    logProb(x, context, flat) {
      const { value, logDet } = bijection.forward(x, context, unpack(flat));
      return add(base.logProb(value), logDet);
    },
    latent: (x, context, flat) => bijection.forward(x, context, unpack(flat)).value,
    generate: (z, context, flat) => bijection.inverse(z, context, unpack(flat)).value,
  };
}
