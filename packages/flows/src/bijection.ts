/**
 * A bijection of fields x [batch, ...shape], conditional on θ [batch, parameters]. `forward` maps data
 * to latent and `inverse` samples; both return the summed log-determinant of their own Jacobian, per
 * sample (Papamakarios et al. 2021, section 2).
 */
import {
  add,
  type ParameterSpecs,
  type ParameterTensors,
  type Tensor,
  underPrefix,
  withinPrefix,
} from '@equiflow/tensor';

/** A transformed field and ln |det ∂value/∂input|, shape [batch]. */
export interface Transformed {
  readonly value: Tensor;
  readonly logDet: Tensor;
}

/** An invertible map with parameters of its own and a context θ. */
export interface Bijection {
  readonly parameters: ParameterSpecs;
  /** Data to latent. `context` is θ, [batch, P]. */
  forward(x: Tensor, context: Tensor, parameters: ParameterTensors): Transformed;
  /** Latent to data. */
  inverse(z: Tensor, context: Tensor, parameters: ParameterTensors): Transformed;
}

/** First `parts[0]`, then `parts[1]`, …; the parameters of part i are named `i.…`. */
export function compose(parts: readonly Bijection[]): Bijection {
  const through = (
    order: readonly number[],
    direction: 'forward' | 'inverse',
    start: Tensor,
    context: Tensor,
    parameters: ParameterTensors,
  ): Transformed => {
    let value = start;
    let logDet: Tensor | null = null;
    for (const index of order) {
      const step = parts[index]![direction](value, context, withinPrefix(`${index}`, parameters));
      value = step.value;
      logDet = logDet ? add(logDet, step.logDet) : step.logDet;
    }
    if (!logDet) throw new RangeError('compose: no parts given; a flow needs at least one bijection');
    return { value, logDet };
  };
  const order = parts.map((_, index) => index);
  return {
    parameters: Object.assign({}, ...parts.map((part, index) => underPrefix(`${index}`, part.parameters))),
    forward: (x, context, parameters) => through(order, 'forward', x, context, parameters),
    inverse: (z, context, parameters) => through(order.toReversed(), 'inverse', z, context, parameters),
  };
}
