/** The cubic through the states and slopes at both ends of a step, in powers of θ. */

/** Fills the four coefficients of n values each. */
export function hermiteCubic(
  coefficients: Float64Array,
  h: number,
  y0: Float64Array,
  slope0: Float64Array,
  y1: Float64Array,
  slope1: Float64Array,
): void {
  const n = y0.length;
  for (let i = 0; i < n; i++) {
    const rise = y1[i]! - y0[i]!;
    const [m0, m1] = [h * slope0[i]!, h * slope1[i]!];
    coefficients[i] = y0[i]!;
    coefficients[n + i] = m0;
    coefficients[2 * n + i] = 3 * rise - 2 * m0 - m1;
    coefficients[3 * n + i] = m0 + m1 - 2 * rise;
  }
}
