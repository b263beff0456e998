/**
 * The small network that makes the parameters of a layer functions of θ: a multi-layer perceptron on
 * the prior box mapped to [−1, 1], with SiLU activations. Its last layer starts at zero weights, so that
 * a new flow does not depend on θ and starts exactly at the bias.
 */
import {
  add,
  constant,
  matmul,
  multiply,
  type ParameterSpec,
  type ParameterSpecs,
  type ParameterTensors,
  silu,
  type Tensor,
} from '@equiflow/tensor';
import type { Box } from './posterior/adaptive-grid.ts';

/** θ [batch, P] in a box to [−1, 1]. */
export function toUnitBox(context: Tensor, { low, high }: Box): Tensor {
  const scale = low.map((l, axis) => 2 / (high[axis]! - l));
  const shift = low.map((l, axis) => -(high[axis]! + l) / (high[axis]! - l));
  return add(multiply(context, row(scale, context)), row(shift, context));
}

const row = (values: readonly number[], like: Tensor): Tensor =>
  constant(values, [values.length], like.dtype);

/** θ → [batch, outputs]. */
export interface Conditioner {
  readonly parameters: ParameterSpecs;
  apply(context: Tensor, parameters: ParameterTensors): Tensor;
}

/**
 * A perceptron with the given hidden widths.
 * @param bias first values of the outputs; zero when left out.
 */
export function perceptron(
  inputs: number,
  hidden: readonly number[],
  outputs: number,
  bias?: readonly number[],
): Conditioner {
  const widths = [inputs, ...hidden, outputs];
  const last = widths.length - 2;
  const parameters: Record<string, ParameterSpec> = {};
  for (let layer = 0; layer <= last; layer++) {
    const [from, to] = [widths[layer]!, widths[layer + 1]!];
    parameters[`weight${layer}`] = { shape: [from, to], deviation: layer === last ? 0 : Math.sqrt(1 / from) };
    parameters[`bias${layer}`] = {
      shape: [to],
      ...(layer === last ? (bias ? { values: bias } : {}) : { deviation: layer === 0 ? 0.5 : 0 }),
    };
  }
  return {
    parameters,
    apply(context, tensors) {
      let h = context;
      for (let layer = 0; layer <= last; layer++) {
        h = add(matmul(h, tensors[`weight${layer}`]!), tensors[`bias${layer}`]!);
        if (layer < last) h = silu(h);
      }
      return h;
    },
  };
}
