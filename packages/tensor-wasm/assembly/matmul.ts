/**
 * Batched matrix product c = a b, with any row and column strides of a, and b by rows or by columns.
 *
 * The inner kernel keeps a block of 4 rows by 2 vectors of c in registers and runs along k. Where b does not
 * lie by rows, or enough rows of a follow to pay for it, a panel of b (k by 2 vectors) is first packed into
 * scratch memory, whose lines then stay in the cache; packing also fills up the last columns with zeros. A
 * few rows of a times a transposed b are dot products and need no packing.
 */
import { lanes, loadSplat, storePart } from './lanes';

/** Longest panel: with 8 columns of float32, 16 KiB. */
const PANEL: i32 = 512;
/** Rows of a that meet all panels before the next ones: with a whole panel's depth, 256 KiB of float32. */
const BLOCK: i32 = 128;

/** Copies columns [j, j + 2 vectors) of k rows of b to a dense panel, zeros beyond n. */
// @ts-ignore: decorator
@inline
function pack<T>(panel: usize, b: usize, bRow: usize, bColumn: usize, k: i32, count: i32): void {
  const width = 2 * lanes<T>();
  if (bColumn == sizeof<T>() && count >= width) {
    for (let l = 0; l < k; l++, b += bRow, panel += 32) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
    }
    return;
  }
  const some = min(count, width);
  if (some < width) memory.fill(panel, 0, <usize>k << 5);
  for (let j = 0; j < some; j++) {
    let from = b + <usize>j * bColumn;
    let to = panel + <usize>j * sizeof<T>();
    for (let l = 0; l < k; l++, from += bRow, to += 32) store<T>(to, load<T>(from));
  }
}

// @ts-ignore: decorator
@inline
function put<T>(c: usize, low: v128, high: v128, count: i32, accumulate: bool): void {
  const width = lanes<T>();
  if (accumulate) {
    low = v128.add<T>(low, v128.load(c));
    if (count > width) high = v128.add<T>(high, v128.load(c, 16));
  }
  if (count >= width) v128.store(c, low);
  else {
    storePart<T>(c, low, count);
    return;
  }
  if (count >= 2 * width) v128.store(c, high, 16);
  else if (count > width) storePart<T>(c + 16, high, count - width);
}

/** Four rows of c, two vectors wide. */
// @ts-ignore: decorator
@inline
function rows4<T>(
  c: usize, cRow: usize, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, k: i32, count: i32, accumulate: bool,
): void {
  let c00 = v128.splat<T>(0), c01 = v128.splat<T>(0), c10 = v128.splat<T>(0), c11 = v128.splat<T>(0);
  let c20 = v128.splat<T>(0), c21 = v128.splat<T>(0), c30 = v128.splat<T>(0), c31 = v128.splat<T>(0);
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  for (let l = 0; l < k; l++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = loadSplat<T>(a);
    c00 = v128.add<T>(c00, v128.mul<T>(x, b0));
    c01 = v128.add<T>(c01, v128.mul<T>(x, b1));
    x = loadSplat<T>(a1);
    c10 = v128.add<T>(c10, v128.mul<T>(x, b0));
    c11 = v128.add<T>(c11, v128.mul<T>(x, b1));
    x = loadSplat<T>(a2);
    c20 = v128.add<T>(c20, v128.mul<T>(x, b0));
    c21 = v128.add<T>(c21, v128.mul<T>(x, b1));
    x = loadSplat<T>(a3);
    c30 = v128.add<T>(c30, v128.mul<T>(x, b0));
    c31 = v128.add<T>(c31, v128.mul<T>(x, b1));
    b += bRow;
    a += aColumn;
    a1 += aColumn;
    a2 += aColumn;
    a3 += aColumn;
  }
  put<T>(c, c00, c01, count, accumulate);
  put<T>(c + cRow, c10, c11, count, accumulate);
  put<T>(c + 2 * cRow, c20, c21, count, accumulate);
  put<T>(c + 3 * cRow, c30, c31, count, accumulate);
}

