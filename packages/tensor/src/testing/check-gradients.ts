/**
 * Gradients of a primitive against finite differences, first and second order, on its own examples in
 * float64. Central differences at two steps, extrapolated (Richardson): error O(h⁴).
 */
import { gradients, vjp } from '../autodiff.ts';
import { compile } from '../compile.ts';
import type { Example, Primitive } from '../primitive.ts';
import { add, multiply } from '../primitives/arithmetic.ts';
import { sum } from '../primitives/sum.ts';
import { randomUniform } from '../random/draw.ts';
import { foldIn, key } from '../random/philox.ts';
import { apply, constant, type Tensor } from '../tensor.ts';
import type { TensorType, TypedArray } from '../types.ts';
import { type Failure, materialise } from './materialise.ts';

/** What `checkGradients` may be told. */
export interface GradientCheckOptions {
  /** Largest error relative to the largest entry of the gradient in that input. Default 1e-6. */
  readonly tolerance?: number;
  /** Step of the differences; an example must be this far from kinks. Default 5e-4. */
  readonly step?: number;
  /** Seed of the inputs and of the random cotangents. Default 1. */
  readonly seed?: number;
}

/**
 * Everything that is wrong with the derivatives of a primitive; nothing when all is well. With random
 * cotangents c and v: ∇⟨c, y(x)⟩ in every float input; ∇⟨v, Jᵀc⟩ in every float input and in c; the values
 * of `decompose`, where there is one, against the reference. A primitive that has float inputs and states
 * no `vjp`, no `decompose` and not `differentiable: false` fails, and so does one without examples.
 */
export function checkGradients(primitive: Primitive, options: GradientCheckOptions = {}): Failure[] {
  if (primitive.examples.length === 0) {
    return [{ primitive: primitive.name, example: -1, message: 'states no examples' }];
  }
  return primitive.examples.flatMap((example, index) => {
    if (example.dtype === 'float32') return [];
    return checkExample(primitive, example, options).map((message) => ({
      primitive: primitive.name,
      example: index,
      message,
    }));
  });
}

function checkExample(
  primitive: Primitive,
  example: Example<object>,
  { tolerance = 1e-6, step = 5e-4, seed = 1 }: GradientCheckOptions,
): string[] {
  const { types, data } = materialise(example, 'float64', seed);
  const isFloat = (type: TensorType): boolean => type.dtype === 'float64';
  const floats = types.flatMap((type, index) => (isFloat(type) ? [index] : []));
  if (primitive.differentiable === false || floats.length === 0) return [];
  if (!primitive.vjp && !primitive.decompose) {
    return ['has float inputs but states no vjp, no decompose, and not differentiable: false'];
  }
  const outputTypes = primitive.infer(types, example.attributes);
  const random = (type: TensorType, stream: number): TypedArray =>
    randomUniform(foldIn(key(seed), stream), type.shape, 'float64').map((u) => 2 * u - 1);
  const floatOutputs = outputTypes.flatMap((type, index) => (isFloat(type) ? [index] : []));
  const cotangentData = floatOutputs.map((output) => random(outputTypes[output]!, 1000 + output));
  const probes = floats.map((input) => constant(random(types[input]!, 2000 + input), types[input]!.shape));
  const pullBack = (inputs: readonly Tensor[], cotangents: readonly Tensor[]): (Tensor | null)[] => {
    const outputs = apply(primitive, inputs, example.attributes);
    const all = outputs.map((_, index) => cotangents[floatOutputs.indexOf(index)] ?? null);
    return vjp(
      outputs,
      all,
      floats.map((input) => inputs[input]!),
    );
  };
  const first = (inputs: readonly Tensor[]): Tensor | null => {
    const outputs = apply(primitive, inputs, example.attributes);
    return contract(
      floatOutputs.map((index, i) => constant(cotangentData[i]!, outputs[index]!.shape)),
      floatOutputs.map((index) => outputs[index]!),
    );
  };
  const second = (inputs: readonly Tensor[]): Tensor | null =>
    contract(probes, pullBack(inputs.slice(0, types.length), inputs.slice(types.length)));
  const cotangentTypes = floatOutputs.map((index) => outputTypes[index]!);
  return [
    ...compareWithDifferences('gradient', first, types, data, tolerance, step),
    ...compareWithDifferences(
      'second derivative',
      second,
      [...types, ...cotangentTypes],
      [...data, ...cotangentData],
      tolerance,
      step,
    ),
    ...checkDecomposition(primitive, example, types, data),
  ];
}

