/**
 * Slopes of a piecewise cubic at its knots. Every cubic spline here is the Hermite cubic of its knots, values
 * and slopes; the kinds differ in how the slopes are found.
 *
 * Twice continuously differentiable kinds (de Boor, A Practical Guide to Splines, 1978, chapter IV): for the
 * inner knots, with steps h and secants s,
 *   h_i m_{i−1} + 2 (h_{i−1} + h_i) m_i + h_{i−1} m_{i+1} = 3 (h_i s_{i−1} + h_{i−1} s_i),
 * closed by two conditions at the ends. Local kinds: PCHIP (Fritsch & Butland 1984) and Akima (1970).
 */

/**
 * What closes a twice continuously differentiable cubic spline: no curvature at the ends (`natural`), given
 * slopes at the ends (`clamped`), a third derivative that is continuous at the second and the last but one
 * knot (`not-a-knot`), or one period (`periodic`, first and last value equal).
 */
export type CubicBoundary = 'natural' | 'clamped' | 'not-a-knot' | 'periodic';

/** Solves a tridiagonal system by elimination without pivoting (rows dominated by their diagonal). */
export function solveTridiagonal(
  lower: ArrayLike<number>,
  diagonal: ArrayLike<number>,
  upper: ArrayLike<number>,
  right: ArrayLike<number>,
): Float64Array {
  const n = diagonal.length;
  const solution = new Float64Array(n);
  const ratio = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const pivot = diagonal[i]! - (i > 0 ? lower[i]! * ratio[i - 1]! : 0);
    ratio[i] = i < n - 1 ? upper[i]! / pivot : 0;
    solution[i] = (right[i]! - (i > 0 ? lower[i]! * solution[i - 1]! : 0)) / pivot;
  }
  for (let i = n - 2; i >= 0; i--) solution[i]! -= ratio[i]! * solution[i + 1]!;
  return solution;
}

/** Steps and secants of knots and values. */
function differences(x: ArrayLike<number>, y: ArrayLike<number>): { h: Float64Array; s: Float64Array } {
  const h = new Float64Array(x.length - 1);
  const s = new Float64Array(x.length - 1);
  for (let i = 0; i < h.length; i++) {
    h[i] = x[i + 1]! - x[i]!;
    s[i] = (y[i + 1]! - y[i]!) / h[i]!;
  }
  return { h, s };
}

/** Slopes of the spline with two continuous derivatives. `endSlopes` belong to `clamped`. */
export function smoothSlopes(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  boundary: CubicBoundary,
  endSlopes: readonly [number, number],
): Float64Array {
  const n = x.length;
  const { h, s } = differences(x, y);
  if (n === 2 && boundary === 'not-a-knot') return Float64Array.of(s[0]!, s[0]!);
  if (n === 3 && boundary === 'not-a-knot') return parabolaSlopes(h, s);
  const lower = new Float64Array(n);
  const diagonal = new Float64Array(n);
  const upper = new Float64Array(n);
  const right = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    lower[i] = h[i]!;
    diagonal[i] = 2 * (h[i - 1]! + h[i]!);
    upper[i] = h[i - 1]!;
    right[i] = 3 * (h[i]! * s[i - 1]! + h[i - 1]! * s[i]!);
  }
  if (boundary === 'periodic') return periodicSlopes(lower, diagonal, upper, right, h, s);
  const last = n - 1;
  if (boundary === 'natural') {
    diagonal[0] = 2;
    upper[0] = 1;
    right[0] = 3 * s[0]!;
    diagonal[last] = 2;
    lower[last] = 1;
    right[last] = 3 * s[last - 1]!;
  } else if (boundary === 'clamped') {
    diagonal[0] = 1;
    right[0] = endSlopes[0];
    diagonal[last] = 1;
    right[last] = endSlopes[1];
  } else {
    const [h0, h1, hp, hq] = [h[0]!, h[1]!, h[last - 1]!, h[last - 2]!];
    diagonal[0] = h1;
    upper[0] = h0 + h1;
    right[0] = ((h0 + 2 * (h0 + h1)) * h1 * s[0]! + h0 * h0 * s[1]!) / (h0 + h1);
    diagonal[last] = hq;
    lower[last] = hp + hq;
    right[last] = (hp * hp * s[last - 2]! + (hp + 2 * (hp + hq)) * hq * s[last - 1]!) / (hp + hq);
  }
  return solveTridiagonal(lower, diagonal, upper, right);
}

