/**
 * Real transforms down the columns of a matrix, lanes neighbours in memory: rows 2j and 2j + 1 are re and im of
 * the half-length transform, or for an odd length two blocks of lanes are. No transposition at all.
 */
import { blockVectors, lanesOf, readBlock, storeSome, writeBlock } from './columns';
import { bufferBytes, field, part, readsOut, transformFrom, transformLanes, transformTo, writesOut } from './lanes';
import { PAIR } from './passes';
import { packEven, packOdd, unpackEven, unpackOdd } from './real';

/** Vectors that hold `lanes` lanes. */
@inline function vectorsOf<T>(lanes: usize): usize {
  return (lanes + lanesOf<T>() - 1) / lanesOf<T>();
}

/** Reads one part (re or im) of the vectors of n elements. */
@inline function readHalf(from: usize, stride: usize, n: i32, to: usize, step: usize, vectors: usize): void {
  for (let k = 0; k < n; k++, from += stride, to += step) {
    for (let v: usize = 0; v < vectors << 4; v += 16) v128.store(to + 2 * v, v128.load(from + v));
  }
}

/**
 * The same of `count` lanes, zero beyond: what lies there shares a transform with lanes of the other part, and whatever
 * it were, infinite perhaps, would reach them.
 */
function readCounted<T>(from: usize, stride: usize, n: i32, to: usize, step: usize, vectors: usize, count: usize): void {
  const whole = count / lanesOf<T>();
  const rest = <i32>(count % lanesOf<T>());
  const kept = sizeof<T>() == 4
    ? i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest))
    : i64x2.lt_s(i64x2(0, 1), i64x2.splat(rest));
  for (let k = 0; k < n; k++, from += stride, to += step) {
    let v: usize = 0;
    for (; v < whole; v++) v128.store(to + v * PAIR, v128.load(from + (v << 4)));
    if (rest) {
      v128.store(to + v * PAIR, v128.and(v128.load(from + (v << 4)), kept));
      v++;
    }
    for (; v < vectors; v++) v128.store(to + v * PAIR, i32x4.splat(0));
  }
}

/** n × `lanes` reals to n/2 + 1 rows of re and im. Strides are bytes from row to row. */
export function realColumns<T>(
  plan: usize, table: usize, scratch: usize, n: i32, lanes: usize,
  source: usize, sourceStride: usize, targetRe: usize, targetIm: usize, targetStride: usize,
): void {
  const inner = load<i32>(plan);
  const half = n / 2 + 1;
  const width = blockVectors(plan) * lanesOf<T>();
  const b = scratch + bufferBytes(plan, blockVectors(plan));
  if (n & 1) {
    for (let lane: usize = 0; lane < lanes; lane += 2 * width) {
      const left = lanes - lane;
      const first = left < width ? left : width;
      const second = left - first < width ? left - first : width;
      const vectors = vectorsOf<T>(first);
      const at = source + lane * sizeof<T>();
      const beside = second ? first * sizeof<T>() : 0;
      const used = second ? vectorsOf<T>(second) : vectors;
      readHalf(at, sourceStride, n, scratch, vectors * PAIR, vectors);
      readCounted<T>(at + beside, sourceStride, n, scratch + 16, vectors * PAIR, vectors, second);
      const result = transformLanes<T>(plan, table, scratch, b, vectors);
      unpackOdd<T>(result, n, vectors);
      const to = lane * sizeof<T>();
      writeBlock<T>(result, half, targetRe + to, targetIm + to, targetStride, vectors, first % lanesOf<T>());
      // B_k lies backwards from element n, `vectors` wide, of which the second block may fill fewer.
      if (second) {
        for (let k = 0; k < half; k++) {
          const offset = to + beside + <usize>k * targetStride;
          const from = result + <usize>(n - k) * vectors * PAIR;
          writeBlock<T>(from, 1, targetRe + offset, targetIm + offset, targetStride, used, second % lanesOf<T>());
        }
      }
    }
    return;
  }
  for (let lane: usize = 0; lane < lanes; lane += width) {
    const left = lanes - lane;
    const taken = left < width ? left : width;
    const vectors = vectorsOf<T>(taken);
    const at = source + lane * sizeof<T>(), to = lane * sizeof<T>();
    let result = scratch;
    if (readsOut(plan, sourceStride, 2 * sourceStride)) {
      result = transformFrom<T>(plan, table, at, sourceStride, 2 * sourceStride, scratch, b, vectors, field(plan, 3));
    } else {
      readBlock<T>(at, at + sourceStride, 2 * sourceStride, inner, scratch, vectors);
      result = transformLanes<T>(plan, table, scratch, b, vectors);
    }
    unpackEven<T>(result, inner, vectors, part<T>(plan, 26, table));
    writeBlock<T>(result, half, targetRe + to, targetIm + to, targetStride, vectors, taken % lanesOf<T>());
  }
}

