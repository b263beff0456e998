/** Affine maps and small perceptrons, with their first values drawn as wide as PyTorch's linear layers. */
import {
  add,
  matmul,
  type ParameterSpec,
  type ParameterSpecs,
  type ParameterTensors,
  silu,
  type Tensor,
} from '@equiflow/tensor';

/** Parameters of an affine map: normal with the variance 1/(3 inputs) of U(±1/√inputs). */
export function linearSpecs(inputs: number, outputs: number): { weight: ParameterSpec; bias: ParameterSpec } {
  const deviation = Math.sqrt(1 / (3 * inputs));
  return {
    weight: { shape: [inputs, outputs], deviation },
    bias: { shape: [outputs], deviation },
  };
}

/** x · weight + bias, along the last axis. */
export function linear(x: Tensor, parameters: ParameterTensors, name: string): Tensor {
  return add(matmul(x, parameters[`${name}.weight`]!), parameters[`${name}.bias`]!);
}

/** `linearSpecs` under a name. */
export function namedLinear(name: string, inputs: number, outputs: number): ParameterSpecs {
  const { weight, bias } = linearSpecs(inputs, outputs);
  return { [`${name}.weight`]: weight, [`${name}.bias`]: bias };
}

/** linear, SiLU, linear: parameters `name.0` and `name.1`. */
export function perceptronSpecs(
  name: string,
  inputs: number,
  hidden: number,
  outputs: number,
): ParameterSpecs {
  return {
    ...namedLinear(`${name}.0`, inputs, hidden),
    ...namedLinear(`${name}.1`, hidden, outputs),
  };
}

/** The perceptron of `perceptronSpecs`. */
export function perceptron(x: Tensor, parameters: ParameterTensors, name: string): Tensor {
  return linear(silu(linear(x, parameters, `${name}.0`)), parameters, `${name}.1`);
}
