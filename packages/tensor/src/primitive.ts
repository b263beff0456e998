/**
 * A primitive is one operation with everything about it in one place: its type rule, its
 * vector-Jacobian product, the reference kernel that every other kernel is tested against, and
 * optionally a WebAssembly kernel. To add an operation one adds one file beside its siblings; the
 * gradient test and the conformance suite of the backends pick it up through `examples`.
 */
import type { GpuKernel } from './gpu-kernel.ts';
import type { Node, Tensor } from './tensor.ts';
import type { DType, Shape, TensorType, TypedArray } from './types.ts';
import type { WasmKernel } from './wasm-kernel.ts';

/** Input of an example: explicit values, uniform draws in `range` (default [-2, 2]), or integers in [0, below). */
export interface ExampleInput {
  readonly shape: Shape;
  readonly values?: readonly number[];
  readonly range?: readonly [number, number];
  /** Makes an int32 input. */
  readonly below?: number;
}

/** One case on which gradients and backends are tested. */
export interface Example<A> {
  readonly attributes: A;
  readonly inputs: readonly ExampleInput[];
  /** Float type of the inputs, where only one will do. Default: both are tried. */
  readonly dtype?: DType;
}

/** One operation. Written with method syntax so that a `Primitive<A>` is a `Primitive<object>`. */
export interface Primitive<A extends object = object> {
  /** Unique, `@equiflow/package#export`. */
  readonly name: string;
  /**
   * Types of the outputs. Throws a `TensorError` that names the operation and the shapes when the
   * inputs do not fit.
   */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Fills `outputs` (already allocated, content undefined) from `inputs`, in any dtype: the truth. */
  reference(
    inputs: readonly TypedArray[],
    outputs: readonly TypedArray[],
    attributes: A,
    types: { readonly inputs: readonly TensorType[]; readonly outputs: readonly TensorType[] },
  ): void;
  /**
   * Vector-Jacobian product, in terms of other primitives: cotangents of the outputs (null: zero) to
   * cotangents of the inputs (null: zero, or not differentiable). At least one cotangent is not null.
   */
  vjp?(node: Node<A>, cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[];
  /**
   * The same function out of plainer primitives. Where a primitive has no `vjp` this is what is
   * differentiated, so a fused VJP kernel gets higher orders for free.
   */
  decompose?(inputs: readonly Tensor[], attributes: A): readonly Tensor[];
  /** True where no input has a gradient (comparisons, argsort); then neither vjp nor decompose is needed. */
  readonly differentiable?: false;
  /** One output; element i of it depends on element i of each input alone. Lets a backend fuse and work in place. */
  readonly elementwise?: true;
  /** WebAssembly kernel. Those of the core primitives live in `@equiflow/tensor-wasm`. */
  readonly wasm?: WasmKernel<A>;
  /** GPU kernel. Those of the core primitives live in `@equiflow/tensor-gpu`. */
  readonly gpu?: GpuKernel<A>;
  /** Cases for the parametrised tests; each must stay clear of kinks by more than 1e-3. */
  readonly examples: readonly Example<A>[];
}
