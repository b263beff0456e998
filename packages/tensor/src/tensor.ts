/**
 * Tensors are nodes of a lazy graph: applying a primitive infers the types of its outputs and
 * computes nothing. A node may have several outputs (re and im of a transform; a spline and its
 * log-derivative); a Tensor is one of them.
 */
import type { Primitive } from './primitive.ts';
import {
  allocate,
  type DType,
  dtypeOf,
  requireShape,
  type Shape,
  sizeOf,
  TensorError,
  type TensorType,
  type TypedArray,
} from './types.ts';

/** One application of a primitive. */
export interface Node<A extends object = object> {
  readonly primitive: Primitive<A>;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
}

/** One output of a node: a value that will exist once somebody compiles or asks for `data()`. */
export class Tensor implements TensorType {
  readonly node: Node;
  /** Which output of the node. */
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;

  constructor(node: Node, index: number, type: TensorType) {
    this.node = node;
    this.index = index;
    this.shape = type.shape;
    this.dtype = type.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
}

/** Applies a primitive: new tensors for its outputs. Throws what the primitive's `infer` throws. */
export function apply<A extends object>(
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const types = primitive.infer(inputs, attributes);
  const outputs: Tensor[] = [];
  const node: Node<A> = { primitive, inputs, attributes, outputs };
  types.forEach((type, index) => {
    outputs.push(new Tensor(node, index, type));
  });
  return outputs;
}

/** `apply` for the usual primitive with one output. */
export function applyOne<A extends object>(
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  return apply(primitive, inputs, attributes)[0]!;
}

/** Values known when the graph is built. Compared by identity of `data`, so share it where it is shared. */
export const constantPrimitive: Primitive<{ readonly data: TypedArray; readonly shape: Shape }> = {
  name: '@equiflow/tensor#constantPrimitive',
  infer: (_, { data, shape }) => [{ shape, dtype: dtypeOf(data) }],
  reference(_, outputs, { data }) {
    outputs[0]!.set(data);
  },
  vjp: () => [],
  examples: [],
};

/** A place for a value that is given at every run. */
export const inputPrimitive: Primitive<TensorType & { readonly label: string }> = {
  name: '@equiflow/tensor#inputPrimitive',
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  reference(_, __, { label }) {
    throw new TensorError(`input ${label}: has no value of its own; compile the graph and give one to run()`);
  },
  vjp: () => [],
  examples: [],
};

/**
 * A constant tensor. A typed array keeps its dtype and is not copied (do not change it afterwards);
 * numbers become `dtype`.
 * @throws TensorError when the count of values does not match the shape.
 */
export function constant(
  values: TypedArray | readonly number[] | number,
  shape?: Shape,
  dtype: DType = 'float32',
): Tensor {
  let data: TypedArray;
  if (typeof values === 'number') {
    data = allocate(dtype, 1);
    data[0] = values;
  } else if (Array.isArray(values)) {
    data = allocate(dtype, values.length);
    data.set(values);
  } else data = values as TypedArray;
  const actual = shape ?? (typeof values === 'number' ? [] : [data.length]);
  requireShape('constant', actual);
  if (sizeOf(actual) !== data.length) {
    throw new TensorError(
      `constant: ${data.length} values do not fill the shape [${actual.join(',')}]; give ${sizeOf(actual)}`,
    );
  }
  return applyOne(constantPrimitive, [], { data, shape: actual });
}

/** A placeholder, given at every run; `compile` makes these from its specs. */
export function input(type: TensorType, label = 'input'): Tensor {
  requireShape(`input ${label}`, type.shape);
  return applyOne(inputPrimitive, [], { shape: type.shape, dtype: type.dtype, label });
}

/** A tensor where a number would also do: the number takes the dtype of its neighbour. */
export type TensorLike = Tensor | number;

/** Makes a number a scalar constant of a dtype; a tensor stays itself. */
export function asTensor(value: TensorLike, dtype: DType): Tensor {
  return typeof value === 'number' ? constant(value, [], dtype) : value;
}