/** One row of c, two vectors wide; k is split in two chains to hide the latency of the additions. */
// @ts-ignore: decorator
@inline
function rows1<T>(c: usize, a: usize, aColumn: usize, b: usize, bRow: usize, k: i32, count: i32, accumulate: bool): void {
  let c0 = v128.splat<T>(0), c1 = v128.splat<T>(0), d0 = v128.splat<T>(0), d1 = v128.splat<T>(0);
  let l = k;
  for (; l >= 2; l -= 2) {
    const x = loadSplat<T>(a);
    c0 = v128.add<T>(c0, v128.mul<T>(x, v128.load(b)));
    c1 = v128.add<T>(c1, v128.mul<T>(x, v128.load(b, 16)));
    const y = loadSplat<T>(a + aColumn);
    d0 = v128.add<T>(d0, v128.mul<T>(y, v128.load(b + bRow)));
    d1 = v128.add<T>(d1, v128.mul<T>(y, v128.load(b + bRow, 16)));
    a += 2 * aColumn;
    b += 2 * bRow;
  }
  if (l) {
    const x = loadSplat<T>(a);
    c0 = v128.add<T>(c0, v128.mul<T>(x, v128.load(b)));
    c1 = v128.add<T>(c1, v128.mul<T>(x, v128.load(b, 16)));
  }
  put<T>(c, v128.add<T>(c0, d0), v128.add<T>(c1, d1), count, accumulate);
}

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function total<T>(x: v128): T {
  x = v128.add<T>(x, v128.shuffle<i64>(x, x, 1, 0));
  if (sizeof<T>() == 4) x = v128.add<T>(x, v128.shuffle<i32>(x, x, 1, 0, 3, 2));
  return v128.extract_lane<T>(x, 0);
}

/** Dot products of one row with four columns of b that are contiguous along k. */
// @ts-ignore: decorator
@inline
function dots<T>(c: usize, a: usize, b: usize, bColumn: usize, k: i32, n: i32): void {
  const whole = k & ~(lanes<T>() - 1);
  const rest = k - whole;
  for (; n >= 4; n -= 4, b += 4 * bColumn, c += 4 * sizeof<T>()) {
    let s0 = v128.splat<T>(0), s1 = v128.splat<T>(0), s2 = v128.splat<T>(0), s3 = v128.splat<T>(0);
    let x = a;
    let y0 = b;
    let y1 = b + bColumn;
    let y2 = b + 2 * bColumn;
    let y3 = b + 3 * bColumn;
    const end = a + <usize>whole * sizeof<T>();
    for (; x < end; x += 16, y0 += 16, y1 += 16, y2 += 16, y3 += 16) {
      const v = v128.load(x);
      s0 = v128.add<T>(s0, v128.mul<T>(v, v128.load(y0)));
      s1 = v128.add<T>(s1, v128.mul<T>(v, v128.load(y1)));
      s2 = v128.add<T>(s2, v128.mul<T>(v, v128.load(y2)));
      s3 = v128.add<T>(s3, v128.mul<T>(v, v128.load(y3)));
    }
    let t0 = total<T>(s0), t1 = total<T>(s1), t2 = total<T>(s2), t3 = total<T>(s3);
    for (let l = 0; l < rest; l++) {
      const at = <usize>l * sizeof<T>();
      const v = load<T>(x + at);
      t0 = <T>(t0 + v * load<T>(y0 + at));
      t1 = <T>(t1 + v * load<T>(y1 + at));
      t2 = <T>(t2 + v * load<T>(y2 + at));
      t3 = <T>(t3 + v * load<T>(y3 + at));
    }
    store<T>(c, t0);
    store<T>(c + sizeof<T>(), t1);
    store<T>(c + 2 * sizeof<T>(), t2);
    store<T>(c + 3 * sizeof<T>(), t3);
  }
  for (; n > 0; n--, b += bColumn, c += sizeof<T>()) {
    let s0 = v128.splat<T>(0), s1 = v128.splat<T>(0);
    let x = a;
    let y = b;
    let l = k;
    for (; l >= 2 * lanes<T>(); l -= 2 * lanes<T>(), x += 32, y += 32) {
      s0 = v128.add<T>(s0, v128.mul<T>(v128.load(x), v128.load(y)));
      s1 = v128.add<T>(s1, v128.mul<T>(v128.load(x, 16), v128.load(y, 16)));
    }
    let t = total<T>(v128.add<T>(s0, s1));
    for (; l > 0; l--, x += sizeof<T>(), y += sizeof<T>()) t = <T>(t + load<T>(x) * load<T>(y));
    store<T>(c, t);
  }
}

