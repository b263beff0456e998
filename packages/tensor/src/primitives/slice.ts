/** A box out of a tensor, and its transpose: zeros around (and between) the values. */
import type { Primitive } from '../primitive.ts';
import { applyOne, type Tensor } from '../tensor.ts';
import { describe, type Shape, sizeOf, stridesOf, TensorError, type TypedArray } from '../types.ts';

/** Copies between a dense array of `shape` and a box of a larger array of `outer`. */
function copyBox(
  dense: TypedArray,
  shape: Shape,
  large: TypedArray,
  outer: Shape,
  starts: readonly number[],
  steps: readonly number[],
  direction: 'read' | 'write',
): void {
  const strides = stridesOf(outer);
  const index = new Array<number>(shape.length).fill(0);
  let offset = starts.reduce((total, start, axis) => total + start * strides[axis]!, 0);
  for (let i = 0, n = sizeOf(shape); i < n; i++) {
    if (direction === 'read') dense[i] = large[offset]!;
    else large[offset] = dense[i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis]! * steps[axis]!;
      offset += stride;
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      offset -= stride * shape[axis]!;
    }
  }
}

/** First index, number of values, and distance between them, per axis. */
export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** The primitive behind {@link slice}. */
export const slicePrimitive: Primitive<SliceAttributes> = {
  name: '@equiflow/tensor#slicePrimitive',
  infer([x], { starts, sizes, steps }) {
    const fits =
      [starts, sizes, steps].every(
        (list) => list.length === x!.shape.length && list.every(Number.isInteger),
      ) &&
      x!.shape.every((length, axis) => {
        const [start, size, step] = [starts[axis]!, sizes[axis]!, steps[axis]!];
        return start >= 0 && size >= 0 && step >= 1 && (size === 0 || start + (size - 1) * step < length);
      });
    if (!fits) {
      throw new TensorError(
        `slice: starts [${starts}], sizes [${sizes}], steps [${steps}] leave ${describe(x!)}`,
      );
    }
    return [{ shape: sizes, dtype: x!.dtype }];
  },
  reference([x], [y], { starts, sizes, steps }, { inputs }) {
    copyBox(y!, sizes, x!, inputs[0]!.shape, starts, steps, 'read');
  },
  vjp({ inputs, attributes }, [cotangent]) {
    return [
      applyOne(padPrimitive, [cotangent!], {
        shape: inputs[0]!.shape,
        starts: attributes.starts,
        steps: attributes.steps,
      }),
    ];
  },
  examples: [
    { attributes: { starts: [1, 2], sizes: [2, 3], steps: [1, 1] }, inputs: [{ shape: [4, 6] }] },
    { attributes: { starts: [2, 0], sizes: [2, 5], steps: [1, 1] }, inputs: [{ shape: [5, 5] }] },
    { attributes: { starts: [0, 1], sizes: [2, 3], steps: [2, 2] }, inputs: [{ shape: [4, 7] }] },
  ],
};

/** Shape of the result, and where the first value goes and how far apart the values lie, per axis. */
export interface PadAttributes {
  readonly shape: Shape;
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** The primitive behind {@link pad}. */
export const padPrimitive: Primitive<PadAttributes> = {
  name: '@equiflow/tensor#padPrimitive',
  infer([x], { shape, starts, steps }) {
    const fits =
      [shape, starts, steps].every(
        (list) => list.length === x!.shape.length && list.every(Number.isInteger),
      ) &&
      x!.shape.every(
        (length, axis) =>
          starts[axis]! >= 0 &&
          steps[axis]! >= 1 &&
          (length === 0 || starts[axis]! + (length - 1) * steps[axis]! < shape[axis]!),
      );
    if (!fits)
      throw new TensorError(
        `pad: ${describe(x!)} at [${starts}] with steps [${steps}] does not fit in [${shape}]`,
      );
    return [{ shape, dtype: x!.dtype }];
  },
  reference([x], [y], { shape, starts, steps }, { inputs }) {
    y!.fill(0);
    copyBox(x!, inputs[0]!.shape, y!, shape, starts, steps, 'write');
  },
  vjp({ inputs, attributes: { starts, steps } }, [cotangent]) {
    return [applyOne(slicePrimitive, [cotangent!], { starts, sizes: inputs[0]!.shape, steps })];
  },
  examples: [
    { attributes: { shape: [5, 7], starts: [1, 2], steps: [1, 1] }, inputs: [{ shape: [3, 4] }] },
    { attributes: { shape: [5, 8], starts: [0, 1], steps: [2, 3] }, inputs: [{ shape: [3, 3] }] },
  ],
};

/** Start (inclusive), end (exclusive) and step of one axis; negative numbers count from the end. Null: the whole axis. */
export type Range = readonly [start?: number, end?: number, step?: number] | null;

/**
 * `slice(x, [[1, 3], null, [0, undefined, 2]])` is NumPy's `x[1:3, :, 0::2]`; axes left out are taken whole.
 * @throws TensorError when a range leaves the tensor.
 */
export function slice(x: Tensor, ranges: readonly Range[]): Tensor {
  const starts: number[] = [];
  const sizes: number[] = [];
  const steps: number[] = [];
  if (ranges.length > x.shape.length) {
    throw new TensorError(
      `slice: ${ranges.length} ranges for ${describe(x)}, which has ${x.shape.length} axes`,
    );
  }
  x.shape.forEach((length, axis) => {
    const [start = 0, end = length, step = 1] = ranges[axis] ?? [];
    const from = start < 0 ? start + length : start;
    const to = end < 0 ? end + length : end;
    starts.push(from);
    sizes.push(Math.max(0, Math.ceil((to - from) / step)));
    steps.push(step);
  });
  if (sizes.every((size, axis) => size === x.shape[axis] && steps[axis] === 1)) return x;
  return applyOne(slicePrimitive, [x], { starts, sizes, steps });
}

/** Zeros around `x`: `widths[axis]` is [before, after]; axes left out get none. */
export function pad(x: Tensor, widths: readonly (readonly [before: number, after: number])[]): Tensor {
  const starts = x.shape.map((_, axis) => widths[axis]?.[0] ?? 0);
  const shape = x.shape.map((length, axis) => length + starts[axis]! + (widths[axis]?.[1] ?? 0));
  return applyOne(padPrimitive, [x], { shape, starts, steps: x.shape.map(() => 1) });
}
