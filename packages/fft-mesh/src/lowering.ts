/** What the WebAssembly kernels of the transforms are called with: plans, scratch memory, the suffix of a dtype. */
import type { DType, Shape, WasmLowering } from '@equiflow/tensor';
import { sizeOf } from '@equiflow/tensor';
import { planTransform } from './plan.ts';

/** Suffix of the exports for a dtype. */
export function suffix(dtype: DType): 'F32' | 'F64' {
  return dtype === 'float64' ? 'F64' : 'F32';
}

/** Bytes that `assembly/columns.ts` needs for its two buffers, on the longest axis. */
function bufferBytes(lengths: readonly number[]): number {
  const pair = 32;
  return Math.max(...lengths.map((length) => 2 * length * (768 / length >= 8 ? 8 : 4) * pair));
}

/** Lengths of the axes as the kernels take them: three, missing outer ones 1. */
export function threeLengths(lengths: Shape): [number, number, number] {
  const [n0, n1, n2] = [...new Array<number>(3 - lengths.length).fill(1), ...lengths];
  return [n0!, n1!, n2!];
}

/** Addresses of plan, table and scratch for transforms of the axes; `real` is the axis of a real one, or −1. */
export function lowerPlan<A>(
  l: WasmLowering<A>,
  lengths: readonly number[],
  real: number,
  dtype: DType,
): [plan: number, table: number, scratch: number] {
  const { integers, table, bufferLengths } = planTransform(lengths, real, dtype);
  return [l.table(integers), l.table(table), l.scratch(bufferBytes(bufferLengths))];
}

/** Number of maps: the product of the axes before the last `count`. */
export function batchOf(shape: Shape, count: number): number {
  return sizeOf(shape.slice(0, shape.length - count));
}
