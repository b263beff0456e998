/**
 * Strided layouts: how a tensor lies in a buffer. Reshapes, transposes, slices and broadcasts are new
 * layouts of the same buffer; values are copied only where a kernel cannot read the layout.
 */
import { type Shape, sizeOf, stridesOf } from '@equiflow/tensor';

/** Element (i, j, …) lies at offset + i strides[0] + j strides[1] + …; all in elements. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Row-major from the start of a buffer. */
export function denseLayout(shape: Shape): Layout {
  return { shape, strides: stridesOf(shape), offset: 0 };
}

/** Whether the elements lie one after the other in row-major order. */
export function isDense({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): boolean {
  if (sizeOf(shape) <= 1) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Whether some element is read more than once. */
export function repeats({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): boolean {
  return shape.some((length, axis) => length > 1 && strides[axis] === 0);
}

/** Aligns `from` at the end of `shape`; axes of length 1 and new axes get stride 0. */
export function broadcastLayout(from: Layout, shape: Shape): Layout {
  const lead = shape.length - from.shape.length;
  const strides = shape.map((length, axis) =>
    axis < lead || (from.shape[axis - lead] === 1 && length !== 1) ? 0 : from.strides[axis - lead]!,
  );
  return { shape, strides, offset: from.offset };
}

/** Axis i of the result is axis permutation[i]. */
export function transposeLayout(from: Layout, permutation: readonly number[]): Layout {
  return {
    shape: permutation.map((axis) => from.shape[axis]!),
    strides: permutation.map((axis) => from.strides[axis]!),
    offset: from.offset,
  };
}

/** A box: `sizes` elements from `starts` on, `steps` apart. */
export function sliceLayout(
  from: Layout,
  starts: readonly number[],
  sizes: readonly number[],
  steps: readonly number[],
): Layout {
  return {
    shape: sizes,
    strides: from.strides.map((stride, axis) => stride * steps[axis]!),
    offset: starts.reduce((offset, start, axis) => offset + start * from.strides[axis]!, from.offset),
  };
}

/** The same values in row-major order under another shape, or null where no strides describe that. */
export function reshapeLayout(from: Layout, shape: Shape): Layout | null {
  if (isDense(from)) return { ...denseLayout(shape), offset: from.offset };
  // Old and new axes are matched in groups of equal size; within a group the old axes must be one run.
  const old = from.shape
    .map((length, axis) => ({ length, stride: from.strides[axis]! }))
    .filter(({ length }) => length !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let i = 0;
  let j = 0;
  while (i < old.length && j < shape.length) {
    let end = i + 1;
    let newEnd = j + 1;
    let oldSize = old[i]!.length;
    let newSize = shape[j]!;
    while (oldSize !== newSize) {
      if (newSize < oldSize) newSize *= shape[newEnd++]!;
      else oldSize *= old[end++]!.length;
    }
    for (let axis = i; axis < end - 1; axis++) {
      if (old[axis]!.stride !== old[axis + 1]!.length * old[axis + 1]!.stride) return null;
    }
    let stride = old[end - 1]!.stride;
    for (let axis = newEnd - 1; axis >= j; axis--) {
      strides[axis] = stride;
      stride *= shape[axis]!;
    }
    i = end;
    j = newEnd;
  }
  return { shape, strides, offset: from.offset };
}

/** Several layouts of one shape, with as few axes as describe them all. */
export interface Collapsed {
  readonly lengths: number[];
  /** Strides of each layout. */
  readonly strides: number[][];
}

/** Drops axes of length 1 and joins neighbours that are one run in every layout. */
export function collapse(shape: Shape, all: readonly (readonly number[])[]): Collapsed {
  const lengths: number[] = [];
  const strides: number[][] = all.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const joins = last >= 0 && all.every((own, which) => strides[which]![last] === own[axis]! * length);
    if (joins) lengths[last]! *= length;
    else lengths.push(length);
    all.forEach((own, which) => {
      strides[which]![joins ? last : last + 1] = own[axis]!;
    });
  });
  return { lengths, strides };
}
