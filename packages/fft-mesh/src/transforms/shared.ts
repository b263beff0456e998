/** What the transform primitives share: their options, type rules and constants. */
import {
  constant,
  type DType,
  describe,
  multiply,
  type Shape,
  type Tensor,
  TensorError,
  type TensorType,
} from '@equiflow/tensor';
import { columnWeight, halfLength } from '../shells.ts';

/** Real and imaginary part of a complex tensor. */
export interface ComplexTensor {
  readonly re: Tensor;
  readonly im: Tensor;
}

/** How many of the last axes are transformed. */
export interface TransformAttributes {
  readonly axes: number;
}

/** Options of the transforms. */
export interface TransformOptions {
  /** How many axes to transform, counted from the last: 1, 2 or 3. All before are batch. Default 1. */
  readonly axes?: 1 | 2 | 3;
}

/** @throws TensorError when the type has too few axes, no elements or is no float. */
export function requireTransformable(operation: string, type: TensorType, axes: number): void {
  if (type.dtype === 'int32') throw new TensorError(`${operation}: ${describe(type)}; give a float tensor`);
  if (![1, 2, 3].includes(axes) || type.shape.length < axes) {
    throw new TensorError(`${operation}: ${axes} axes of ${describe(type)}; give 1 to 3, at most its rank`);
  }
  if (type.shape.includes(0)) throw new TensorError(`${operation}: ${describe(type)} has no elements`);
}

/** Checks a pair (re, im) of one type. */
export function requirePair(operation: string, inputs: readonly TensorType[], axes: number): TensorType {
  const [re, im] = inputs as [TensorType, TensorType];
  if (re.dtype !== im.dtype || re.shape.join() !== im.shape.join()) {
    throw new TensorError(`${operation}: re ${describe(re)} and im ${describe(im)} differ; give one type`);
  }
  requireTransformable(operation, re, axes);
  return re;
}

/** The shape of the half-complex spectrum of real data. */
export function halfShape(shape: Shape): number[] {
  return [...shape.slice(0, -1), halfLength(shape[shape.length - 1]!)];
}

/** A row of factors, one a half-complex column of a real axis of n: `f(weight)`. */
function columnFactors(n: number, dtype: DType, f: (weight: number) => number): Tensor {
  const values = Float64Array.from({ length: halfLength(n) }, (_, column) => f(columnWeight(column, n)));
  return constant(dtype === 'float64' ? values : Float32Array.from(values), [values.length]);
}

/** Multiplies every half-complex column by factor/weight: the transpose of leaving out the mirrored columns. */
export function overWeights(x: Tensor, n: number, factor: number): Tensor {
  return multiply(
    x,
    columnFactors(n, x.dtype, (weight) => factor / weight),
  );
}

/** Multiplies every half-complex column by factor · weight. */
export function timesWeights(x: Tensor, n: number, factor: number): Tensor {
  return multiply(
    x,
    columnFactors(n, x.dtype, (weight) => factor * weight),
  );
}

/** Product of the last `axes` lengths. */
export function cellsOf(shape: Shape, axes: number): number {
  return shape.slice(shape.length - axes).reduce((product, n) => product * n, 1);
}