/** Three knots, no inner condition to drop: the parabola through them. */
function parabolaSlopes(h: Float64Array, s: Float64Array): Float64Array {
  const curvature = (s[1]! - s[0]!) / (h[0]! + h[1]!);
  return Float64Array.of(s[0]! - curvature * h[0]!, s[0]! + curvature * h[0]!, s[1]! + curvature * h[1]!);
}

/** The slope p of both ends is one more unknown: inner slopes are u + p v, and the row of the end gives p. */
function periodicSlopes(
  lower: Float64Array,
  diagonal: Float64Array,
  upper: Float64Array,
  right: Float64Array,
  h: Float64Array,
  s: Float64Array,
): Float64Array {
  const n = diagonal.length;
  if (n === 2) return new Float64Array(2);
  const inner = (array: Float64Array) => array.subarray(1, n - 1);
  const ofEnd = new Float64Array(n - 2);
  ofEnd[0]! -= lower[1]!;
  ofEnd[n - 3]! -= upper[n - 2]!;
  const u = solveTridiagonal(inner(lower), inner(diagonal), inner(upper), inner(right));
  const v = solveTridiagonal(inner(lower), inner(diagonal), inner(upper), ofEnd);
  const [before, after] = [h[n - 2]!, h[0]!];
  const rightEnd = 3 * (after * s[n - 2]! + before * s[0]!);
  const p =
    (rightEnd - after * u[n - 3]! - before * u[0]!) /
    (2 * (before + after) + after * v[n - 3]! + before * v[0]!);
  const slopes = new Float64Array(n).fill(p);
  for (let i = 0; i < n - 2; i++) slopes[i + 1] = u[i]! + p * v[i]!;
  return slopes;
}

/**
 * Slopes that keep the monotonicity of the data: a weighted harmonic mean of the neighbouring secants where
 * they agree in sign, else 0; at the ends a three-point formula, limited.
 */
export function pchipSlopes(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const n = x.length;
  const { h, s } = differences(x, y);
  if (n === 2) return Float64Array.of(s[0]!, s[0]!);
  const slopes = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    const [before, after] = [s[i - 1]!, s[i]!];
    if (before === 0 || Math.sign(before) !== Math.sign(after)) continue;
    const w1 = 2 * h[i]! + h[i - 1]!;
    const w2 = h[i]! + 2 * h[i - 1]!;
    slopes[i] = (w1 + w2) / (w1 / before + w2 / after);
  }
  slopes[0] = pchipEnd(h[0]!, h[1]!, s[0]!, s[1]!);
  slopes[n - 1] = pchipEnd(h[n - 2]!, h[n - 3]!, s[n - 2]!, s[n - 3]!);
  return slopes;
}

/** Slope at an end from the two nearest steps and secants (Moler, Numerical Computing with MATLAB, section 3.6). */
function pchipEnd(h0: number, h1: number, s0: number, s1: number): number {
  const slope = ((2 * h0 + h1) * s0 - h0 * s1) / (h0 + h1);
  if (Math.sign(slope) !== Math.sign(s0)) return 0;
  return Math.sign(s0) !== Math.sign(s1) && Math.abs(slope) > 3 * Math.abs(s0) ? 3 * s0 : slope;
}

/** Where the weights of Akima's mean fall below this fraction of their largest, both secants count alike. */
export const AKIMA_TIE = 1e-9;

/**
 * Akima's slopes (J. ACM 17 (1970) 589): the secants on both sides, weighted by how much the secants beyond
 * the other one differ; two secants are extrapolated at each end.
 */
export function akimaSlopes(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const n = x.length;
  const { s } = differences(x, y);
  if (n === 2) return Float64Array.of(s[0]!, s[0]!);
  const m = new Float64Array(n + 3);
  m.set(s, 2);
  m[1] = 2 * m[2]! - m[3]!;
  m[0] = 2 * m[1]! - m[2]!;
  m[n + 1] = 2 * m[n]! - m[n - 1]!;
  m[n + 2] = 2 * m[n + 1]! - m[n]!;
  let largest = 0;
  for (let i = 0; i < n; i++) {
    largest = Math.max(largest, Math.abs(m[i + 3]! - m[i + 2]!) + Math.abs(m[i + 1]! - m[i]!));
  }
  return Float64Array.from({ length: n }, (_, i) => {
    const ofBefore = Math.abs(m[i + 3]! - m[i + 2]!);
    const ofAfter = Math.abs(m[i + 1]! - m[i]!);
    const total = ofBefore + ofAfter;
    // SciPy, too, then takes the mean of the two outer secants.
    if (total <= AKIMA_TIE * largest) return (m[i]! + m[i + 3]!) / 2;
    return (ofBefore * m[i + 1]! + ofAfter * m[i + 2]!) / total;
  });
}
