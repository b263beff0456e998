/** How operations along one axis see a tensor: as [outer, length, inner]. */
import { describe, type Shape, sizeOf, TensorError, type TensorType } from '../types.ts';

/** Number of lanes before and after an axis, and the axis's length. */
export interface AxisLayout {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** The layout of a shape around `axis`. */
export function axisLayout(shape: Shape, axis: number): AxisLayout {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** The axis as a non-negative number. @throws TensorError when the tensor has no such axis. */
export function requireAxis(operation: string, x: TensorType, axis: number): number {
  const positive = axis < 0 ? axis + x.shape.length : axis;
  if (!(positive in x.shape)) {
    const rank = x.shape.length;
    throw new TensorError(
      rank === 0
        ? `${operation}: ${describe(x)} is a scalar and has no axes`
        : `${operation}: axis ${axis} of ${describe(x)}; axes run from ${-rank} to ${rank - 1}`,
    );
  }
  return positive;
}
