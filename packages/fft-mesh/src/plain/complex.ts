/**
 * One complex transform in double precision, on plain arrays: the reference that every kernel is held against,
 * and the quick tool for somebody who needs one FFT and no tensors. Stockham autosort passes of radix 2, 3, 4,
 * 5, 7; Bluestein's chirp convolution (1970) where n has other prime factors.
 */
import { TensorError } from '@equiflow/tensor';
import { checkLength, convolutionLength, radices } from '../factor.ts';
import { chirp, passTwiddles, unitRoot } from './twiddles.ts';

/** A transform of one length, with its tables: make it once, use it often. */
export interface FftPlan {
  readonly n: number;
  /** X_k = Σ_j x_j e^(−2πi jk/n), in place. @throws TensorError when an array is not of length n. */
  forward(re: Float64Array, im: Float64Array): void;
  /** x_j = 1/n Σ_k X_k e^(+2πi jk/n), in place. @throws TensorError when an array is not of length n. */
  inverse(re: Float64Array, im: Float64Array): void;
}

const plans = new Map<number, FftPlan>();

/**
 * The transform of length n; tables are made once for each length and kept.
 * @example
 * const plan = fftPlan(6);
 * plan.forward(re, im); // re, im: Float64Array of 6 values, transformed in place
 * @throws TensorError when n is not a positive integer.
 */
export function fftPlan(n: number): FftPlan {
  let found = plans.get(n);
  if (!found) {
    checkLength('fftPlan', n);
    found = makePlan(n);
    plans.set(n, found);
  }
  return found;
}

function makePlan(n: number): FftPlan {
  const factors = radices(n);
  const transform = factors ? stockham(n, factors) : bluestein(n);
  const check = (re: Float64Array, im: Float64Array): void => {
    if (re.length !== n || im.length !== n) {
      throw new TensorError(
        `fftPlan(${n}): got arrays of ${re.length} and ${im.length} values; give ${n} each`,
      );
    }
  };
  return {
    n,
    forward(re, im) {
      check(re, im);
      transform(re, im);
    },
    inverse(re, im) {
      check(re, im);
      transform(im, re);
      for (let j = 0; j < n; j++) {
        re[j]! /= n;
        im[j]! /= n;
      }
    },
  };
}

type Transform = (re: Float64Array, im: Float64Array) => void;

/** Stockham passes: y[q + s(rp + j)] = w^(pj) Σ_k x[q + s(p + mk)] e^(−2πi jk/r), s the product of the radices done. */
function stockham(n: number, factors: readonly number[]): Transform {
  const twiddles = passTwiddles(n, factors);
  const roots = new Map(
    factors.map((radix) => [
      radix,
      Float64Array.from({ length: 2 * radix }, (_, i) => unitRoot(i >> 1, radix)[i & 1]!),
    ]),
  );
  const workRe = new Float64Array(n);
  const workIm = new Float64Array(n);
  return (re, im) => {
    let [xr, xi, yr, yi]: [Float64Array, Float64Array, Float64Array, Float64Array] = [re, im, workRe, workIm];
    let done = 1;
    let left = n;
    let at = 0;
    for (const radix of factors) {
      const span = left / radix;
      const turn = roots.get(radix)!;
      for (let p = 0; p < span; p++) {
        for (let j = 0; j < radix; j++) {
          const wr = j === 0 ? 1 : twiddles[at + 2 * j - 2]!;
          const wi = j === 0 ? 0 : twiddles[at + 2 * j - 1]!;
          for (let q = 0; q < done; q++) {
            let sumRe = 0;
            let sumIm = 0;
            for (let k = 0; k < radix; k++) {
              const which = 2 * ((j * k) % radix);
              const cr = turn[which]!;
              const ci = turn[which + 1]!;
              const from = q + done * (p + span * k);
              sumRe += xr[from]! * cr - xi[from]! * ci;
              sumIm += xr[from]! * ci + xi[from]! * cr;
            }
            const to = q + done * (radix * p + j);
            yr[to] = sumRe * wr - sumIm * wi;
            yi[to] = sumRe * wi + sumIm * wr;
          }
        }
        at += 2 * (radix - 1);
      }
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      done *= radix;
      left = span;
    }
    if (xr !== re) {
      re.set(xr);
      im.set(xi);
    }
  };
}

/** X_k = c_k Σ_j (x_j c_j) conj(c_(k−j)), c the chirp: a cyclic convolution of smooth length. */
function bluestein(n: number): Transform {
  const m = convolutionLength(n);
  const inner = fftPlan(m);
  const c = chirp(n);
  const kernel = chirpSpectrum(n, m);
  const ar = new Float64Array(m);
  const ai = new Float64Array(m);
  return (re, im) => {
    ar.fill(0);
    ai.fill(0);
    for (let j = 0; j < n; j++) {
      ar[j] = re[j]! * c[2 * j]! - im[j]! * c[2 * j + 1]!;
      ai[j] = re[j]! * c[2 * j + 1]! + im[j]! * c[2 * j]!;
    }
    inner.forward(ar, ai);
    for (let k = 0; k < m; k++) {
      const xr = ar[k]!;
      const xi = ai[k]!;
      const wr = kernel[2 * k]!;
      const wi = kernel[2 * k + 1]!;
      ar[k] = xr * wr - xi * wi;
      ai[k] = xr * wi + xi * wr;
    }
    // The kernel is already divided by m, so the unnormalised inverse: re and im exchanged.
    inner.forward(ai, ar);
    for (let k = 0; k < n; k++) {
      re[k] = ar[k]! * c[2 * k]! - ai[k]! * c[2 * k + 1]!;
      im[k] = ar[k]! * c[2 * k + 1]! + ai[k]! * c[2 * k]!;
    }
  };
}

/** Spectrum of the conjugate chirp, wrapped to length m, over m: the kernel of Bluestein's convolution. */
export function chirpSpectrum(n: number, m: number): Float64Array {
  const pairs = chirp(n);
  const re = new Float64Array(m);
  const im = new Float64Array(m);
  for (let j = 0; j < n; j++) {
    re[j] = pairs[2 * j]! / m;
    im[j] = -pairs[2 * j + 1]! / m;
    if (j > 0) {
      re[m - j] = re[j]!;
      im[m - j] = im[j]!;
    }
  }
  fftPlan(m).forward(re, im);
  return Float64Array.from({ length: 2 * m }, (_, i) => (i & 1 ? im[i >> 1]! : re[i >> 1]!));
}
