/** Rearrangements made of plainer operations: stack, flip, roll, one-hot. */
import { constant, type Tensor } from '../tensor.ts';
import { type DType, describe, sameShape, TensorError } from '../types.ts';
import { requireAxis } from './axis-layout.ts';
import { cast } from './cast.ts';
import { equal } from './comparisons.ts';
import { concatenate } from './concatenate.ts';
import { gather, requireIndexType } from './gather.ts';
import { reshape } from './reshape.ts';
import { slice } from './slice.ts';
import { normaliseAxes } from './sum.ts';

/** Joins tensors of one type along a new axis. @throws TensorError when their types differ. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0];
  if (!first) throw new TensorError('stack: no tensors given');
  if (tensors.some(({ shape, dtype }) => dtype !== first.dtype || !sameShape(shape, first.shape))) {
    throw new TensorError(`stack: ${tensors.map(describe).join(', ')} differ in type`);
  }
  const { shape } = first;
  const place = axis < 0 ? axis + shape.length + 1 : axis;
  if (!Number.isInteger(place) || place < 0 || place > shape.length) {
    throw new TensorError(`stack: axis ${axis} for tensors ${describe(first)}`);
  }
  const widened = [...shape.slice(0, place), 1, ...shape.slice(place)];
  return concatenate(
    tensors.map((tensor) => reshape(tensor, widened)),
    place,
  );
}

/** Reverses the order along axes (default: all). */
export function flip(x: Tensor, axes?: readonly number[]): Tensor {
  return normaliseAxes('flip', x, axes).reduce((flipped, axis) => {
    const length = x.shape[axis]!;
    const backwards = Int32Array.from({ length }, (_, index) => length - 1 - index);
    return gather(flipped, constant(backwards), axis);
  }, x);
}

/** Shifts periodically along an axis: element i goes to i + shift. */
export function roll(x: Tensor, shift: number, axis = -1): Tensor {
  const along = requireAxis('roll', x, axis);
  const length = x.shape[along]!;
  if (!Number.isInteger(shift)) throw new TensorError(`roll: a shift of ${shift} is not a whole number`);
  const start = length === 0 ? 0 : ((-shift % length) + length) % length;
  if (start === 0) return x;
  const part = (from: number, to: number): Tensor =>
    slice(
      x,
      x.shape.map((_, i) => (i === along ? ([from, to] as const) : null)),
    );
  return concatenate([part(start, length), part(0, start)], along);
}

/** 1 at the index and 0 elsewhere, along a new last axis of length `depth`; out of range: all 0. */
export function oneHot(indices: Tensor, depth: number, dtype: DType = 'float32'): Tensor {
  requireIndexType('oneHot', indices);
  const places = Int32Array.from({ length: depth }, (_, place) => place);
  return equal(reshape(cast(indices, dtype), [...indices.shape, 1]), cast(constant(places), dtype));
}
