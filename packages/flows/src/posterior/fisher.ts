/**
 * The Fisher matrix of a flow, F = −⟨∂²ln p(x|θ)/∂θ∂θ⟩ over maps x simulated at θ, by central differences of the exact
 * gradient. The mean Hessian has a tenth of the noise of the score's covariance.
 */

/** ∂ ln p/∂θ per map, [count, P], for maps already chosen and one θ [P] for all of them. */
export type ThetaGradient = (theta: Float64Array) => Promise<Float64Array>;

/** A Fisher matrix and the standard error of its elements, row-major [P, P]. */
export interface FisherEstimate {
  readonly fisher: Float64Array;
  readonly error: Float64Array;
}

/**
 * Mean negative Hessian at `theta`.
 * @param steps step of the differences for each parameter; about a tenth of the expected standard deviation.
 */
export async function fisherMatrix(
  gradient: ThetaGradient,
  theta: ArrayLike<number>,
  steps: ArrayLike<number>,
): Promise<FisherEstimate> {
  const n = theta.length;
  const columns: { above: Float64Array; below: Float64Array; width: number }[] = [];
  for (let axis = 0; axis < n; axis++) {
    const at = (sign: number): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => theta[i]! + (i === axis ? sign * steps[axis]! : 0));
    columns.push({ above: await gradient(at(1)), below: await gradient(at(-1)), width: 2 * steps[axis]! });
  }
  const count = columns[0]!.above.length / n;
  const fisher = new Float64Array(n * n);
  const error = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let [sum, squares] = [0, 0];
      for (let map = 0; map < count; map++) {
        const hessian = (second(columns, map, a, b, n) + second(columns, map, b, a, n)) / 2;
        sum -= hessian;
        squares += hessian * hessian;
      }
      const mean = sum / count;
      fisher[a * n + b] = mean;
      error[a * n + b] = Math.sqrt(Math.max(0, squares / count - mean * mean) / Math.max(1, count - 1));
    }
  }
  return { fisher, error };
}

function second(
  columns: readonly { above: Float64Array; below: Float64Array; width: number }[],
  map: number,
  a: number,
  b: number,
  n: number,
): number {
  const { above, below, width } = columns[b]!;
  return (above[map * n + a]! - below[map * n + a]!) / width;
}
