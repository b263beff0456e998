/**
 * LU factorisation of band matrices with partial pivoting, real and complex (Golub & Van Loan, section 4.3; LAPACK's
 * gbtrf): row i holds columns i − lower … i + upper + lower, the last `lower` of them room for what pivoting fills in.
 * The multipliers of a column stay where they were made, so that solving exchanges rows as it eliminates.
 */

/** How many diagonals there are below and above the main one. */
export interface Bandwidth {
  readonly lower: number;
  readonly upper: number;
}

/** Length of a row in the factorisation. */
export function factorWidth({ lower, upper }: Bandwidth): number {
  return 2 * lower + upper + 1;
}

/** Factorises in place; false for a singular or not finite matrix. */
export function bandFactor(a: Float64Array, n: number, band: Bandwidth, pivots: Int32Array): boolean {
  const { lower, upper } = band;
  // Entry (i, j) is at i (width − 1) + j + lower.
  const stride = factorWidth(band) - 1;
  for (let k = 0; k < n; k++) {
    const bottom = Math.min(n - 1, k + lower);
    const right = Math.min(n - 1, k + upper + lower);
    let pivot = k;
    let largest = Math.abs(a[k * stride + k + lower]!);
    for (let i = k + 1; i <= bottom; i++) {
      const size = Math.abs(a[i * stride + k + lower]!);
      if (size > largest) [largest, pivot] = [size, i];
    }
    if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
    pivots[k] = pivot;
    const [top, other] = [k * stride + lower, pivot * stride + lower];
    if (pivot !== k) {
      for (let j = k; j <= right; j++) {
        const held = a[top + j]!;
        a[top + j] = a[other + j]!;
        a[other + j] = held;
      }
    }
    const inverse = 1 / a[top + k]!;
    for (let i = k + 1; i <= bottom; i++) {
      const row = i * stride + lower;
      const factor = a[row + k]! * inverse;
      a[row + k] = factor;
      if (factor === 0) continue;
      for (let j = k + 1; j <= right; j++) a[row + j]! -= factor * a[top + j]!;
    }
  }
  return true;
}

/** Solves A x = b in place of b, with the factors of `bandFactor`. */
export function bandSolve(
  a: Float64Array,
  n: number,
  band: Bandwidth,
  pivots: Int32Array,
  b: Float64Array,
): void {
  const { lower, upper } = band;
  const stride = factorWidth(band) - 1;
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k]!;
    const value = b[pivot]!;
    b[pivot] = b[k]!;
    b[k] = value;
    const bottom = Math.min(n - 1, k + lower);
    for (let i = k + 1; i <= bottom; i++) b[i]! -= a[i * stride + k + lower]! * value;
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * stride + lower;
    const right = Math.min(n - 1, i + upper + lower);
    let sum = b[i]!;
    for (let j = i + 1; j <= right; j++) sum -= a[row + j]! * b[j]!;
    b[i] = sum / a[row + i]!;
  }
}

/** `bandFactor` of a complex matrix, in two arrays. */
export function complexBandFactor(
  re: Float64Array,
  im: Float64Array,
  n: number,
  band: Bandwidth,
  pivots: Int32Array,
): boolean {
  const { lower, upper } = band;
  const stride = factorWidth(band) - 1;
  for (let k = 0; k < n; k++) {
    const bottom = Math.min(n - 1, k + lower);
    const right = Math.min(n - 1, k + upper + lower);
    let pivot = k;
    let largest = -1;
    for (let i = k; i <= bottom; i++) {
      const at = i * stride + k + lower;
      const size = Math.abs(re[at]!) + Math.abs(im[at]!);
      if (size > largest) [largest, pivot] = [size, i];
    }
    if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
    pivots[k] = pivot;
    const [top, other] = [k * stride + lower, pivot * stride + lower];
    if (pivot !== k) {
      for (const part of [re, im]) {
        for (let j = k; j <= right; j++) {
          const held = part[top + j]!;
          part[top + j] = part[other + j]!;
          part[other + j] = held;
        }
      }
    }
    const [pr, pi] = [re[top + k]!, im[top + k]!];
    const scale = 1 / (pr * pr + pi * pi);
    for (let i = k + 1; i <= bottom; i++) {
      const row = i * stride + lower;
      const [xr, xi] = [re[row + k]!, im[row + k]!];
      const fr = (xr * pr + xi * pi) * scale;
      const fi = (xi * pr - xr * pi) * scale;
      re[row + k] = fr;
      im[row + k] = fi;
      if (fr === 0 && fi === 0) continue;
      for (let j = k + 1; j <= right; j++) {
        const [ur, ui] = [re[top + j]!, im[top + j]!];
        re[row + j]! -= fr * ur - fi * ui;
        im[row + j]! -= fr * ui + fi * ur;
      }
    }
  }
  return true;
}

/** `bandSolve` of a complex system. */
export function complexBandSolve(
  re: Float64Array,
  im: Float64Array,
  n: number,
  band: Bandwidth,
  pivots: Int32Array,
  bRe: Float64Array,
  bIm: Float64Array,
): void {
  const { lower, upper } = band;
  const stride = factorWidth(band) - 1;
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k]!;
    const [vr, vi] = [bRe[pivot]!, bIm[pivot]!];
    bRe[pivot] = bRe[k]!;
    bIm[pivot] = bIm[k]!;
    bRe[k] = vr;
    bIm[k] = vi;
    const bottom = Math.min(n - 1, k + lower);
    for (let i = k + 1; i <= bottom; i++) {
      const at = i * stride + k + lower;
      bRe[i]! -= re[at]! * vr - im[at]! * vi;
      bIm[i]! -= re[at]! * vi + im[at]! * vr;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * stride + lower;
    const right = Math.min(n - 1, i + upper + lower);
    let [sr, si] = [bRe[i]!, bIm[i]!];
    for (let j = i + 1; j <= right; j++) {
      const [ur, ui] = [re[row + j]!, im[row + j]!];
      sr -= ur * bRe[j]! - ui * bIm[j]!;
      si -= ur * bIm[j]! + ui * bRe[j]!;
    }
    const [dr, di] = [re[row + i]!, im[row + i]!];
    const scale = 1 / (dr * dr + di * di);
    bRe[i] = (sr * dr + si * di) * scale;
    bIm[i] = (si * dr - sr * di) * scale;
  }
}
