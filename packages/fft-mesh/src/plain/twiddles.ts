/** Tables of roots of unity, exact to half an ulp of float64. */

/** cos and sin of −2π k/n, the argument reduced to an eighth of a turn so that tables are exact to half an ulp. */
export function unitRoot(k: number, n: number): [number, number] {
  // Fraction of a turn times 8 n, exact in integers for n below 2^49.
  let eighth = ((k % n) + n) % n;
  eighth *= 8;
  const octant = Math.floor(eighth / n);
  const rest = eighth - octant * n;
  const angle = ((octant & 1 ? n - rest : rest) / n) * (Math.PI / 4);
  let cos = Math.cos(angle);
  let sin = Math.sin(angle);
  if (((octant + 1) >> 1) & 1) [cos, sin] = [sin, cos];
  if (octant >= 2 && octant < 6) cos = -cos;
  if (octant >= 4) sin = -sin;
  return [cos, -sin];
}

/** e^(−πi j²/n) for j < n as pairs. */
export function chirp(n: number): Float64Array {
  const pairs = new Float64Array(2 * n);
  let square = 0;
  for (let j = 0; j < n; j++) {
    pairs.set(unitRoot(square, 2 * n), 2 * j);
    square = (square + 2 * j + 1) % (2 * n);
  }
  return pairs;
}

/** Twiddles of the passes of n: for each pass, for p < span, for j = 1 … radix − 1 the pair w^(pj). */
export function passTwiddles(n: number, factors: readonly number[]): Float64Array {
  let count = 0;
  let left = n;
  for (const radix of factors) {
    left /= radix;
    count += (radix - 1) * left;
  }
  const pairs = new Float64Array(2 * count);
  let at = 0;
  left = n;
  for (const radix of factors) {
    const span = left / radix;
    for (let p = 0; p < span; p++) {
      for (let j = 1; j < radix; j++, at += 2) pairs.set(unitRoot(p * j, left), at);
    }
    left = span;
  }
  return pairs;
}
