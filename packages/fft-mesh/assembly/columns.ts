/**
 * Complex transforms of every column of a matrix with split re and im: lanes are neighbours in memory, taken
 * in blocks that stay in the first-level cache. Exchange re and im (of source and target) for the inverse.
 */
import { bufferBytes, bufferLength, readsOut, transformFrom, transformLanes, transformTo, writesOut } from './lanes';
import { PAIR } from './passes';

/** Lanes of a vector. */
@inline export function lanesOf<T>(): usize {
  return 16 / sizeof<T>();
}

/** Vectors of a block of columns: both buffers in 48 kB where possible, at least a cache line. */
@inline export function blockVectors(plan: usize): usize {
  const fit: usize = 768 / bufferLength(plan);
  return fit >= 8 ? 8 : 4;
}

/** Reads `lanes` columns of one block; lanes that fill up the last vector hold what lies beside it. */
export function readBlock<T>(re: usize, im: usize, stride: usize, n: i32, to: usize, vectors: usize): void {
  for (let k = 0; k < n; k++) {
    for (let v: usize = 0; v < vectors << 4; v += 16, to += PAIR) {
      v128.store(to, v128.load(re + v));
      v128.store(to, v128.load(im + v), 16);
    }
    re += stride;
    im += stride;
  }
}

/** Stores `count` first lanes of a vector. */
@inline export function storeSome<T>(at: usize, value: v128, count: usize): void {
  if (sizeof<T>() == 8) v128.store_lane<f64>(at, value, 0);
  else {
    v128.store_lane<f32>(at, value, 0);
    if (count > 1) v128.store_lane<f32>(at, value, 1, 4);
    if (count > 2) v128.store_lane<f32>(at, value, 2, 8);
  }
}

export function writeBlock<T>(from: usize, n: i32, re: usize, im: usize, stride: usize, vectors: usize, rest: usize): void {
  const whole = rest ? vectors - 1 : vectors;
  for (let k = 0; k < n; k++) {
    for (let v: usize = 0; v < whole << 4; v += 16, from += PAIR) {
      v128.store(re + v, v128.load(from));
      v128.store(im + v, v128.load(from, 16));
    }
    if (rest) {
      storeSome<T>(re + (whole << 4), v128.load(from), rest);
      storeSome<T>(im + (whole << 4), v128.load(from, 16), rest);
      from += PAIR;
    }
    re += stride;
    im += stride;
  }
}

/**
 * Transforms the columns of an n × `lanes` matrix; source and target may be the same.
 * Strides are bytes from row to row. `scratch`: two buffers of `blockVectors` vectors an element.
 */
export function columns<T>(
  plan: usize, table: usize, scratch: usize,
  sourceRe: usize, sourceIm: usize, sourceStride: usize,
  targetRe: usize, targetIm: usize, targetStride: usize, lanes: usize,
): void {
  const n = load<i32>(plan);
  const block = blockVectors(plan);
  const b = scratch + bufferBytes(plan, block);
  const width = block * lanesOf<T>();
  const sourceGap = sourceIm - sourceRe, targetGap = targetIm - targetRe;
  const direct = readsOut(plan, sourceGap, sourceStride) && writesOut(plan, targetGap, targetStride);
  for (let lane: usize = 0; lane < lanes; lane += width) {
    const left = lanes - lane;
    const taken = left < width ? left : width;
    const vectors = (taken + lanesOf<T>() - 1) / lanesOf<T>();
    const offset = lane * sizeof<T>();
    const rest = taken % lanesOf<T>();
    const from = sourceRe + offset, to = targetRe + offset;
    // The passes at the ends reach into the matrices where they can; two passes at least, so that in place is fine.
    if (direct && !rest) {
      const x = transformFrom<T>(plan, table, from, sourceGap, sourceStride, scratch, b, vectors, 1);
      transformTo<T>(plan, table, x, b, to, targetGap, targetStride, vectors, 1);
      continue;
    }
    readBlock<T>(from, from + sourceGap, sourceStride, n, scratch, vectors);
    const result = transformLanes<T>(plan, table, scratch, b, vectors);
    writeBlock<T>(result, n, to, to + targetGap, targetStride, vectors, rest);
  }
}
