/**
 * Nodes and weights of Gauss-Legendre quadrature on [−1, 1]: roots of the Legendre polynomial P_n, by Newton's
 * method from the asymptotic guess cos(π (i + 3/4)/(n + 1/2)) (Abramowitz & Stegun 25.4.29).
 */

/** Nodes (ascending) and weights, both of length n. */
export interface QuadratureRule {
  nodes: Float64Array;
  weights: Float64Array;
}

/** @param n number of nodes, a positive integer; exact for polynomials of degree 2n − 1 */
export function gaussLegendre(n: number): QuadratureRule {
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`gaussLegendre: n = ${n} must be a positive integer`);
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let iteration = 0; iteration < 10; iteration++) {
      let previous = 1;
      let value = x;
      for (let j = 2; j <= n; j++) {
        const next = ((2 * j - 1) * x * value - (j - 1) * previous) / j;
        previous = value;
        value = next;
      }
      slope = n === 1 ? 1 : (n * (x * value - previous)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}