/** Σ ⟨aᵢ, bᵢ⟩ over the pairs whose b is not null. */
function contract(a: readonly Tensor[], b: readonly (Tensor | null)[]): Tensor | null {
  let total: Tensor | null = null;
  b.forEach((tensor, index) => {
    if (!tensor) return;
    const term = sum(multiply(a[index]!, tensor));
    total = total ? add(total, term) : term;
  });
  return total;
}

/** Gradients of a scalar function in each of its float inputs, against differences. */
function compareWithDifferences(
  what: string,
  scalar: (inputs: readonly Tensor[]) => Tensor | null,
  types: readonly TensorType[],
  data: readonly TypedArray[],
  tolerance: number,
  step: number,
): string[] {
  const wrt = types.flatMap((type, index) => (type.dtype === 'float64' ? [index] : []));
  let vanishes = false;
  const trace = (withGradients: boolean) =>
    compile((...inputs) => {
      const value = scalar(inputs);
      vanishes = value === null;
      if (!value) return [];
      const tensors = wrt.map((index) => inputs[index]!);
      return withGradients ? [value, ...gradients(value, tensors)] : [value];
    }, types);
  const [value, ...analytic] = trace(true).run(data);
  if (vanishes) return [];
  const results = analytic.map((gradient) => gradient.slice());
  const executable = trace(false);
  const moved = data.map((array) => array.slice());
  const at = (array: TypedArray, index: number, x: number): number => {
    array[index] = x;
    return executable.run(moved)[0]![0]!;
  };
  const largest = Math.max(...results.map(largestMagnitude));
  return wrt.flatMap((input, which) => {
    const gradient = results[which]!;
    const array = moved[input]!;
    const numeric = new Float64Array(gradient.length);
    for (let i = 0; i < numeric.length; i++) {
      const x = array[i]!;
      const central = (h: number): number => {
        const [above, below] = [x + h, x - h];
        const rise = at(array, i, above) - at(array, i, below);
        return rise / (above - below);
      };
      numeric[i] = (4 * central(step / 2) - central(step)) / 3;
      array[i] = x;
    }
    const scale = Math.max(largestMagnitude(gradient), 1e-2 * largest, 1e-4 * Math.abs(value![0]!));
    const worst = worstIndex(gradient, numeric);
    const error = Math.abs(gradient[worst]! - numeric[worst]!) / scale;
    if (gradient.length === 0 || error <= tolerance || scale === 0) return [];
    return [
      `${what} in argument ${input} at ${worst}: ${gradient[worst]} but differences give ${numeric[worst]} (relative ${error.toExponential(1)} > ${tolerance})`,
    ];
  });
}

function largestMagnitude(values: TypedArray): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** Where two arrays differ most; a NaN counts as the largest difference. */
function worstIndex(a: TypedArray, b: TypedArray): number {
  let worst = 0;
  let most = -1;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(difference)) return i;
    if (difference > most) {
      most = difference;
      worst = i;
    }
  }
  return worst;
}

function checkDecomposition(
  primitive: Primitive,
  example: Example<object>,
  types: readonly TensorType[],
  data: readonly TypedArray[],
): string[] {
  if (!primitive.decompose) return [];
  const executable = compile(
    (...inputs) => [
      ...apply(primitive, inputs, example.attributes),
      ...primitive.decompose!(inputs, example.attributes),
    ],
    types,
  );
  const results = executable.run(data);
  const count = results.length / 2;
  return results.slice(0, count).flatMap((expected, index) => {
    const actual = results[count + index]!;
    const scale = Math.max(largestMagnitude(expected), Number.MIN_VALUE);
    const worst = worstIndex(expected, actual);
    const error = expected.length === 0 ? 0 : Math.abs(expected[worst]! - actual[worst]!) / scale;
    return error <= 1e-10
      ? []
      : [`output ${index} at ${worst}: ${expected[worst]} but its decomposition gives ${actual[worst]}`];
  });
}
