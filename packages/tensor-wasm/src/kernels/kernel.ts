/** What a kernel of the core primitives may know beyond the public contract: the strides of its operands. */
import type { Primitive, WasmBinary, WasmLowering, WasmOperand } from '@equiflow/tensor';

/** An operand that may be a strided view: element i, j, … at pointer + element size · Σ index · stride. */
export interface StridedOperand extends WasmOperand {
  readonly strides: readonly number[];
}

/** `WasmLowering` with strides. Outputs are always dense. */
export interface CoreLowering<A> extends WasmLowering<A> {
  readonly inputs: readonly StridedOperand[];
  readonly outputs: readonly StridedOperand[];
}

/** The WebAssembly side of a core primitive. */
export interface CoreKernel<A extends object = object> {
  readonly binary: WasmBinary;
  /** Emits the calls. Written with method syntax, like `Primitive`. */
  lower(lowering: CoreLowering<A>): void;
  /**
   * Whether the inputs can be read in these layouts. Where it is missing or false, those that are not
   * dense are copied first.
   */
  readsStrided?(inputs: readonly Pick<StridedOperand, 'type' | 'strides'>[], attributes: A): boolean;
  /**
   * True where each output element depends on the elements of the same place alone, so that axes along which
   * every input repeats are computed once.
   */
  readonly skipsRepeats?: true;
}

/** A primitive with its kernel; ties the types of the attributes together. */
export type KernelEntry = readonly [name: string, kernel: CoreKernel];

/** Pairs a primitive with its kernel. */
export function kernelFor<A extends object>(primitive: Primitive<A>, kernel: CoreKernel<A>): KernelEntry {
  return [primitive.name, kernel];
}

/** `F32`, `F64`: how exports name their element type. */
export function suffix(operand: WasmOperand): 'F32' | 'F64' | 'I32' {
  const { dtype } = operand.type;
  if (dtype === 'float32') return 'F32';
  return dtype === 'float64' ? 'F64' : 'I32';
}
