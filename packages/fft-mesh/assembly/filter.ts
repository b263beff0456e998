/**
 * y = F⁻¹ T(|k|) F x in one sweep: real transforms down axis 0 (no transposition), then for every few rows of the
 * last axis forward transform, filter and inverse transform while they are in cache, then back up axis 0.
 *
 * The spectrum is kept in the order in which it passes by: [plane][group of rows][k of the last axis][re, im][lane].
 * Two dimensions: one plane, rows are k_0 = 0 … n_0/2. Three: a plane for each k_0, rows are k_1. The lanes of a
 * group that go beyond the last row repeat it.
 */
import { blockVectors, columns, lanesOf } from './columns';
import { bufferBytes, transformLanes } from './lanes';
import { PAIR } from './passes';
import { inverseRealColumns, realColumns } from './real-columns';
import { gatherRows, rowVectors, scatterRows } from './rows';

const PLAN: usize = 128;

/** The values of T for the lanes; `offsets` are byte offsets. */
@inline function gatherFilter<T>(filter: usize, offsets: usize): v128 {
  let t = v128.load_splat<T>(filter + load<u32>(offsets));
  t = v128.load_lane<T>(filter + load<u32>(offsets, 4), t, 1);
  if (sizeof<T>() == 4) {
    t = v128.load_lane<T>(filter + load<u32>(offsets, 8), t, 2);
    t = v128.load_lane<T>(filter + load<u32>(offsets, 12), t, 3);
  }
  return t;
}

/** sums[shell] += lane of v, in float64. `offsets` are byte offsets into T. */
@inline function addLane<T>(sums: usize, offsets: usize, v: v128, lane: i32): void {
  const at = sums + load<u32>(offsets + (lane << 2)) * (8 / sizeof<T>());
  const value = lane == 0 ? <f64>v128.extract_lane<T>(v, 0)
    : lane == 1 ? <f64>v128.extract_lane<T>(v, 1)
    : lane == 2 ? <f64>v128.extract_lane<T>(v, sizeof<T>() == 4 ? 2 : 0)
    : <f64>v128.extract_lane<T>(v, sizeof<T>() == 4 ? 3 : 0);
  store<f64>(at, load<f64>(at) + value);
}

/**
 * Filters the modes of one vector of rows in a block, re and im exchanged afterwards; keeps the spectrum or,
 * for the backward pass, sums weight Re(conj(X) C) over each shell.
 */
@inline function filterGroup<T>(
  x: usize, n: usize, step: usize, filter: usize, offsets: usize, spectrum: usize, sums: usize, weights: usize, backward: bool,
): void {
  const w = v128.load(weights);
  for (let k: usize = 0; k + k <= n; k++, offsets += 4 * lanesOf<T>()) {
    const t = gatherFilter<T>(filter, offsets);
    const mirror: usize = k ? n - k : 0;
    const a = x + k * step, b = x + mirror * step;
    const ar = v128.load(a), ai = v128.load(a, 16), br = v128.load(b), bi = v128.load(b, 16);
    const sa = spectrum + k * PAIR, sb = spectrum + mirror * PAIR;
    if (backward) {
      let v = v128.add<T>(v128.mul<T>(v128.load(sa), ar), v128.mul<T>(v128.load(sa, 16), ai));
      if (mirror != k) v = v128.add<T>(v, v128.add<T>(v128.mul<T>(v128.load(sb), br), v128.mul<T>(v128.load(sb, 16), bi)));
      v = v128.mul<T>(v, w);
      addLane<T>(sums, offsets, v, 0);
      addLane<T>(sums, offsets, v, 1);
      if (sizeof<T>() == 4) {
        addLane<T>(sums, offsets, v, 2);
        addLane<T>(sums, offsets, v, 3);
      }
    } else {
      v128.store(sa, ar);
      v128.store(sa, ai, 16);
      v128.store(sb, br);
      v128.store(sb, bi, 16);
    }
    v128.store(a, v128.mul<T>(ai, t));
    v128.store(a, v128.mul<T>(ar, t), 16);
    v128.store(b, v128.mul<T>(bi, t));
    v128.store(b, v128.mul<T>(br, t), 16);
  }
}

/** Forward, filter, inverse along the rows of a plane, in place. */
function filterRows<T>(
  plan: usize, table: usize, scratch: usize, re: usize, im: usize, stride: usize, rows: usize,
  filter: usize, offsets: usize, spectrum: usize, sums: usize, weights: usize, backward: bool,
): void {
  const n = <usize>load<i32>(plan);
  const vectors = rowVectors<T>(blockVectors(plan), rows);
  const step = vectors * PAIR;
  const other = scratch + bufferBytes(plan, vectors);
  for (let row: usize = 0; row < rows; row += vectors * lanesOf<T>()) {
    for (let v: usize = 0; v < vectors; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = scratch + v * PAIR, offset = first * stride;
      gatherRows<T>(re + offset, stride, rows - first, n, at, step, false);
      gatherRows<T>(im + offset, stride, rows - first, n, at + 16, step, false);
    }
    let result = transformLanes<T>(plan, table, scratch, other, vectors);
    for (let v: usize = 0; v < vectors; v++) {
      if (row + v * lanesOf<T>() >= rows) break;
      const at = result + v * PAIR;
      if (backward) filterGroup<T>(at, n, step, filter, offsets, spectrum, sums, weights, true);
      else filterGroup<T>(at, n, step, filter, offsets, spectrum, sums, weights, false);
      offsets += (n / 2 + 1) * lanesOf<T>() * 4;
      spectrum += n * PAIR;
      weights += 16;
    }
    result = transformLanes<T>(plan, table, result, result == scratch ? other : scratch, vectors);
    for (let v: usize = 0; v < vectors; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = result + v * PAIR, offset = first * stride;
      scatterRows<T>(at + 16, step, false, re + offset, stride, rows - first, n, false);
      scatterRows<T>(at, step, false, im + offset, stride, rows - first, n, false);
    }
  }
}

