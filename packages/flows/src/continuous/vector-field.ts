/**
 * The vector field of a continuous flow, dx/dt = v(x, t | θ) (Chen et al. 2018, arXiv:1806.07366; Grathwohl et al. 2018,
 * arXiv:1810.01367). Time runs from the data, t = 0, to the latent, t = 1, as `forward` does.
 */
import type { ParameterSpecs, ParameterTensors, Tensor } from '@equiflow/tensor';

/** v(x, t | θ) on samples [batch, ...shape], with parameters of its own. */
export interface FlowField {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly parameters: ParameterSpecs;
  /**
   * The velocity, of the shape of x.
   * @param t one time a sample, [batch].
   * @param x samples, [batch, ...shape].
   * @param context θ, [batch, P].
   */
  velocity(t: Tensor, x: Tensor, context: Tensor, parameters: ParameterTensors): Tensor;
  /** Velocity and div v = Σ_i ∂v_i/∂x_i, [batch], where the divergence has a closed form. */
  velocityAndDivergence?(
    t: Tensor,
    x: Tensor,
    context: Tensor,
    parameters: ParameterTensors,
  ): VelocityAndDivergence;
}

/** A velocity [batch, ...shape] and its divergence [batch]. */
export interface VelocityAndDivergence {
  readonly velocity: Tensor;
  readonly divergence: Tensor;
}
