/** Butterfly passes of the plain Stockham transform, in double precision. */
import { unitRoot } from './twiddles.ts';

/** One pass from x to y; its twiddles start at `at`. */
export type Pass = (
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  done: number,
  span: number,
  twiddles: Float64Array,
  at: number,
) => void;

/** Radix 2. */
export const pass2: Pass = (xr, xi, yr, yi, done, span, twiddles, at) => {
  const reach = done * span;
  for (let p = 0; p < span; p++, at += 2) {
    const wr = twiddles[at]!;
    const wi = twiddles[at + 1]!;
    for (let a = done * p, to = 2 * done * p, end = a + done; a < end; a++, to++) {
      const b = a + reach;
      const dr = xr[a]! - xr[b]!;
      const di = xi[a]! - xi[b]!;
      yr[to] = xr[a]! + xr[b]!;
      yi[to] = xi[a]! + xi[b]!;
      yr[to + done] = dr * wr - di * wi;
      yi[to + done] = dr * wi + di * wr;
    }
  }
};

/** Radix 4. */
export const pass4: Pass = (xr, xi, yr, yi, done, span, twiddles, at) => {
  const reach = done * span;
  for (let p = 0; p < span; p++, at += 6) {
    const w1r = twiddles[at]!;
    const w1i = twiddles[at + 1]!;
    const w2r = twiddles[at + 2]!;
    const w2i = twiddles[at + 3]!;
    const w3r = twiddles[at + 4]!;
    const w3i = twiddles[at + 5]!;
    for (let a = done * p, to = 4 * done * p, end = a + done; a < end; a++, to++) {
      const b = a + reach;
      const c = b + reach;
      const d = c + reach;
      const acr = xr[a]! + xr[c]!;
      const aci = xi[a]! + xi[c]!;
      const bdr = xr[b]! + xr[d]!;
      const bdi = xi[b]! + xi[d]!;
      const mr = xr[a]! - xr[c]!;
      const mi = xi[a]! - xi[c]!;
      const nr = xr[b]! - xr[d]!;
      const ni = xi[b]! - xi[d]!;
      yr[to] = acr + bdr;
      yi[to] = aci + bdi;
      yr[to + done] = (mr + ni) * w1r - (mi - nr) * w1i;
      yi[to + done] = (mr + ni) * w1i + (mi - nr) * w1r;
      yr[to + 2 * done] = (acr - bdr) * w2r - (aci - bdi) * w2i;
      yi[to + 2 * done] = (acr - bdr) * w2i + (aci - bdi) * w2r;
      yr[to + 3 * done] = (mr - ni) * w3r - (mi + nr) * w3i;
      yi[to + 3 * done] = (mr - ni) * w3i + (mi + nr) * w3r;
    }
  }
};

/** Radix 3, 5, 7: sums and differences of opposite elements, then the cosines and sines of the roots of unity. */
export function passOdd(radix: number): Pass {
  const cos = Array.from({ length: radix }, (_, j) => unitRoot(j, radix)[0]);
  const sin = Array.from({ length: radix }, (_, j) => -unitRoot(j, radix)[1]);
  const pairs = (radix - 1) / 2;
  const [sumRe, sumIm, gapRe, gapIm] = [0, 1, 2, 3].map(() => new Float64Array(pairs + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return (xr, xi, yr, yi, done, span, twiddles, at) => {
    const reach = done * span;
    const store = (to: number, re: number, im: number, w: number): void => {
      yr[to] = re * twiddles[w]! - im * twiddles[w + 1]!;
      yi[to] = re * twiddles[w + 1]! + im * twiddles[w]!;
    };
    for (let p = 0; p < span; p++, at += 2 * (radix - 1)) {
      for (let q = 0; q < done; q++) {
        const a = q + done * p;
        const to = q + done * radix * p;
        let totalRe = xr[a]!;
        let totalIm = xi[a]!;
        for (let k = 1; k <= pairs; k++) {
          const b = a + k * reach;
          const c = a + (radix - k) * reach;
          sumRe[k] = xr[b]! + xr[c]!;
          sumIm[k] = xi[b]! + xi[c]!;
          gapRe[k] = xr[b]! - xr[c]!;
          gapIm[k] = xi[b]! - xi[c]!;
          totalRe += sumRe[k]!;
          totalIm += sumIm[k]!;
        }
        yr[to] = totalRe;
        yi[to] = totalIm;
        for (let j = 1; j <= pairs; j++) {
          let evenRe = xr[a]!;
          let evenIm = xi[a]!;
          let oddRe = 0;
          let oddIm = 0;
          for (let k = 1; k <= pairs; k++) {
            const turn = (j * k) % radix;
            evenRe += cos[turn]! * sumRe[k]!;
            evenIm += cos[turn]! * sumIm[k]!;
            oddRe += sin[turn]! * gapIm[k]!;
            oddIm -= sin[turn]! * gapRe[k]!;
          }
          store(to + j * done, evenRe + oddRe, evenIm + oddIm, at + 2 * (j - 1));
          store(to + (radix - j) * done, evenRe - oddRe, evenIm - oddIm, at + 2 * (radix - j - 1));
        }
      }
    }
  };
}
