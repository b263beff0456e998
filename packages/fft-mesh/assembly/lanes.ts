/**
 * A one-dimensional complex transform of a block of lanes: passes of mixed radix, or Bluestein's chirp
 * convolution for lengths with prime factors above 7 (Bluestein 1970, IEEE Trans. Audio Electroacoust. 18, 451).
 *
 * Plan of an axis, 32 int32 (made by `src/plan.ts`):
 *   0 n · 1 length M of the convolution, 0 without · 2 offset of the twiddles · 3 number of passes · 4 … radices
 *   24 offset of the chirp (n pairs) · 25 offset of the spectrum of the chirp (M pairs) · 26 offset of the
 *   twiddles of a real transform. Offsets count numbers of the float table.
 */
import { PAIR, pass } from './passes';

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

/** Runs the passes from a; the result is in a or b: returns where. */
function passes<T>(plan: usize, table: usize, n: i32, a: usize, b: usize, vectors: usize): usize {
  let w = part<T>(plan, 2, table);
  let inner = vectors * PAIR;
  let left = n;
  const count = field(plan, 3);
  for (let i = 0; i < count; i++) {
    const radix = field(plan, 4 + i);
    left /= radix;
    pass<T>(radix, a, b, left, inner, w);
    w += <usize>(2 * (radix - 1) * left) * sizeof<T>();
    inner *= radix;
    const swap = a;
    a = b;
    b = swap;
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
  let x = passes<T>(plan, table, m, a, b, vectors);
  // Exchanging re and im before and after makes the forward transform the inverse one.
  modulate<T>(x, part<T>(plan, 25, table), m, vectors, true);
  x = passes<T>(plan, table, m, x, x == a ? b : a, vectors);
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
  return passes<T>(plan, table, field(plan, 0), a, b, vectors);
}
