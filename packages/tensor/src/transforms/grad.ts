/** Differentiation of functions: from a function of tensors to the function of its gradients, ready to compile. */
import { gradients } from '../autodiff.ts';
import { reshapePrimitive } from '../primitives/reshape.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { TensorError } from '../types.ts';

/** A function of tensors with one tensor as its value. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** A node of its own for a tensor: an argument is then differentiated apart from what it was made of. */
export function separate(x: Tensor): Tensor {
  return applyOne(reshapePrimitive, [x], { shape: x.shape });
}

/**
 * The function that gives [value, gradient in each argument of `wrt` …] of a scalar function.
 * Partial derivatives: the arguments count as independent even where one is computed from another.
 * @example
 * const step = compile(valueAndGrad(loss, [0]), [{ shape: [n], dtype: 'float64' }, batchType]);
 */
export function valueAndGrad(
  fn: TensorFunction,
  wrt: readonly number[] = [0],
): (...inputs: Tensor[]) => Tensor[] {
  return (...inputs) => {
    for (const argument of wrt) {
      if (!(argument in inputs)) {
        throw new TensorError(`valueAndGrad: argument ${argument} of a function of ${inputs.length}`);
      }
    }
    const separated = inputs.map((x, index) => (wrt.includes(index) ? separate(x) : x));
    const value = fn(...separated);
    return [
      value,
      ...gradients(
        value,
        wrt.map((argument) => separated[argument]!),
      ),
    ];
  };
}

/** The gradient of a scalar function in one argument, as a function; `grad(grad(f))` is the second derivative. */
export function grad(fn: TensorFunction, argument = 0): TensorFunction {
  const both = valueAndGrad(fn, [argument]);
  return (...inputs) => both(...inputs)[1]!;
}
