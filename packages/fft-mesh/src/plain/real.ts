/** Transforms of plain arrays: one call, no tensors, no plan to keep. */
import { TensorError } from '@equiflow/tensor';
import { halfLength } from '../shells.ts';
import { fftPlan } from './complex.ts';

/** Real and imaginary parts of a spectrum. */
export interface ComplexArrays {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Spectrum of one real array of any length: the n/2 + 1 modes of the half-complex layout, unnormalised (NumPy's `rfft`).
 * @example
 * realFft(Float64Array.of(1, 0, 0, 0)).re; // [1, 1, 1]
 */
export function realFft(x: ArrayLike<number>): ComplexArrays {
  const re = Float64Array.from(x);
  const im = new Float64Array(re.length);
  fftPlan(re.length).forward(re, im);
  return { re: re.slice(0, halfLength(re.length)), im: im.slice(0, halfLength(re.length)) };
}

/**
 * The real array of n values with that half-complex spectrum, with the factor 1/n (NumPy's `irfft`). The imaginary
 * parts of modes 0 and, for even n, n/2 are taken as 0.
 * @throws TensorError when the arrays do not hold n/2 + 1 values.
 */
export function inverseRealFft({ re, im }: ComplexArrays, n: number = 2 * (re.length - 1)): Float64Array {
  const half = halfLength(n);
  if (re.length !== half || im.length !== half) {
    throw new TensorError(
      `inverseRealFft: ${re.length} and ${im.length} modes for ${n} values; give ${half} each`,
    );
  }
  const fullRe = new Float64Array(n);
  const fullIm = new Float64Array(n);
  fillHermitian(re, im, 0, n, fullRe, fullIm);
  fftPlan(n).inverse(fullRe, fullIm);
  return fullRe;
}

/** The n modes of a real array out of the n/2 + 1 that start at `from`. */
export function fillHermitian(
  re: ArrayLike<number>,
  im: ArrayLike<number>,
  from: number,
  n: number,
  fullRe: Float64Array,
  fullIm: Float64Array,
): void {
  for (let k = 0; 2 * k <= n; k++) {
    const real = re[from + k]!;
    const imaginary = k === 0 || 2 * k === n ? 0 : im[from + k]!;
    fullRe[k] = real;
    fullIm[k] = imaginary;
    if (k > 0) {
      fullRe[n - k] = real;
      fullIm[n - k] = -imaginary;
    }
  }
}
