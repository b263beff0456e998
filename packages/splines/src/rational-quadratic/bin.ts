/**
 * Monotonic rational-quadratic interpolation between knots, in float64 numbers: the arithmetic behind the
 * plain functions and the reference kernels.
 *
 * J. A. Gregory and R. Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; as a flow, C. Durkan et al., "Neural
 * spline flows" (2019), arXiv:1906.04032. In a bin [x0, x0 + w] with rise h and mean slope s = h/w, with
 * ξ = (x − x0)/w, τ = ξ(1 − ξ), and the slopes of its ends relative to the mean, a = d0/s, b = d1/s,
 *
 *     y  = y0 + h R,  R = (ξ² + a τ)/D,  D = 1 + (a + b − 2) τ       (eq. 4)
 *     y′ = s P/D²,    P = b ξ² + 2τ + a (1 − ξ)²                     (eq. 5)
 *
 * which is eq. 4 and 5 divided through by s. Outside the knots the spline is a line with the slope of the end
 * knot: x is clipped into the interval first and y′ (x − clipped) added after, so that no branch is evaluated
 * where it is not finite.
 */

import type { DType } from '@equiflow/tensor';

/** Numbers of a bin in a table: x0, w, a, b, y0, h, a + b − 2, s. */
export const BIN_SIZE = 8;

/**
 * Widths, heights and relative slopes are at least this, and relative slopes at most its inverse: finite answers
 * for degenerate knots.
 */
export function tinyOf(dtype: DType): number {
  return dtype === 'float32' ? 1e-18 : 1e-100;
}

/** A value and the derivative that belongs to it; reused by the loops. */
export interface Point {
  value: number;
  derivative: number;
}

/** Fills the table of the K − 1 bins of knots `xk`, values `yk`, slopes `dk`, which start at `offset`. */
export function fillBins(
  xk: ArrayLike<number>,
  yk: ArrayLike<number>,
  dk: ArrayLike<number>,
  offset: number,
  count: number,
  bins: Float64Array,
  dtype: DType = 'float64',
): void {
  const tiny = tinyOf(dtype);
  const limited = (slope: number) => Math.min(Math.max(slope, tiny), 1 / tiny);
  for (let i = 0; i < count - 1; i++) {
    const x0 = xk[offset + i]!;
    const y0 = yk[offset + i]!;
    const w = Math.max(xk[offset + i + 1]! - x0, tiny);
    const h = Math.max(yk[offset + i + 1]! - y0, tiny);
    const s = h / w;
    const a = limited(dk[offset + i]! / s);
    const b = limited(dk[offset + i + 1]! / s);
    const at = i * BIN_SIZE;
    bins[at] = x0;
    bins[at + 1] = w;
    bins[at + 2] = a;
    bins[at + 3] = b;
    bins[at + 4] = y0;
    bins[at + 5] = h;
    bins[at + 6] = a - 1 + (b - 1);
    bins[at + 7] = s;
  }
}

