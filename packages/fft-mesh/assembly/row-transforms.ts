/** Transforms along rows: complex, real to half-complex, half-complex to real. Strides are bytes from row to row. */
import { blockVectors, lanesOf } from './columns';
import { bufferBytes, field, part, transformLanes } from './lanes';
import { PAIR } from './passes';
import { packEven, packOdd, unpackEven, unpackOdd } from './real';
import { gatherRows, rowVectors, scatterRows } from './rows';

/** Complex rows of n, times `scale`. Exchange re and im for the inverse. Source and target may be the same. */
export function complexRows<T>(
  plan: usize, table: usize, scratch: usize, rows: usize, scale: T,
  sourceRe: usize, sourceIm: usize, targetRe: usize, targetIm: usize, stride: usize,
): void {
  const n = <usize>load<i32>(plan);
  const vectors = rowVectors<T>(blockVectors(plan), rows);
  const step = vectors * PAIR;
  const b = scratch + bufferBytes(plan, vectors);
  const s = v128.splat<T>(scale);
  for (let row: usize = 0; row < rows; row += vectors * lanesOf<T>()) {
    for (let v: usize = 0; v < vectors; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = scratch + v * PAIR, offset = first * stride;
      gatherRows<T>(sourceRe + offset, stride, rows - first, n, at, step, false);
      gatherRows<T>(sourceIm + offset, stride, rows - first, n, at + 16, step, false);
    }
    const result = transformLanes<T>(plan, table, scratch, b, vectors);
    if (scale != <T>1) {
      for (let at = result; at < result + n * step; at += 16) v128.store(at, v128.mul<T>(v128.load(at), s));
    }
    for (let v: usize = 0; v < vectors; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = result + v * PAIR, offset = first * stride;
      scatterRows<T>(at, step, false, targetRe + offset, stride, rows - first, n, false);
      scatterRows<T>(at + 16, step, false, targetIm + offset, stride, rows - first, n, false);
    }
  }
}

/** Real rows of n to half-complex rows of n/2 + 1. */
export function realRows<T>(
  plan: usize, table: usize, scratch: usize, n: i32, rows: usize,
  source: usize, sourceStride: usize, targetRe: usize, targetIm: usize, targetStride: usize,
): void {
  const odd = (n & 1) != 0;
  const inner = load<i32>(plan);
  const half = <usize>(n / 2 + 1);
  // Odd lengths pack a second set of rows into the imaginary parts.
  const blocks = rowVectors<T>(blockVectors(plan), odd ? (rows + 1) / 2 : rows);
  const step = blocks * PAIR;
  const b = scratch + bufferBytes(plan, blocks);
  const chunk = blocks * lanesOf<T>();
  for (let row: usize = 0; row < rows; row += odd ? 2 * chunk : chunk) {
    for (let v: usize = 0; v < blocks; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = scratch + v * PAIR;
      if (odd) {
        gatherRows<T>(source + first * sourceStride, sourceStride, rows - first, n, at, step, false);
        const second = first + chunk < rows ? first + chunk : first;
        gatherRows<T>(source + second * sourceStride, sourceStride, rows - second, n, at + 16, step, false);
      } else gatherRows<T>(source + first * sourceStride, sourceStride, rows - first, n, at, step, true);
    }
    const result = transformLanes<T>(plan, table, scratch, b, blocks);
    if (odd) unpackOdd<T>(result, n, blocks);
    else unpackEven<T>(result, inner, blocks, part<T>(plan, 26, table));
    for (let v: usize = 0; v < blocks; v++) {
      let first = row + v * lanesOf<T>();
      if (first >= rows) break;
      let at = result + v * PAIR, offset = first * targetStride;
      scatterRows<T>(at, step, false, targetRe + offset, targetStride, rows - first, half, false);
      scatterRows<T>(at + 16, step, false, targetIm + offset, targetStride, rows - first, half, false);
      if (odd) {
        first += chunk;
        if (first >= rows) continue;
        at += <usize>n * step;
        offset = first * targetStride;
        scatterRows<T>(at, 0 - step, false, targetRe + offset, targetStride, rows - first, half, false);
        scatterRows<T>(at + 16, 0 - step, false, targetIm + offset, targetStride, rows - first, half, false);
      }
    }
  }
}

/** Half-complex rows of n/2 + 1 to real rows of n: the unnormalised inverse times `scale`. */
export function inverseRealRows<T>(
  plan: usize, table: usize, scratch: usize, n: i32, rows: usize, scale: T,
  sourceRe: usize, sourceIm: usize, sourceStride: usize, target: usize, targetStride: usize,
): void {
  const odd = (n & 1) != 0;
  const inner = load<i32>(plan);
  const half = <usize>(n / 2 + 1);
  const blocks = rowVectors<T>(blockVectors(plan), odd ? (rows + 1) / 2 : rows);
  const step = blocks * PAIR;
  const b = scratch + bufferBytes(plan, blocks);
  const chunk = blocks * lanesOf<T>();
  for (let row: usize = 0; row < rows; row += odd ? 2 * chunk : chunk) {
    for (let v: usize = 0; v < blocks; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      let at = scratch + v * PAIR, offset = first * sourceStride;
      gatherRows<T>(sourceRe + offset, sourceStride, rows - first, half, at, step, false);
      gatherRows<T>(sourceIm + offset, sourceStride, rows - first, half, at + 16, step, false);
      if (odd) {
        const second = first + chunk < rows ? first + chunk : first;
        at += <usize>n * step;
        offset = second * sourceStride;
        gatherRows<T>(sourceRe + offset, sourceStride, rows - second, half, at, 0 - step, false);
        gatherRows<T>(sourceIm + offset, sourceStride, rows - second, half, at + 16, 0 - step, false);
      }
    }
    if (odd) packOdd<T>(scratch, n, blocks, scale);
    else packEven<T>(scratch, inner, blocks, part<T>(plan, 26, table), scale);
    const result = transformLanes<T>(plan, table, scratch, b, blocks);
    for (let v: usize = 0; v < blocks; v++) {
      const first = row + v * lanesOf<T>();
      if (first >= rows) break;
      const at = result + v * PAIR;
      if (odd) {
        scatterRows<T>(at + 16, step, false, target + first * targetStride, targetStride, rows - first, n, false);
        const second = first + chunk;
        if (second < rows) scatterRows<T>(at, step, false, target + second * targetStride, targetStride, rows - second, n, false);
      } else scatterRows<T>(at, step, true, target + first * targetStride, targetStride, rows - first, n, true);
    }
  }
}