/** n/2 + 1 rows of re and im to n × `lanes` reals: the unnormalised inverse times `scale`. */
export function inverseRealColumns<T>(
  plan: usize, table: usize, scratch: usize, n: i32, lanes: usize, scale: T,
  sourceRe: usize, sourceIm: usize, sourceStride: usize, target: usize, targetStride: usize,
): void {
  const inner = load<i32>(plan);
  const half = n / 2 + 1;
  const width = blockVectors(plan) * lanesOf<T>();
  const b = scratch + bufferBytes(plan, blockVectors(plan));
  if (n & 1) {
    for (let lane: usize = 0; lane < lanes; lane += 2 * width) {
      const left = lanes - lane;
      const first = left < width ? left : width;
      const second = left - first < width ? left - first : width;
      const vectors = vectorsOf<T>(first);
      const at = lane * sizeof<T>();
      const beside = second ? first * sizeof<T>() : 0;
      const used = second ? vectorsOf<T>(second) : vectors;
      readBlock<T>(sourceRe + at, sourceIm + at, sourceStride, half, scratch, vectors);
      for (let k = 0; k < half; k++) {
        const offset = at + beside + <usize>k * sourceStride;
        const to = scratch + <usize>(n - k) * vectors * PAIR;
        readCounted<T>(sourceRe + offset, sourceStride, 1, to, 0, vectors, second);
        readCounted<T>(sourceIm + offset, sourceStride, 1, to + 16, 0, vectors, second);
      }
      packOdd<T>(scratch, n, vectors, scale);
      const result = transformLanes<T>(plan, table, scratch, b, vectors);
      // re and im are exchanged: a lies in the second halves. The second block is written first: where there is
      // none, its place is the first block's.
      let to = target + at;
      let from = result;
      const count = second ? second : first;
      for (let j = 0; j < n; j++, to += targetStride, from += vectors * PAIR) {
        writeHalf<T>(from, to + beside, used, count % lanesOf<T>());
        writeHalf<T>(from + 16, to, vectors, first % lanesOf<T>());
      }
    }
    return;
  }
  for (let lane: usize = 0; lane < lanes; lane += width) {
    const left = lanes - lane;
    const taken = left < width ? left : width;
    const vectors = vectorsOf<T>(taken);
    const at = lane * sizeof<T>(), to = target + lane * sizeof<T>();
    readBlock<T>(sourceRe + at, sourceIm + at, sourceStride, half, scratch, vectors);
    packEven<T>(scratch, inner, vectors, part<T>(plan, 26, table), scale);
    const rest = taken % lanesOf<T>();
    // re and im are exchanged: re goes to the odd rows.
    if (!rest && writesOut(plan, targetStride, 2 * targetStride)) {
      transformTo<T>(plan, table, scratch, b, to + targetStride, 0 - targetStride, 2 * targetStride, vectors, 0);
      continue;
    }
    const result = transformLanes<T>(plan, table, scratch, b, vectors);
    writeBlock<T>(result, inner, to + targetStride, to, 2 * targetStride, vectors, rest);
  }
}

/** Stores one part (re or im) of the vectors of an element. */
@inline function writeHalf<T>(from: usize, to: usize, vectors: usize, rest: usize): void {
  const whole = rest ? vectors - 1 : vectors;
  for (let v: usize = 0; v < whole << 4; v += 16, from += PAIR) v128.store(to + v, v128.load(from));
  if (rest) storeSome<T>(to + (whole << 4), v128.load(from), rest);
}
