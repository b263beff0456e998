/**
 * How a primitive tells the GPU backend what to compute. A GPU kernel computes one element of one array at a time and can
 * read any array anywhere, but writes nowhere else; so a primitive is described by the code of one element. The backend
 * decides what becomes a kernel of its own and what is computed where it is read.
 */
import type { TensorType } from './types.ts';

/** A flat float32 array on the device (row-major), or the recipe of its elements. */
export interface GpuArray {
  readonly size: number;
}

/**
 * Writes the code of one element. Values are float32; every method that returns a string gives the name of a
 * variable, or a literal, to be used in further expressions of `+ - * /`, comparisons, `c ? x : y`, `&&`, `||`,
 * `Math.abs/floor/max/min/sqrt/exp` and the functions that `call` knows. Whole numbers are exact below 2^24.
 */
export interface GpuCode {
  /** The element of `array` at a whole number, which must lie within it. */
  read(array: GpuArray, index: string): string;
  /** A named constant for an expression. */
  let(expression: string): string;
  /** A literal for a number, infinite ones and NaN included. */
  literal(value: number): string;
  /** A variable that `assign` may change. */
  variable(initial: string): string;
  assign(variable: string, expression: string): void;
  /** Runs one of two blocks. */
  when(condition: string, then: () => void, otherwise?: () => void): void;
  /** Runs the body for whole numbers from 0 to `count` − 1. */
  loop(count: number, body: (index: string) => void): void;
  /** Runs the body for whole numbers from `from` to `to` − 1, at most `most` times. */
  range(from: string, to: string, most: number, body: (index: string) => void): void;
  /** ⌊i/n⌋ for a whole number i ≥ 0. */
  quotient(index: string, n: number): string;
  /** i − n ⌊i/n⌋ for a whole number i ≥ 0. */
  remainder(index: string, n: number): string;
  /** A function of the backend's own, accurate to a few ulp: log, log1p, expm1, tanh, sin, cos, power, atan2. */
  call(name: string, ...args: string[]): string;
}

/** The code of element `index`: returns the variable that holds it. */
export type GpuElement = (code: GpuCode, index: string) => string;

/** What a kernel's `lower` works with. */
export interface GpuLowering<A> {
  readonly attributes: A;
  readonly inputs: readonly { readonly type: TensorType; readonly array: GpuArray }[];
  readonly outputs: readonly TensorType[];
  /** An array by the code of its elements; computed where it is read, unless the backend or `store` keeps it. */
  map(size: number, element: GpuElement): GpuArray;
  /** The same, computed once and kept: for what is read often. */
  store(array: GpuArray): GpuArray;
  /** Σ_k term(out, k) for k < count, for every out < size: a tree of partial sums. */
  sum(size: number, count: number, term: (code: GpuCode, out: string, k: string) => string): GpuArray;
  /** Constant data. */
  table(data: ArrayLike<number>): GpuArray;
  /** The indices that sort each row of [rows, length] ascending, equal values in order, NaN last. */
  argsort(array: GpuArray, rows: number, length: number): GpuArray;
}

/** The GPU side of a primitive. */
export interface GpuKernel<A> {
  /** One array for every output, of its size, row-major. */
  lower(lowering: GpuLowering<A>): readonly GpuArray[];
}
