/**
 * Moving rows (a contiguous axis) into blocks and out again: square tiles of as many rows as a vector has lanes
 * are transposed in registers, so that rows become lanes.
 */
import { PAIR } from './passes';
import { lanesOf } from './columns';

/** Interleaves: lanes (a0, b0) and so on; `high` takes the upper halves. */
@inline function zip32(a: v128, b: v128, high: bool): v128 {
  return high ? v128.shuffle<f32>(a, b, 2, 6, 3, 7) : v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

@inline function zip64(a: v128, b: v128, high: bool): v128 {
  return high ? v128.shuffle<f64>(a, b, 1, 3) : v128.shuffle<f64>(a, b, 0, 2);
}

/**
 * Reads `count` neighbours of each of the rows that fill one vector; the vector of neighbour i goes to
 * `to + i step`, or where `interleaved` to `to + (i >> 1) step + (i & 1) 16`. Rows past the last are the last again.
 */
@inline export function gatherRows<T>(row: usize, stride: usize, rows: usize, count: usize, to: usize, step: usize, interleaved: bool): void {
  const far = interleaved ? step : 2 * step;
  const near: usize = interleaved ? 16 : step;
  let i: usize = 0;
  if (sizeof<T>() == 4) {
    const r1 = rows > 1 ? row + stride : row;
    const r2 = rows > 2 ? r1 + stride : r1;
    const r3 = rows > 3 ? r2 + stride : r2;
    for (; i + 4 <= count; i += 4, to += 2 * far) {
      const o = i << 2;
      const a = v128.load(row + o), b = v128.load(r1 + o), c = v128.load(r2 + o), d = v128.load(r3 + o);
      const abl = zip32(a, b, false), cdl = zip32(c, d, false), abh = zip32(a, b, true), cdh = zip32(c, d, true);
      v128.store(to, zip64(abl, cdl, false));
      v128.store(to + near, zip64(abl, cdl, true));
      v128.store(to + far, zip64(abh, cdh, false));
      v128.store(to + far + near, zip64(abh, cdh, true));
    }
    for (; i < count; i++) {
      const o = i << 2;
      let v = v128.load_splat<f32>(row + o);
      v = v128.load_lane<f32>(r1 + o, v, 1);
      v = v128.load_lane<f32>(r2 + o, v, 2);
      v = v128.load_lane<f32>(r3 + o, v, 3);
      v128.store(to + ((i & 2) >> 1) * far + (i & 1) * near, v);
    }
  } else {
    const r1 = rows > 1 ? row + stride : row;
    for (; i + 2 <= count; i += 2, to += far) {
      const o = i << 3;
      const a = v128.load(row + o), b = v128.load(r1 + o);
      v128.store(to, zip64(a, b, false));
      v128.store(to + near, zip64(a, b, true));
    }
    if (i < count) v128.store(to, v128.load_lane<f64>(r1 + (i << 3), v128.load_splat<f64>(row + (i << 3)), 1));
  }
}

/** The way back: vectors at `from`, placed as in `gatherRows`, become `count` neighbours of the rows. */
@inline export function scatterRows<T>(from: usize, step: usize, interleaved: bool, row: usize, stride: usize, rows: usize, count: usize, swapped: bool): void {
  const far = interleaved ? step : 2 * step;
  const near: usize = interleaved ? 16 : step;
  // Interleaved and swapped: the odd neighbour lies first.
  const first: usize = interleaved && swapped ? near : 0;
  const second: usize = interleaved && swapped ? 0 : near;
  let i: usize = 0;
  if (sizeof<T>() == 4) {
    const r1 = rows > 1 ? row + stride : row;
    const r2 = rows > 2 ? r1 + stride : r1;
    const r3 = rows > 3 ? r2 + stride : r2;
    for (; i + 4 <= count; i += 4, from += 2 * far) {
      const o = i << 2;
      const a = v128.load(from + first), b = v128.load(from + second);
      const c = v128.load(from + far + first), d = v128.load(from + far + second);
      const abl = zip32(a, b, false), cdl = zip32(c, d, false), abh = zip32(a, b, true), cdh = zip32(c, d, true);
      // Rows that stand for others are written first, so that the last write of an address is the right one.
      v128.store(r3 + o, zip64(abh, cdh, true));
      v128.store(r2 + o, zip64(abh, cdh, false));
      v128.store(r1 + o, zip64(abl, cdl, true));
      v128.store(row + o, zip64(abl, cdl, false));
    }
    for (; i < count; i++) {
      const o = i << 2;
      const v = v128.load(from + ((i & 2) >> 1) * far + ((i & 1) ? second : first));
      v128.store_lane<f32>(r3 + o, v, 3);
      v128.store_lane<f32>(r2 + o, v, 2);
      v128.store_lane<f32>(r1 + o, v, 1);
      v128.store_lane<f32>(row + o, v, 0);
    }
  } else {
    const r1 = rows > 1 ? row + stride : row;
    for (; i + 2 <= count; i += 2, from += far) {
      const o = i << 3;
      const a = v128.load(from + first), b = v128.load(from + second);
      v128.store(r1 + o, zip64(a, b, true));
      v128.store(row + o, zip64(a, b, false));
    }
    if (i < count) {
      const v = v128.load(from + first);
      v128.store_lane<f64>(r1 + (i << 3), v, 1);
      v128.store_lane<f64>(row + (i << 3), v, 0);
    }
  }
}

/** Vectors of rows in a block of transforms over rows. */
@inline export function rowVectors<T>(blockVectors: usize, rows: usize): usize {
  const needed = (rows + lanesOf<T>() - 1) / lanesOf<T>();
  return needed < blockVectors ? needed : blockVectors;
}

/** Bytes from element to element of a block. */
@inline export function elementStep(vectors: usize): usize {
  return vectors * PAIR;
}