/**
 * @param x maps, [batch][n0][n1] (rank 2, n2 = 1) or [batch][n0][n1][n2]
 * @param filter T for each map, [batch][shells]
 * @param y filtered maps
 * @param spectrum of x: written, or where `sums` is not 0 read; then x and y are cotangents of y and x
 * @param gradient cotangent of T, [batch][shells], where `sums` is not 0
 * @param offsets byte offset into T of every mode, [plane][group][k ≤ n/2][lane]
 * @param weights of the half-complex axis 0, [plane][group][lane]; 0 for lanes beyond the last row
 * @param work room for the half-spectrum of one map, rows padded as below, re then im
 * @param sums room for one float64 a shell, or 0 for the forward pass
 */
function sweep<T>(
  x: usize, filter: usize, y: usize, spectrum: usize, gradient: usize, plan: usize, table: usize, scratch: usize,
  offsets: usize, weights: usize, work: usize, sums: usize,
  rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize, backward: bool,
): void {
  const lanes = n1 * n2;
  const planes = <usize>(n0 / 2 + 1);
  const rowBytes = lanes * sizeof<T>();
  // Not a power of two, so that the rows of a column do not fall on the same lines of the cache.
  const stride = ((rowBytes + 63) & ~63) + 64;
  const re = work, im = work + planes * stride;
  const axis1 = plan + PLAN;
  const last = plan + <usize>(rank - 1) * PLAN;
  const scale = <T>1 / <T>(<usize>n0 * lanes);
  const rows = rank == 2 ? planes : n1;
  const groups = (rows + lanesOf<T>() - 1) / lanesOf<T>();
  const length = rank == 2 ? n1 : n2;
  const planeSpectrum = groups * length * PAIR;
  const planeOffsets = groups * (length / 2 + 1) * lanesOf<T>() * 4;
  for (let map: usize = 0; map < batch; map++) {
    if (backward) memory.fill(sums, 0, shells << 3);
    realColumns<T>(plan, table, scratch, n0, lanes, x, rowBytes, re, im, stride);
    if (rank == 2) {
      filterRows<T>(last, table, scratch, re, im, stride, rows, filter, offsets, spectrum, sums, weights, backward);
      spectrum += planeSpectrum;
    } else {
      const inner = n2 * sizeof<T>();
      for (let plane: usize = 0; plane < planes; plane++) {
        const r = re + plane * stride, i = im + plane * stride;
        columns<T>(axis1, table, scratch, r, i, inner, r, i, inner, n2);
        filterRows<T>(
          last, table, scratch, r, i, inner, rows, filter,
          offsets + plane * planeOffsets, spectrum, sums, weights + plane * (groups << 4), backward,
        );
        columns<T>(axis1, table, scratch, i, r, inner, i, r, inner, n2);
        spectrum += planeSpectrum;
      }
    }
    inverseRealColumns<T>(plan, table, scratch, n0, lanes, scale, re, im, stride, y, rowBytes);
    if (backward) {
      for (let s: usize = 0; s < shells; s++) store<T>(gradient + s * sizeof<T>(), <T>(load<f64>(sums + (s << 3)) * <f64>scale));
      gradient += shells * sizeof<T>();
    }
    x += <usize>n0 * rowBytes;
    y += <usize>n0 * rowBytes;
    filter += shells * sizeof<T>();
  }
}

export function filterForward<T>(
  x: usize, filter: usize, y: usize, spectrum: usize, plan: usize, table: usize, scratch: usize,
  offsets: usize, weights: usize, work: usize, rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize,
): void {
  sweep<T>(x, filter, y, spectrum, 0, plan, table, scratch, offsets, weights, work, 0, rank, batch, n0, n1, n2, shells, false);
}

export function filterBackward<T>(
  cotangent: usize, filter: usize, spectrum: usize, x: usize, gradient: usize, plan: usize, table: usize, scratch: usize,
  offsets: usize, weights: usize, work: usize, sums: usize,
  rank: i32, batch: usize, n0: i32, n1: usize, n2: usize, shells: usize,
): void {
  sweep<T>(cotangent, filter, x, spectrum, gradient, plan, table, scratch, offsets, weights, work, sums, rank, batch, n0, n1, n2, shells, true);
}
