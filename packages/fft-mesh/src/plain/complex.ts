/**
 * One complex transform in double precision, on plain arrays: the reference that every kernel is held against,
 * and the quick tool for somebody who needs one FFT and no tensors. Stockham autosort passes of radix 2, 3, 4,
 * 5, 7; Bluestein's chirp convolution (1970) where n has other prime factors.
 */
import { TensorError } from '@equiflow/tensor';
import { checkLength, convolutionLength, radices } from '../factor.ts';
import { pass2, pass4, passOdd } from './passes.ts';
import { chirp, passTwiddles } from './twiddles.ts';

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
function stockham(n: number, mixed: readonly number[]): Transform {
  const factors = mixed.flatMap((radix) => (radix === 8 ? [4, 2] : [radix]));
  const passes = factors.map((radix) => (radix === 4 ? pass4 : radix === 2 ? pass2 : passOdd(radix)));
  const twiddles = passTwiddles(n, factors);
  const workRe = new Float64Array(n);
  const workIm = new Float64Array(n);
  return (re, im) => {
    let [xr, xi, yr, yi]: [Float64Array, Float64Array, Float64Array, Float64Array] = [re, im, workRe, workIm];
    let done = 1;
    let left = n;
    let at = 0;
    factors.forEach((radix, index) => {
      const span = left / radix;
      passes[index]!(xr, xi, yr, yi, done, span, twiddles, at);
      at += 2 * (radix - 1) * span;
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      done *= radix;
      left = span;
    });
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
