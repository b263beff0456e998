/**
 * Philox4x32-10: a counter-based random function (Salmon, Moraes, Dror & Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). A 64-bit key and a 128-bit counter give 128 random bits; there is no
 * state, so that any element of any stream can be had alone, in any order, by any worker.
 *
 * Counters of one key are divided into domains by their last word: 0 holds sequences (`randomBits` and
 * all that fills shapes), 1 holds draws at coordinates (`uniformPair`, `normalPair`), 2 derives keys.
 */
import { TensorError } from '../types.ts';

/** A 64-bit key: low word, high word, both unsigned 32-bit. */
export type RandomKey = readonly [number, number];

const sequenceDomain = 0;
const coordinateDomain = 1;
const keyDomain = 2;

/** One round's multipliers and the Weyl increments of the key (Salmon et al. 2011, section 3.3). */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const carried = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return Math.imul(aHigh, bHigh) + (middle >>> 16) + (carried >>> 16);
}

/**
 * The bare function: 128 random bits of a key and a counter. Fills `out[0..3]`; the words of the counter
 * are taken modulo 2³², so negative integers are fine. Agrees with Random123's known answers.
 */
export function philox4x32(
  [key0, key1]: RandomKey,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  out: Uint32Array,
): void {
  let a = counter0 >>> 0;
  let b = counter1 >>> 0;
  let c = counter2 >>> 0;
  let d = counter3 >>> 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, a);
    const low0 = Math.imul(multiplier0, a);
    const high1 = multiplyHigh(multiplier1, c);
    const low1 = Math.imul(multiplier1, c);
    a = (high1 ^ b ^ k0) >>> 0;
    b = low1 >>> 0;
    c = (high0 ^ d ^ k1) >>> 0;
    d = low0 >>> 0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/**
 * A key from a seed: the seed's lowest 64 bits. Seeds that differ give independent streams.
 * @throws TensorError when a number is not an integer that doubles hold exactly (use a bigint there).
 */
export function key(seed: number | bigint): RandomKey {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new TensorError(`key: the seed ${seed} is not a safe integer; give a whole number or a bigint`);
  }
  const bits = BigInt.asUintN(64, BigInt(seed));
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/**
 * A new key out of a key and an integer (a step, a worker's share, a purpose), independent of the old one
 * and of those of every other integer.
 * @throws TensorError when `data` is not a safe integer.
 */
export function foldIn(from: RandomKey, data: number): RandomKey {
  if (!Number.isSafeInteger(data)) throw new TensorError(`foldIn: ${data} is not a safe integer`);
  const out = new Uint32Array(4);
  philox4x32(from, data, Math.floor(data / 2 ** 32), 0, keyDomain, out);
  return [out[0]!, out[1]!];
}

/** `count` independent keys out of one; use them instead of the old one. Key i is `foldIn(from, i)`. */
export function split(from: RandomKey, count = 2): RandomKey[] {
  return Array.from({ length: count }, (_, index) => foldIn(from, index));
}

/** A uniform double in [0, 1) with 53 random bits, out of two words. */
export function uniformOfBits(high: number, low: number): number {
  return ((high >>> 5) * 67108864 + (low >>> 6)) * 2 ** -53;
}

/** Two independent uniforms in [0, 1) at an integer coordinate, into `out[at]` and `out[at + 1]`. */
export function uniformPair(
  from: RandomKey,
  [x, y, z]: readonly [number, number, number],
  out: Float64Array,
  at = 0,
): void {
  const bits = new Uint32Array(4);
  philox4x32(from, x, y, z, coordinateDomain, bits);
  out[at] = uniformOfBits(bits[0]!, bits[1]!);
  out[at + 1] = uniformOfBits(bits[2]!, bits[3]!);
}

/**
 * Two independent standard normals at an integer coordinate (a signed mode vector, say), into `out[at]`
 * and `out[at + 1]`: the same for that coordinate on every grid. float64 quality, up to 8.57 σ.
 */
export function normalPair(
  from: RandomKey,
  coordinate: readonly [number, number, number],
  out: Float64Array,
  at = 0,
): void {
  uniformPair(from, coordinate, out, at);
  boxMuller(out, at);
}

/** Turns two uniforms in place into two standard normals (Box & Muller 1958). */
function boxMuller(pair: Float64Array, at: number): void {
  const radius = Math.sqrt(-2 * Math.log(1 - pair[at]!));
  const angle = 2 * Math.PI * pair[at + 1]!;
  pair[at] = radius * Math.cos(angle);
  pair[at + 1] = radius * Math.sin(angle);
}

/** `count` words of 32 random bits, elements `offset …` of the key's sequence. */
export function randomBits(from: RandomKey, count: number, offset = 0): Uint32Array<ArrayBuffer> {
  const result = new Uint32Array(count);
  const block = new Uint32Array(4);
  for (let filled = 0; filled < count; ) {
    const index = offset + filled;
    const lane = index % 4;
    sequenceBlock(from, (index - lane) / 4, block);
    const taken = Math.min(4 - lane, count - filled);
    for (let word = 0; word < taken; word++) result[filled + word] = block[lane + word]!;
    filled += taken;
  }
  return result;
}

/** The sequence as doubles, two a block: uniforms, or normals when `normal`. */
export function fillDoubles(
  from: RandomKey,
  offset: number,
  target: Float64Array | Float32Array,
  normal: boolean,
): void {
  const bits = new Uint32Array(4);
  const pair = new Float64Array(2);
  const count = target.length;
  for (let filled = 0; filled < count; ) {
    const index = offset + filled;
    const lane = index % 2;
    sequenceBlock(from, (index - lane) / 2, bits);
    pair[0] = uniformOfBits(bits[0]!, bits[1]!);
    pair[1] = uniformOfBits(bits[2]!, bits[3]!);
    if (normal) boxMuller(pair, 0);
    if (lane === 0 && filled + 1 < count) target[filled + 1] = pair[1]!;
    target[filled] = pair[lane]!;
    filled += 2 - lane;
  }
}

function sequenceBlock(from: RandomKey, block: number, out: Uint32Array): void {
  philox4x32(from, block, Math.floor(block / 2 ** 32), 0, sequenceDomain, out);
}
