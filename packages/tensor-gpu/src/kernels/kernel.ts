/** What the kernels of the core primitives share. */
import type { GpuArray, GpuLowering, Tensor } from '@equiflow/tensor';
import type { Planner } from '../planner.ts';

/** The lowering of a core primitive: like that of any other, with the planner at hand. */
export interface CoreLowering<A> extends GpuLowering<A> {
  readonly planner: Planner;
  /** The inputs as tensors: a constant one is known when the plan is made. */
  readonly tensors: readonly Tensor[];
}

/** Makes the arrays of the outputs. */
export type CoreKernel<A> = (lowering: CoreLowering<A>) => readonly GpuArray[];

/** The sizes around an axis: [outer, length, inner]. */
export function around(
  shape: readonly number[],
  axis: number,
): { outer: number; length: number; inner: number } {
  const product = (lengths: readonly number[]): number =>
    lengths.reduce((total, length) => total * length, 1);
  return {
    outer: product(shape.slice(0, axis)),
    length: shape[axis]!,
    inner: product(shape.slice(axis + 1)),
  };
}
