/**
 * How a primitive tells the WebAssembly backend what to call. A kernel is lowered once, at compile
 * time, to a list of calls of exported functions with numbers as arguments; the compiled plan is
 * pure data that can be sent to a worker.
 */
import type { TensorType, TypedArray } from './types.ts';

/** A compiled AssemblyScript module that imports `env.memory` and has no data section. */
export interface WasmBinary {
  readonly name: string;
  readonly base64: string;
}

/** A tensor in the linear memory. */
export interface WasmOperand {
  readonly type: TensorType;
  /** Number of elements. */
  readonly size: number;
  /**
   * Byte address. Outputs, scratch and tables are aligned to 64 bytes and padded to a multiple of 64
   * that a kernel may overwrite. An input may be a view, aligned to its element only; reading up to
   * 64 bytes past its end is allowed, the values there mean nothing.
   */
  readonly pointer: number;
}

/** What a kernel's `lower` works with. */
export interface WasmLowering<A> {
  readonly attributes: A;
  readonly inputs: readonly WasmOperand[];
  readonly outputs: readonly WasmOperand[];
  /** Scratch memory of this node's calls, content undefined. */
  scratch(bytes: number): number;
  /** Address of constant data; equal content is stored once in a plan. */
  table(data: TypedArray): number;
  /** Appends a call of an export of the kernel's binary. Arguments: addresses, sizes, small numbers. */
  call(exportName: string, ...args: number[]): void;
}

/** The WebAssembly side of a primitive. */
export interface WasmKernel<A> {
  readonly binary: WasmBinary;
  /** Emits the calls that fill every output from the inputs (float32 or float64 by the operands' dtype). */
  lower(lowering: WasmLowering<A>): void;
}
