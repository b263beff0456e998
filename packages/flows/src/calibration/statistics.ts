/**
 * Sums, weighted moments and quantiles. Points are rows: value j of point i is `points[i * dimension + j]`.
 */

/**
 * Σ x_i by halves (pairwise summation: the error grows as log n, not n).
 *
 * @param values numbers to add
 */
export function pairwiseSum(values: ArrayLike<number>): number {
  const sum = (from: number, to: number): number => {
    if (to - from <= 32) {
      let total = 0;
      for (let i = from; i < to; i++) total += values[i]!;
      return total;
    }
    const middle = (from + to) >>> 1;
    return sum(from, middle) + sum(middle, to);
  };
  return sum(0, values.length);
}

/** Number of points, and their weights scaled to Σ w = 1. */
function normalised(
  points: ArrayLike<number>,
  dimension: number,
  weights: ArrayLike<number> | undefined,
): Float64Array {
  const count = points.length / dimension;
  if (!Number.isInteger(dimension) || dimension < 1 || !Number.isInteger(count) || count < 1) {
    throw new RangeError(`${points.length} numbers are not rows of dimension ${dimension}`);
  }
  if (weights === undefined) return new Float64Array(count).fill(1 / count);
  if (weights.length !== count) throw new RangeError(`${weights.length} weights for ${count} points`);
  const total = pairwiseSum(weights);
  const scaled = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (!(weights[i]! >= 0)) throw new RangeError(`weight ${i} is ${weights[i]}: must be ≥ 0`);
    scaled[i] = weights[i]! / total;
  }
  if (!(total > 0 && total < Infinity))
    throw new RangeError(`weights sum to ${total}: must be finite and > 0`);
  return scaled;
}

/**
 * Mean and covariance of weighted points, Σ w (x − x̄)(x − x̄)ᵀ with Σ w = 1 (no correction for the sample size).
 *
 * @param points rows [count, dimension]
 * @param weights one for each point, ≥ 0, in any scale; all equal if left out
 * @returns mean [dimension], covariance [dimension, dimension]
 * @throws RangeError on lengths that do not match, or weights that are negative or vanish
 */
export function weightedMoments(
  points: ArrayLike<number>,
  dimension: number,
  weights?: ArrayLike<number>,
): { mean: Float64Array; covariance: Float64Array } {
  const w = normalised(points, dimension, weights);
  const scratch = new Float64Array(w.length);
  const mean = new Float64Array(dimension);
  for (let a = 0; a < dimension; a++) {
    for (let i = 0; i < w.length; i++) scratch[i] = w[i]! * points[i * dimension + a]!;
    mean[a] = pairwiseSum(scratch);
  }
  const covariance = new Float64Array(dimension * dimension);
  for (let a = 0; a < dimension; a++) {
    for (let b = a; b < dimension; b++) {
      for (let i = 0; i < w.length; i++) {
        scratch[i] =
          w[i]! * (points[i * dimension + a]! - mean[a]!) * (points[i * dimension + b]! - mean[b]!);
      }
      covariance[a * dimension + b] = pairwiseSum(scratch);
      covariance[b * dimension + a] = covariance[a * dimension + b]!;
    }
  }
  return { mean, covariance };
}

/**
 * Quantiles by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, NumPy's default).
 *
 * @param values at least one number, in any order, none NaN
 * @param levels each in [0, 1]
 * @throws RangeError on no values, a NaN, or a level outside
 */
export function quantiles(values: ArrayLike<number>, levels: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) throw new RangeError('quantiles: no values');
  if (Number.isNaN(sorted[sorted.length - 1]!)) throw new RangeError('quantiles: a value is NaN');
  return Float64Array.from(levels, (level) => {
    if (!(level >= 0 && level <= 1)) throw new RangeError(`quantiles: level ${level} is outside [0, 1]`);
    const position = level * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return low === high ? low : low + (position - below) * (high - low);
  });
}

/**
 * How many equal weights these are worth, (Σ w)²/Σ w² (Kish 1965): the effective size of an importance sample.
 *
 * @param weights ≥ 0, in any scale
 */
export function kishSampleSize(weights: ArrayLike<number>): number {
  const squares = Float64Array.from(weights, (w) => w * w);
  return pairwiseSum(weights) ** 2 / pairwiseSum(squares);
}
