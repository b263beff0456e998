/** The vocabulary of tensors: element types, shapes, typed arrays, errors. */

/** Element type. `int32` is for indices only: no arithmetic, no gradient. */
export type DType = 'float32' | 'float64' | 'int32';

/** The typed array that holds the values of a dtype, row-major. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A mistake in building or running a graph: one line with the operation, the shapes, and what to do. */
export class TensorError extends Error {
  override readonly name = 'TensorError';
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return dtype === 'float64' ? 8 : 4;
}

/** A new zeroed array of a dtype. */
export function allocate(dtype: DType, size: number): TypedArray {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'float64' ? new Float64Array(size) : new Int32Array(size);
}

/** The dtype of a typed array. @throws TensorError for an array of another kind. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  const kind = (data as object | undefined)?.constructor.name;
  throw new TensorError(`a ${kind} holds no tensor; use a Float32Array, Float64Array or Int32Array`);
}

/** Refuses a shape with lengths that are not whole numbers from 0 on. */
export function requireShape(operation: string, shape: Shape): void {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new TensorError(`${operation}: [${shape}] is no shape; lengths are whole numbers, 0 or more`);
  }
}

/** `float32[2,3]`, as messages print a type. */
export function describe(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(',')}]`;
}

/** Same lengths on every axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
