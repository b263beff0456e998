/**
 * The two-sided Kolmogorov-Smirnov test of n values against the uniform distribution on [0, 1], with the exact
 * distribution of its statistic D_n.
 */
import { logGamma } from './special-functions.ts';

/** D_n = max_i max(i/n − u_(i), u_(i) − (i − 1)/n), the largest distance between the empirical and the uniform CDF. */
export function kolmogorovStatistic(uniforms: ArrayLike<number>): number {
  const sorted = Float64Array.from(uniforms).sort();
  const n = sorted.length;
  if (n === 0) throw new RangeError('kolmogorovStatistic: no values');
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const u = sorted[i]!;
    if (!(u >= 0 && u <= 1)) throw new RangeError(`kolmogorovStatistic: value ${u} is outside [0, 1]`);
    distance = Math.max(distance, (i + 1) / n - u, u - i / n);
  }
  return distance;
}

/**
 * Pr(D_n ≥ d).
 *
 * Three formulae, each where it is accurate:
 * - n d² ≥ 3: twice the exact one-sided tail (Birnbaum & Tingey 1951), as both sides at once are 1e-8 as likely;
 * - n ≤ 2000: exact, by the matrix power of Marsaglia, Tsang & Wang 2003;
 * - else Kolmogorov's limit with the correction of Vrbik 2018, good to 3e-5 relative.
 *
 * @param d 0 ≤ d ≤ 1
 * @param n number of values
 */
export function kolmogorovSurvival(d: number, n: number): number {
  if (!(d >= 0 && Number.isInteger(n) && n > 0)) {
    throw new RangeError(`kolmogorovSurvival: d = ${d} must be ≥ 0 and n = ${n} a positive integer`);
  }
  if (d >= 1) return 0;
  if (2 * n * d <= 1) return 1;
  if (n * d * d >= 3) return Math.min(1, 2 * oneSidedTail(d, n));
  return n <= 2000 ? 1 - matrixPower(d, n) : limit(d, n);
}

/** Pr(D⁺_n ≥ d) = d Σ_j C(n, j) (d + j/n)^{j−1} (1 − d − j/n)^{n−j} over 0 ≤ j ≤ n(1 − d). */
function oneSidedTail(d: number, n: number): number {
  let sum = 0;
  for (let j = 0; j <= n * (1 - d); j++) {
    const rest = 1 - d - j / n;
    if (rest <= 0) break;
    const choose = logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1);
    sum += Math.exp(choose + (j - 1) * Math.log(d + j / n) + (n - j) * Math.log(rest));
  }
  return d * sum;
}

/** Pr(D_n < d) of Marsaglia, Tsang & Wang: (n!/nⁿ) (Hⁿ)_{kk} with H of side 2k − 1, k = ⌈nd⌉. */
function matrixPower(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const m = 2 * k - 1;
  const h = k - n * d;
  let base = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m && j <= i + 1; j++) base[i * m + j] = 1;
  }
  for (let i = 0; i < m; i++) {
    base[i * m] = base[i * m]! - h ** (i + 1);
    base[(m - 1) * m + i] = base[(m - 1) * m + i]! - h ** (m - i);
  }
  if (2 * h > 1) base[(m - 1) * m] = base[(m - 1) * m]! + (2 * h - 1) ** m;
  for (let i = 0; i < m; i++) {
    let factorial = 1;
    for (let j = i; j >= 0; j--) {
      factorial *= i - j + 1;
      base[i * m + j] = base[i * m + j]! / factorial;
    }
  }
  // Powers by squaring; exponents of two are split off, since Hⁿ overflows.
  let result: Float64Array<ArrayBuffer> | undefined;
  let baseExponent = 0;
  let exponent = 0;
  for (let power = n; power > 0; power = Math.floor(power / 2)) {
    if (power % 2 === 1) {
      result = result === undefined ? base.slice() : multiply(result, base, m);
      exponent += baseExponent;
      exponent += rescale(result);
    }
    base = multiply(base, base, m);
    baseExponent = 2 * baseExponent;
    baseExponent += rescale(base);
  }
  const centre = result![(k - 1) * m + k - 1]!;
  return Math.exp(Math.log(centre) + exponent * Math.LN2 + logGamma(n + 1) - n * Math.log(n));
}

function multiply(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const product = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < m; l++) {
      const factor = a[i * m + l]!;
      if (factor === 0) continue;
      for (let j = 0; j < m; j++) product[i * m + j] = product[i * m + j]! + factor * b[l * m + j]!;
    }
  }
  return product;
}

/** Divides by a power of two so that the largest element is near 1; returns the exponent. */
function rescale(matrix: Float64Array): number {
  let largest = 0;
  for (const value of matrix) largest = Math.max(largest, Math.abs(value));
  const exponent = Math.round(Math.log2(largest));
  const factor = 2 ** -exponent;
  for (let i = 0; i < matrix.length; i++) matrix[i] = matrix[i]! * factor;
  return exponent;
}

/** 2 Σ_j (−1)^{j−1} e^{−2 j² t²} with t = x + 1/(6√n) + (x − 1)/(4n), x = d√n. */
function limit(d: number, n: number): number {
  const x = d * Math.sqrt(n);
  const t = x + 1 / (6 * Math.sqrt(n)) + (x - 1) / (4 * n);
  if (t < 1) {
    // Jacobi's transform of the series, which converges for small t.
    let sum = 0;
    for (let j = 1; j < 20; j += 2) sum += Math.exp((-j * j * Math.PI ** 2) / (8 * t * t));
    return 1 - (Math.sqrt(2 * Math.PI) / t) * sum;
  }
  let sum = 0;
  for (let j = 1; j < 20; j++) sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * t * t);
  return sum;
}
