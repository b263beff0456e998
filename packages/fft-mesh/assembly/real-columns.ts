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
      readHalf(at + beside, sourceStride, n, scratch + 16, vectors * PAIR, used);
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
        readBlock<T>(sourceRe + offset, sourceIm + offset, sourceStride, 1, scratch + <usize>(n - k) * vectors * PAIR, used);
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
