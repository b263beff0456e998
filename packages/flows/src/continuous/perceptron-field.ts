/**
 * A free-form field for vectors: v(x, t | θ) is a multi-layer perceptron of [x, t, θ] with SiLU activations. Its divergence has a
 * closed form. With weights W_l, slopes D_l = diag σ'(h_l) and W_1x the rows of W_1 that x enters by,
 * div v = Tr W_1x D_1 W_2 D_2 … W_{L+1}: for two hidden layers d_1ᵀ [W_2 ∘ (W_3 W_1x)ᵀ] d_2, the work of one more layer in
 * any dimension.
 */
import {
  add,
  apply,
  broadcastTo,
  concatenate,
  matmul,
  multiply,
  type ParameterSpec,
  type ParameterTensors,
  reshape,
  siluPrimitive,
  slice,
  subtract,
  sum,
  type Tensor,
  transpose,
} from '@equiflow/tensor';
import type { FlowField, VelocityAndDivergence } from './vector-field.ts';

/** Choices of a perceptron field. */
export interface PerceptronFieldOptions {
  /** Length of a sample. */
  readonly dimension: number;
  /** Number of parameters θ. Default 0. */
  readonly contextSize?: number;
  /** Widths of the hidden layers, at least one. Default [64, 64]. */
  readonly hidden?: readonly number[];
}

interface Layers {
  readonly velocity: Tensor;
  /** σ'(h_l) of every hidden layer, [batch, width]. */
  readonly slopes: Tensor[];
}

/**
 * v(x, t | θ) by a perceptron. The last layer starts at zero: a new flow is the identity.
 * @throws RangeError for no hidden layer or sizes that are not whole and positive.
 */
export function perceptronField({
  dimension,
  contextSize = 0,
  hidden = [64, 64],
}: PerceptronFieldOptions): FlowField {
  const widths = [dimension + 1 + contextSize, ...hidden, dimension];
  if (hidden.length === 0 || widths.some((width) => !(Number.isInteger(width) && width > 0))) {
    throw new RangeError(
      `perceptronField: dimension ${dimension}, hidden [${hidden}]; give whole, positive numbers and at least one hidden layer`,
    );
  }
  const last = hidden.length;
  const parameters: Record<string, ParameterSpec> = {};
  for (let layer = 0; layer <= last; layer++) {
    const [from, to] = [widths[layer]!, widths[layer + 1]!];
    parameters[`weight${layer}`] = { shape: [from, to], deviation: layer === last ? 0 : Math.sqrt(1 / from) };
    parameters[`bias${layer}`] = { shape: [to], deviation: layer === 0 ? 0.5 : 0 };
  }
  const layers = (
    t: Tensor,
    x: Tensor,
    context: Tensor,
    tensors: ParameterTensors,
    withSlopes: boolean,
  ): Layers => {
    const batch = x.shape[0]!;
    const columns = [x, reshape(t, [batch, 1]), ...(contextSize > 0 ? [context] : [])];
    let h = concatenate(columns, 1);
    const slopes: Tensor[] = [];
    for (let layer = 0; layer <= last; layer++) {
      h = add(matmul(h, tensors[`weight${layer}`]!), tensors[`bias${layer}`]!);
      if (layer === last) break;
      const [y, s] = apply(siluPrimitive, [h], {});
      if (withSlopes) slopes.push(add(s!, multiply(y!, subtract(1, s!))));
      h = y!;
    }
    return { velocity: h, slopes };
  };
  return {
    shape: [dimension],
    parameters,
    velocity: (t, x, context, tensors) => layers(t, x, context, tensors, false).velocity,
    velocityAndDivergence(t, x, context, tensors): VelocityAndDivergence {
      const { velocity, slopes } = layers(t, x, context, tensors, true);
      return { velocity, divergence: traceOfLayers(slopes, tensors, dimension) };
    },
  };
}

/** Tr W_1x D_1 W_2 D_2 … W_{L+1}, [batch]. */
function traceOfLayers(slopes: readonly Tensor[], tensors: ParameterTensors, dimension: number): Tensor {
  const last = slopes.length;
  const first = slice(tensors.weight0!, [[0, dimension]]);
  const end = tensors[`weight${last}`]!;
  const top = slopes[last - 1]!;
  // [h_1, h_L]: the last matrix times the first.
  const around = transpose(matmul(end, first));
  if (last === 1) {
    const weights = sum(multiply(first, transpose(end)), { axes: [0] });
    return sum(multiply(top, weights), { axes: [1] });
  }
  if (last === 2) {
    const bilinear = multiply(tensors.weight1!, around);
    return sum(multiply(matmul(slopes[0]!, bilinear), top), { axes: [1] });
  }
  // Deeper: the rows of the Jacobian go forward through the layers, [batch · dimension, width].
  const batch = top.shape[0]!;
  const repeated = (slope: Tensor): Tensor =>
    broadcastTo(reshape(slope, [batch, 1, slope.shape[1]!]), [batch, dimension, slope.shape[1]!]);
  let rows = multiply(first, repeated(slopes[0]!));
  for (let layer = 1; layer < last; layer++) {
    const weight = tensors[`weight${layer}`]!;
    const width = weight.shape[1]!;
    const flat = reshape(rows, [batch * dimension, weight.shape[0]!]);
    rows = multiply(reshape(matmul(flat, weight), [batch, dimension, width]), repeated(slopes[layer]!));
  }
  return sum(multiply(rows, transpose(end)), { axes: [1, 2] });
}
