/** Dense LU factorisation with partial pivoting, real and complex, row-major in place (Golub & Van Loan, algorithm 3.4.1). */

/** Factorises in place; `pivots[k]` is the row exchanged with k. False for a singular or not finite matrix. */
export function luFactor(a: Float64Array, n: number, pivots: Int32Array): boolean {
  for (let k = 0; k < n; k++) {
    let pivot = k;
    let largest = Math.abs(a[k * n + k]!);
    for (let i = k + 1; i < n; i++) {
      const size = Math.abs(a[i * n + k]!);
      if (size > largest) [largest, pivot] = [size, i];
    }
    if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
    pivots[k] = pivot;
    if (pivot !== k) {
      for (let j = 0; j < n; j++) {
        const held = a[k * n + j]!;
        a[k * n + j] = a[pivot * n + j]!;
        a[pivot * n + j] = held;
      }
    }
    const inverse = 1 / a[k * n + k]!;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! * inverse;
      a[i * n + k] = factor;
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
    }
  }
  return true;
}

/** Solves A x = b in place of b, with the factors of `luFactor`. */
export function luSolve(a: Float64Array, n: number, pivots: Int32Array, b: Float64Array): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k]!;
    const held = b[pivot]!;
    b[pivot] = b[k]!;
    b[k] = held;
  }
  for (let i = 1; i < n; i++) {
    let sum = b[i]!;
    for (let j = 0; j < i; j++) sum -= a[i * n + j]! * b[j]!;
    b[i] = sum;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let j = i + 1; j < n; j++) sum -= a[i * n + j]! * b[j]!;
    b[i] = sum / a[i * n + i]!;
  }
}

/** `luFactor` of a complex matrix, in two arrays. */
export function complexLuFactor(re: Float64Array, im: Float64Array, n: number, pivots: Int32Array): boolean {
  for (let k = 0; k < n; k++) {
    let pivot = k;
    let largest = -1;
    for (let i = k; i < n; i++) {
      const size = Math.abs(re[i * n + k]!) + Math.abs(im[i * n + k]!);
      if (size > largest) [largest, pivot] = [size, i];
    }
    if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
    pivots[k] = pivot;
    if (pivot !== k) {
      for (const part of [re, im]) {
        for (let j = 0; j < n; j++) {
          const held = part[k * n + j]!;
          part[k * n + j] = part[pivot * n + j]!;
          part[pivot * n + j] = held;
        }
      }
    }
    const [pr, pi] = [re[k * n + k]!, im[k * n + k]!];
    const scale = 1 / (pr * pr + pi * pi);
    for (let i = k + 1; i < n; i++) {
      const [xr, xi] = [re[i * n + k]!, im[i * n + k]!];
      const fr = (xr * pr + xi * pi) * scale;
      const fi = (xi * pr - xr * pi) * scale;
      re[i * n + k] = fr;
      im[i * n + k] = fi;
      if (fr === 0 && fi === 0) continue;
      for (let j = k + 1; j < n; j++) {
        const [ur, ui] = [re[k * n + j]!, im[k * n + j]!];
        re[i * n + j]! -= fr * ur - fi * ui;
        im[i * n + j]! -= fr * ui + fi * ur;
      }
    }
  }
  return true;
}

/** `luSolve` of a complex system. */
export function complexLuSolve(
  re: Float64Array,
  im: Float64Array,
  n: number,
  pivots: Int32Array,
  bRe: Float64Array,
  bIm: Float64Array,
): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k]!;
    for (const part of [bRe, bIm]) {
      const held = part[pivot]!;
      part[pivot] = part[k]!;
      part[k] = held;
    }
  }
  for (let i = 1; i < n; i++) {
    let [sr, si] = [bRe[i]!, bIm[i]!];
    for (let j = 0; j < i; j++) {
      const [ar, ai] = [re[i * n + j]!, im[i * n + j]!];
      sr -= ar * bRe[j]! - ai * bIm[j]!;
      si -= ar * bIm[j]! + ai * bRe[j]!;
    }
    bRe[i] = sr;
    bIm[i] = si;
  }
  for (let i = n - 1; i >= 0; i--) {
    let [sr, si] = [bRe[i]!, bIm[i]!];
    for (let j = i + 1; j < n; j++) {
      const [ar, ai] = [re[i * n + j]!, im[i * n + j]!];
      sr -= ar * bRe[j]! - ai * bIm[j]!;
      si -= ar * bIm[j]! + ai * bRe[j]!;
    }
    const [dr, di] = [re[i * n + i]!, im[i * n + i]!];
    const scale = 1 / (dr * dr + di * di);
    bRe[i] = (sr * dr + si * di) * scale;
    bIm[i] = (si * dr - sr * di) * scale;
  }
}