// @ts-ignore: decorator
@inline
function matmul<T>(
  c: usize, a: usize, b: usize, scratch: usize, m: i32, n: i32, k: i32,
  aRowElements: i32, aColumnElements: i32, bRowElements: i32, bColumnElements: i32,
  batch: i32, aBatch: i32, bBatch: i32,
): void {
  const size = sizeof<T>();
  const width = 2 * lanes<T>();
  const cRow = <usize>n * size;
  const aRow = <usize>aRowElements * size;
  const aColumn = <usize>aColumnElements * size;
  const bRow = <usize>bRowElements * size;
  const bColumn = <usize>bColumnElements * size;
  for (; batch > 0; batch--, c += <usize>m * cRow, a += <usize>aBatch * size, b += <usize>bBatch * size) {
    // With one column, b runs along k with the stride of its rows.
    const alongK = n == 1 ? bRowElements == 1 : bRowElements == 1 && bColumnElements != 1 && m <= 6;
    if (alongK && aColumnElements == 1) {
      for (let i = 0; i < m; i++) dots<T>(c + <usize>i * cRow, a + <usize>i * aRow, b, bColumn, k, n);
      continue;
    }
    if (k == 0) memory.fill(c, 0, <usize>m * cRow);
    for (let l = 0; l < k; l += PANEL) {
      const depth = min(k - l, PANEL);
      for (let start = 0; start < m; start += BLOCK) {
        const end = min(start + BLOCK, m);
        const aBlock = a + <usize>l * aColumn;
        for (let j = 0; j < n; j += width) {
          let panel = b + <usize>l * bRow + <usize>j * bColumn;
          let panelRow = bRow;
          if (bColumn != size || m >= 16 || n - j < width) {
            pack<T>(scratch, panel, bRow, bColumn, depth, n - j);
            panel = scratch;
            panelRow = 32;
          }
          const to = c + <usize>j * size;
          let i: i32 = start;
          for (; i + 4 <= end; i += 4) {
            rows4<T>(to + <usize>i * cRow, cRow, aBlock + <usize>i * aRow, aRow, aColumn, panel, panelRow, depth, n - j, l > 0);
          }
          for (; i < end; i++) {
            rows1<T>(to + <usize>i * cRow, aBlock + <usize>i * aRow, aColumn, panel, panelRow, depth, n - j, l > 0);
          }
        }
      }
    }
  }
}

/** Strides in elements; `scratch` takes 16 KiB. */
export function matmulF32(
  c: usize, a: usize, b: usize, scratch: usize, m: i32, n: i32, k: i32,
  aRow: i32, aColumn: i32, bRow: i32, bColumn: i32, batch: i32, aBatch: i32, bBatch: i32,
): void {
  matmul<f32>(c, a, b, scratch, m, n, k, aRow, aColumn, bRow, bColumn, batch, aBatch, bBatch);
}
export function matmulF64(
  c: usize, a: usize, b: usize, scratch: usize, m: i32, n: i32, k: i32,
  aRow: i32, aColumn: i32, bRow: i32, bColumn: i32, batch: i32, aBatch: i32, bBatch: i32,
): void {
  matmul<f64>(c, a, b, scratch, m, n, k, aRow, aColumn, bRow, bColumn, batch, aBatch, bBatch);
}
