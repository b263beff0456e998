/**
 * A one-dimensional complex transform of a block of lanes: passes of mixed radix, or Bluestein's chirp
 * convolution for lengths with prime factors above 7 (Bluestein 1970, IEEE Trans. Audio Electroacoust. 18, 451).
 *
 * Plan of an axis, 32 int32 (made by `src/plan.ts`):
 *   0 n · 1 length M of the convolution, 0 without · 2 offset of the twiddles · 3 number of passes · 4 … radices
 *   24 offset of the chirp (n pairs) · 25 offset of the spectrum of the chirp (M pairs) · 26 offset of the
 *   twiddles of a real transform. Offsets count numbers of the float table.
 */
import { PAIR, pass, reachesOut, readPass, writePass } from './passes';

@inline export function field(plan: usize, index: usize): i32 {
  return load<i32>(plan + (index << 2));
}

/** Address of the float table's part that a field of the plan points to. */
@inline export function part<T>(plan: usize, index: usize, table: usize): usize {
  return table + <usize>field(plan, index) * sizeof<T>();
}

/** Elements that a buffer must hold: the transform's, or the convolution's, and one for the real transforms. */
@inline export function bufferLength(plan: usize): usize {
  const n = field(plan, 0), m = field(plan, 1);
  return <usize>(n > m ? n : m) + 1;
}

/** Bytes that `blockVectors` vectors an element of one buffer take. */
@inline export function bufferBytes(plan: usize, vectors: usize): usize {
  return bufferLength(plan) * vectors * PAIR;
}

/**
 * Runs the passes `first` … `end` − 1 from a; the result is in a or b: returns where.
 */
function passes<T>(plan: usize, table: usize, n: i32, a: usize, b: usize, vectors: usize, first: i32, end: i32): usize {
  let w = part<T>(plan, 2, table);
  let inner = vectors * PAIR;
  let left = n;
  for (let i = 0; i < end; i++) {
    const radix = field(plan, 4 + i);
    left /= radix;
    if (i >= first) {
      pass<T>(radix, a, b, left, inner, w);
      const swap = a;
      a = b;
      b = swap;
    }
    w += <usize>(2 * (radix - 1) * left) * sizeof<T>();
    inner *= radix;
  }
  return a;
}

/**
 * x[k] ← x[k] c[k] for `count` elements, then re and im change places where `swapped`.
 */
@inline function modulate<T>(x: usize, c: usize, count: i32, vectors: usize, swapped: bool): void {
  for (let k = 0; k < count; k++, c += 2 * sizeof<T>()) {
    const cr = v128.load_splat<T>(c), ci = v128.load_splat<T>(c + sizeof<T>());
    for (const end = x + vectors * PAIR; x < end; x += PAIR) {
      const re = v128.load(x), im = v128.load(x, 16);
      const yr = v128.sub<T>(v128.mul<T>(re, cr), v128.mul<T>(im, ci));
      const yi = v128.add<T>(v128.mul<T>(re, ci), v128.mul<T>(im, cr));
      v128.store(x, swapped ? yi : yr);
      v128.store(x, swapped ? yr : yi, 16);
    }
  }
}

function bluestein<T>(plan: usize, table: usize, a: usize, b: usize, vectors: usize): usize {
  const n = field(plan, 0), m = field(plan, 1);
  const chirp = part<T>(plan, 24, table);
  modulate<T>(a, chirp, n, vectors, false);
  memory.fill(a + <usize>n * vectors * PAIR, 0, <usize>(m - n) * vectors * PAIR);
  let x = passes<T>(plan, table, m, a, b, vectors, 0, field(plan, 3));
  // Exchanging re and im before and after makes the forward transform the inverse one.
  modulate<T>(x, part<T>(plan, 25, table), m, vectors, true);
  x = passes<T>(plan, table, m, x, x == a ? b : a, vectors, 0, field(plan, 3));
  const bytes = <usize>n * vectors * PAIR;
  for (let i: usize = 0; i < bytes; i += PAIR) {
    const re = v128.load(x + i);
    v128.store(x + i, v128.load(x + i, 16));
    v128.store(x + i, re, 16);
  }
  modulate<T>(x, chirp, n, vectors, false);
  return x;
}

/** Forward transform of the block in a (b is scratch of the same size); returns the buffer with the result. */
export function transformLanes<T>(plan: usize, table: usize, a: usize, b: usize, vectors: usize): usize {
  if (field(plan, 1)) return bluestein<T>(plan, table, a, b, vectors);
  return passes<T>(plan, table, field(plan, 0), a, b, vectors, 0, field(plan, 3));
}

/**
 * Whether the lines of a butterfly's rows stay in the first-level cache together: with far rows, or re and im a
 * multiple of 4096 bytes apart, too many fall on one of its sets, and a copy to the block first is quicker.
 */
@inline function cacheable(gap: usize, stride: usize): bool {
  return stride <= 16384 && (gap & 4095) != 0;
}

/** Whether the first pass shall read its elements from outside the block: `transformFrom`. */
@inline export function readsOut(plan: usize, gap: usize, stride: usize): bool {
  return cacheable(gap, stride) && !field(plan, 1) && field(plan, 3) > 1 && reachesOut(field(plan, 4));
}

/** Whether the last pass shall write its elements outside the block: `transformTo`. */
@inline export function writesOut(plan: usize, gap: usize, stride: usize): bool {
  return cacheable(gap, stride) && !field(plan, 1) && field(plan, 3) > 1 && reachesOut(field(plan, 3 + field(plan, 3)));
}

/** Forward transform of a matrix's columns (re at x, im `gap` further) into a or b; returns where. */
export function transformFrom<T>(
  plan: usize, table: usize, x: usize, gap: usize, stride: usize, a: usize, b: usize, vectors: usize, end: i32,
): usize {
  const n = field(plan, 0), radix = field(plan, 4);
  readPass<T>(radix, x, gap, stride, a, n / radix, vectors, part<T>(plan, 2, table));
  return passes<T>(plan, table, n, a, b, vectors, 1, end);
}

/** Forward transform of a block to a matrix's columns, from pass `first` on. */
export function transformTo<T>(
  plan: usize, table: usize, a: usize, b: usize, y: usize, gap: usize, stride: usize, vectors: usize, first: i32,
): void {
  const n = field(plan, 0), last = field(plan, 3) - 1;
  const radix = field(plan, 4 + last);
  const x = passes<T>(plan, table, n, a, b, vectors, first, last);
  writePass<T>(radix, x, y, gap, stride, n / radix, vectors);
}
