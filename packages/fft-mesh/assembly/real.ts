/**
 * Between the complex transform of a block and the half-complex spectrum of real data, in place.
 *
 * Even length n = 2h: z_j = x_2j + i x_(2j+1), so with Z its transform of length h, E = (Z_k + conj Z_(h−k))/2,
 * O = −i (Z_k − conj Z_(h−k))/2 and w = e^(−2πi k/n): X_k = E + w O, X_(h−k) = conj(E − w O).
 * Odd length: two rows in one, g = a + i b: A_k = (G_k + conj G_(n−k))/2, B_k = −i (G_k − conj G_(n−k))/2;
 * A_k lies in element k, B_k in element n − k. The inverses leave re and im exchanged, as the inverse transform needs.
 */
import { PAIR } from './passes';

/** Z (h elements) to X_0 … X_h. */
export function unpackEven<T>(x: usize, h: i32, vectors: usize, roots: usize): void {
  const step = vectors * PAIR;
  const half = v128.splat<T>(<T>0.5), zero = f64x2.splat(0);
  const last = x + <usize>h * step;
  for (let v: usize = 0; v < step; v += PAIR) {
    const re = v128.load(x + v), im = v128.load(x + v, 16);
    v128.store(x + v, v128.add<T>(re, im));
    v128.store(x + v, zero, 16);
    v128.store(last + v, v128.sub<T>(re, im));
    v128.store(last + v, zero, 16);
  }
  let a = x + step, b = last - step;
  for (let k = 1; 2 * k <= h; k++) {
    roots += 2 * sizeof<T>();
    const wr = v128.mul<T>(v128.load_splat<T>(roots), half), wi = v128.mul<T>(v128.load_splat<T>(roots + sizeof<T>()), half);
    for (const end = a + step; a < end; a += PAIR, b += PAIR) {
      const ar = v128.load(a), ai = v128.load(a, 16), br = v128.load(b), bi = v128.load(b, 16);
      const er = v128.mul<T>(v128.add<T>(ar, br), half), ei = v128.mul<T>(v128.sub<T>(ai, bi), half);
      const or = v128.add<T>(ai, bi), oi = v128.sub<T>(br, ar);
      const tr = v128.sub<T>(v128.mul<T>(or, wr), v128.mul<T>(oi, wi));
      const ti = v128.add<T>(v128.mul<T>(or, wi), v128.mul<T>(oi, wr));
      v128.store(a, v128.add<T>(er, tr));
      v128.store(a, v128.add<T>(ei, ti), 16);
      v128.store(b, v128.sub<T>(er, tr));
      v128.store(b, v128.sub<T>(ti, ei), 16);
    }
    b -= 2 * step;
  }
}

/** X_0 … X_h to Z · 2 scale, re and im exchanged. The imaginary parts of X_0 and X_h are not read. */
export function packEven<T>(x: usize, h: i32, vectors: usize, roots: usize, scale: T): void {
  const step = vectors * PAIR;
  const s = v128.splat<T>(scale);
  const last = x + <usize>h * step;
  for (let v: usize = 0; v < step; v += PAIR) {
    const a = v128.mul<T>(v128.load(x + v), s), b = v128.mul<T>(v128.load(last + v), s);
    v128.store(x + v, v128.sub<T>(a, b));
    v128.store(x + v, v128.add<T>(a, b), 16);
  }
  let a = x + step, b = last - step;
  for (let k = 1; 2 * k <= h; k++) {
    roots += 2 * sizeof<T>();
    const wr = v128.mul<T>(v128.load_splat<T>(roots), s), wi = v128.mul<T>(v128.load_splat<T>(roots + sizeof<T>()), s);
    for (const end = a + step; a < end; a += PAIR, b += PAIR) {
      const ar = v128.load(a), ai = v128.load(a, 16), br = v128.load(b), bi = v128.load(b, 16);
      const er = v128.mul<T>(v128.add<T>(ar, br), s), ei = v128.mul<T>(v128.sub<T>(ai, bi), s);
      const dr = v128.sub<T>(ar, br), di = v128.add<T>(ai, bi);
      // F = i conj(w) D
      const fr = v128.sub<T>(v128.mul<T>(dr, wi), v128.mul<T>(di, wr));
      const fi = v128.add<T>(v128.mul<T>(dr, wr), v128.mul<T>(di, wi));
      v128.store(a, v128.add<T>(ei, fi));
      v128.store(a, v128.add<T>(er, fr), 16);
      v128.store(b, v128.sub<T>(fi, ei));
      v128.store(b, v128.sub<T>(er, fr), 16);
    }
    b -= 2 * step;
  }
}

/** G (n elements) to A_k in elements k and B_k in elements n − k, k ≤ (n − 1)/2. */
export function unpackOdd<T>(x: usize, n: i32, vectors: usize): void {
  const step = vectors * PAIR;
  const half = v128.splat<T>(<T>0.5), zero = f64x2.splat(0);
  const last = x + <usize>n * step;
  for (let v: usize = 0; v < step; v += PAIR) {
    v128.store(last + v, v128.load(x + v, 16));
    v128.store(last + v, zero, 16);
    v128.store(x + v, zero, 16);
  }
  let a = x + step, b = last - step;
  for (; a < b; b -= 2 * step) {
    for (const end = a + step; a < end; a += PAIR, b += PAIR) {
      const gr = v128.mul<T>(v128.load(a), half), gi = v128.mul<T>(v128.load(a, 16), half);
      const hr = v128.mul<T>(v128.load(b), half), hi = v128.mul<T>(v128.load(b, 16), half);
      v128.store(a, v128.add<T>(gr, hr));
      v128.store(a, v128.sub<T>(gi, hi), 16);
      v128.store(b, v128.add<T>(gi, hi));
      v128.store(b, v128.sub<T>(hr, gr), 16);
    }
  }
}

/** The way back, times scale: G_k = A_k + i B_k, G_(n−k) = conj A_k + i conj B_k; re and im exchanged. */
export function packOdd<T>(x: usize, n: i32, vectors: usize, scale: T): void {
  const step = vectors * PAIR;
  const s = v128.splat<T>(scale);
  const last = x + <usize>n * step;
  for (let v: usize = 0; v < step; v += PAIR) {
    const a = v128.load(x + v);
    v128.store(x + v, v128.mul<T>(v128.load(last + v), s));
    v128.store(x + v, v128.mul<T>(a, s), 16);
  }
  let a = x + step, b = last - step;
  for (; a < b; b -= 2 * step) {
    for (const end = a + step; a < end; a += PAIR, b += PAIR) {
      const ar = v128.mul<T>(v128.load(a), s), ai = v128.mul<T>(v128.load(a, 16), s);
      const br = v128.mul<T>(v128.load(b), s), bi = v128.mul<T>(v128.load(b, 16), s);
      v128.store(a, v128.add<T>(ai, br));
      v128.store(a, v128.sub<T>(ar, bi), 16);
      v128.store(b, v128.sub<T>(br, ai));
      v128.store(b, v128.add<T>(ar, bi), 16);
    }
  }
}
