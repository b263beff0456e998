/**
 * Random arrays of a shape. Element i of a draw depends on the key and i alone: a longer draw with the same
 * key begins with the shorter one, and `offset` gives any later part. float32 values are the float64
 * values rounded (uniforms: truncated to 24 bits, so that they stay below 1).
 */
import { type Shape, sizeOf, TensorError } from '../types.ts';
import { fillDoubles, type RandomKey, randomBits, uniformOfBits } from './philox.ts';

/** The arrays of the float dtypes. */
export interface FloatArrays {
  readonly float32: Float32Array<ArrayBuffer>;
  readonly float64: Float64Array<ArrayBuffer>;
}

function allocateFloats<D extends keyof FloatArrays>(dtype: D, size: number): FloatArrays[D] {
  return (dtype === 'float64' ? new Float64Array(size) : new Float32Array(size)) as FloatArrays[D];
}

/** Uniform values in [0, 1), row-major. */
export function randomUniform<D extends keyof FloatArrays>(
  from: RandomKey,
  shape: Shape,
  dtype: D,
  offset = 0,
): FloatArrays[D] {
  const doubles = new Float64Array(sizeOf(shape));
  fillDoubles(from, offset, doubles, false);
  if (dtype === 'float64') return doubles as FloatArrays[D];
  const singles = new Float32Array(doubles.length);
  for (let i = 0; i < singles.length; i++) singles[i] = Math.floor(doubles[i]! * 2 ** 24) * 2 ** -24;
  return singles as FloatArrays[D];
}

/** Standard normal values, row-major; float64 quality, rounded once for float32. */
export function randomNormal<D extends keyof FloatArrays>(
  from: RandomKey,
  shape: Shape,
  dtype: D,
  offset = 0,
): FloatArrays[D] {
  const values = allocateFloats(dtype, sizeOf(shape));
  fillDoubles(from, offset, values, true);
  return values;
}

/** +1 or −1 with equal chance, row-major: the probes of Hutchinson's trace. */
export function rademacher<D extends keyof FloatArrays>(
  from: RandomKey,
  shape: Shape,
  dtype: D,
  offset = 0,
): FloatArrays[D] {
  const values = allocateFloats(dtype, sizeOf(shape));
  const bits = randomBits(from, values.length, offset);
  for (let i = 0; i < values.length; i++) values[i] = bits[i]! >>> 31 === 0 ? 1 : -1;
  return values;
}

/**
 * Uniform integers in [0, below), row-major (bias below 2⁻²¹ of a chance).
 * @throws TensorError when `below` is not an integer in [1, 2³¹].
 */
export function randomIntegers(
  from: RandomKey,
  shape: Shape,
  below: number,
  offset = 0,
): Int32Array<ArrayBuffer> {
  if (!Number.isInteger(below) || below < 1 || below > 2 ** 31) {
    throw new TensorError(`randomIntegers: below = ${below} is not an integer in [1, 2^31]`);
  }
  const doubles = new Float64Array(sizeOf(shape));
  fillDoubles(from, offset, doubles, false);
  return Int32Array.from(doubles, (u) => Math.floor(u * below));
}

/** A uniform permutation of 0 … count − 1 (Fisher & Yates). Another count is another permutation. */
export function permutation(from: RandomKey, count: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  const bits = randomBits(from, 2 * count);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(uniformOfBits(bits[2 * last]!, bits[2 * last + 1]!) * (last + 1));
    const held = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = held;
  }
  return order;
}