/** The bin of `value` among the starts of the bins: those of x (`column` 0) or of y (`column` 4). */
export function findBin(bins: Float64Array, count: number, column: 0 | 4, value: number): number {
  let low = 0;
  let high = count - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (value >= bins[middle * BIN_SIZE + column]!) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** y and y′ at x. `last` is the last knot. */
export function forwardAt(bins: Float64Array, count: number, last: number, x: number, out: Point): void {
  const at = findBin(bins, count, 0, x) * BIN_SIZE;
  const clipped = Math.min(Math.max(x, bins[0]!), last);
  const a = bins[at + 2]!;
  const xi = (clipped - bins[at]!) / bins[at + 1]!;
  const omega = 1 - xi;
  const tau = xi * omega;
  const r = 1 / (1 + bins[at + 6]! * tau);
  const ratio = (xi * xi + a * tau) * r;
  const numerator = bins[at + 3]! * xi * xi + 2 * tau + a * omega * omega;
  const slope = bins[at + 7]! * r * (numerator * r);
  out.derivative = Math.max(slope, Number.MIN_VALUE);
  out.value = bins[at + 4]! + bins[at + 5]! * ratio + slope * (x - clipped);
}

/**
 * x and y′(x) at y. With η = (y − y0)/h the quadratic of eq. 6 to 8 is (1 − B) ξ² + B ξ − η = 0 with B = q + 2η,
 * q = a (1 − η) − b η. Its discriminant is S² = q² + 4η(1 − η), a sum of positive terms, so that with
 * t = |q| + S either ξ = 2η/(t + 2η) (q ≥ 0) or 1 − ξ = 2(1 − η)/(t + 2(1 − η)): nothing cancels.
 */
export function inverseAt(bins: Float64Array, count: number, last: number, y: number, out: Point): void {
  const at = findBin(bins, count, 4, y) * BIN_SIZE;
  const clipped = Math.min(Math.max(y, bins[4]!), last);
  const a = bins[at + 2]!;
  const b = bins[at + 3]!;
  const eta = Math.min((clipped - bins[at + 4]!) / bins[at + 5]!, 1);
  const rest = 1 - eta;
  const q = a * rest - b * eta;
  const t = Math.abs(q) + Math.sqrt(q * q + 4 * eta * rest);
  const twice = 2 * (q >= 0 ? eta : rest);
  const small = twice / (t + twice);
  const large = t / (t + twice);
  const xi = q >= 0 ? small : large;
  const omega = q >= 0 ? large : small;
  const tau = xi * omega;
  const r = 1 / (1 + bins[at + 6]! * tau);
  const numerator = b * xi * xi + 2 * tau + a * omega * omega;
  out.derivative = Math.max(bins[at + 7]! * r * (numerator * r), Number.MIN_VALUE);
  out.value = bins[at]! + bins[at + 1]! * xi + (y - clipped) / out.derivative;
}

/** Sums per bin that carry the gradients of its six parameters; see `backwardAt`. */
export const SUM_SIZE = 8;

/**
 * The gradient at one x: adds to the sums of its bin and returns the cotangent of x. `gy` and `gl` are the
 * cotangents of y and of ln y′. The sums are of gy; gy R; gy h R_a + gl L_a; gy h R_b + gl L_b; gx; gx ξ; gl, with
 * L = ln y′, R_a = τ(1 − R)/D, R_b = −R τ/D, L_a = (1 − ξ)²/P − 2τ/D, L_b = ξ²/P − 2τ/D. In the tails L does not
 * depend on x, and gy (x − clipped) is added to what the end slopes get: `ends`.
 */
export function backwardAt(
  bins: Float64Array,
  count: number,
  last: number,
  x: number,
  gy: number,
  gl: number,
  sums: Float64Array,
  ends: Float64Array,
): number {
  const bin = findBin(bins, count, 0, x);
  const at = bin * BIN_SIZE;
  const clipped = Math.min(Math.max(x, bins[0]!), last);
  const w = bins[at + 1]!;
  const a = bins[at + 2]!;
  const b = bins[at + 3]!;
  const c = bins[at + 6]!;
  const xi = (clipped - bins[at]!) / w;
  const omega = 1 - xi;
  const tau = xi * omega;
  const r = 1 / (1 + c * tau);
  const ratio = (xi * xi + a * tau) * r;
  const numerator = b * xi * xi + 2 * tau + a * omega * omega;
  const slope = bins[at + 7]! * r * (numerator * r);
  const tilt = omega - xi;
  const inside = x === clipped;
  const lx = inside ? (2 / w) * ((b * xi + tilt - a * omega) / numerator - c * tilt * r) : 0;
  const gx = gy * slope + gl * lx;
  if (!inside) ends[x < clipped ? 0 : 1]! += gy * (x - clipped);
  const sum = bin * SUM_SIZE;
  const scaled = gy * bins[at + 5]! * (tau * r);
  sums[sum]! += gy;
  sums[sum + 1]! += gy * ratio;
  sums[sum + 2]! += scaled * (1 - ratio) + gl * ((omega * omega) / numerator - 2 * tau * r);
  sums[sum + 3]! += gl * ((xi * xi) / numerator - 2 * tau * r) - scaled * ratio;
  sums[sum + 4]! += gx;
  sums[sum + 5]! += gx * xi;
  sums[sum + 6]! += gl;
  return gx;
}

/** Turns the sums of the bins into the gradients of the knots, their values and the slopes, at `offset`. */
export function finishBackward(
  bins: Float64Array,
  count: number,
  sums: Float64Array,
  ends: Float64Array,
  gradients: { readonly xk: Writable; readonly yk: Writable; readonly dk: Writable },
  offset: number,
): void {
  let carryX = 0;
  let carryY = 0;
  let carryD = ends[0]!;
  for (let bin = 0; bin < count - 1; bin++) {
    const at = bin * BIN_SIZE;
    const sum = bin * SUM_SIZE;
    const s = bins[at + 7]!;
    const ga = sums[sum + 2]!;
    const gb = sums[sum + 3]!;
    // ln s, a and b depend on the bin's height and width through s = h/w.
    const scale = sums[sum + 6]! - bins[at + 2]! * ga - bins[at + 3]! * gb;
    const height = sums[sum + 1]! + scale / bins[at + 5]!;
    const width = -sums[sum + 5]! - scale / bins[at + 1]!;
    gradients.xk[offset + bin] = carryX - sums[sum + 4]! - width;
    gradients.yk[offset + bin] = carryY + sums[sum]! - height;
    gradients.dk[offset + bin] = carryD + ga / s;
    carryX = width;
    carryY = height;
    carryD = gb / s;
  }
  gradients.xk[offset + count - 1] = carryX;
  gradients.yk[offset + count - 1] = carryY;
  gradients.dk[offset + count - 1] = carryD + ends[1]!;
}

/** Where gradients are written. */
export interface Writable {
  [index: number]: number;
}
