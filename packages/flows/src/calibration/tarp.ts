/**
 * TARP, tests of accuracy with random points (Lemos, Coogan, Hezaveh & Perreault-Levasseur 2023, arXiv:2302.03026): a
 * test of all parameters at once. Around a random point θ_r the ball that reaches to the true θ holds the posterior
 * mass f = ∫ p(θ'|x) 1[d(θ', θ_r) < d(θ, θ_r)] dθ'. If the posterior is right f is uniform on [0, 1], and the expected
 * coverage ECP(α) = Pr(f < α) equals α.
 *
 * Reference points drawn without looking at the data cannot tell a posterior that ignores the data (the prior itself is
 * calibrated): pass your own `references`, which may depend on the data but not on the truth, for that.
 */
import { testUniformity, type UniformityTest } from './uniformity.ts';

/** The posterior of one simulation: equally weighted draws, or weighted points such as a fine grid. */
export interface PosteriorPoints {
  /** Rows [count, d]. */
  points: ArrayLike<number>;
  /** Weights, ≥ 0, in any scale; left out for draws. */
  weights?: ArrayLike<number>;
}

/** Simulations to test with. */
export interface TarpOptions {
  /** True parameters, rows [n, d]. */
  truths: ArrayLike<number>;
  /** Lower ends of the prior [d]: with `upper`, the units of distance, and where references are drawn. */
  lower: ArrayLike<number>;
  /** Upper ends of the prior [d]. */
  upper: ArrayLike<number>;
  /** The posterior of simulation i, asked for once and in order. */
  posterior: (simulation: number) => PosteriorPoints;
  /** Uniform in [0, 1): draws references, and spreads ranks. */
  random: () => number;
  /** Reference points, rows [n, d]; default uniform between `lower` and `upper`. */
  references?: ArrayLike<number>;
  /** Levels α at which coverage is reported; default 0.05, 0.10, … 0.95. */
  levels?: ArrayLike<number>;
}

/** Result of {@link tarp}. */
export interface TarpResult {
  /** f of each simulation, in [0, 1]. */
  coverage: Float64Array;
  /** Levels α. */
  levels: Float64Array;
  /** ECP(α), the fraction of simulations with f < α. */
  expectedCoverage: Float64Array;
  /** √(α(1 − α)/n), the standard error of ECP(α) if the posterior is right. */
  standardError: Float64Array;
  /** Tests of f for uniformity. */
  test: UniformityTest;
}

/**
 * Mass of the posterior that is closer to a reference than the truth is.
 *
 * @param posterior draws: (number closer + u)/(count + 1), exactly uniform if the truth is one more draw; weighted
 *   points: the fraction of the weight that is closer, plus u times what is as far
 * @param scale unit of length of each parameter [d]
 * @param spread the u in [0, 1) above
 * @throws RangeError on lengths that do not match, a distance that is NaN, or weights that vanish
 */
export function coverageMass(
  { points, weights }: PosteriorPoints,
  truth: ArrayLike<number>,
  reference: ArrayLike<number>,
  scale: ArrayLike<number>,
  spread: number,
): number {
  const dimension = truth.length;
  const count = points.length / dimension;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`tarp: ${points.length} numbers are not rows of ${dimension} parameters`);
  }
  if (weights !== undefined && weights.length !== count) {
    throw new RangeError(`tarp: ${weights.length} weights for ${count} points`);
  }
  const distance = (values: ArrayLike<number>, offset: number): number => {
    let sum = 0;
    for (let a = 0; a < dimension; a++) sum += ((values[offset + a]! - reference[a]!) / scale[a]!) ** 2;
    return sum;
  };
  const reach = distance(truth, 0);
  if (Number.isNaN(reach))
    throw new RangeError(`tarp: the truth (${Array.from(truth).join(', ')}) has no distance`);
  let closer = 0;
  let level = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    const d = distance(points, i * dimension);
    if (!(weight >= 0) || Number.isNaN(d))
      throw new RangeError(`tarp: point ${i} or its weight is not a number ≥ 0`);
    total += weight;
    if (d < reach) closer += weight;
    else if (d === reach) level += weight;
  }
  if (weights === undefined) return (closer + spread * (level + 1)) / (count + 1);
  if (!(total > 0 && total < Infinity))
    throw new RangeError(`tarp: weights sum to ${total}: must be finite and > 0`);
  return Math.min(1, (closer + spread * level) / total);
}

/**
 * Expected coverage of posteriors with random points, and its tests.
 *
 * @throws RangeError on lengths that do not match, or a prior whose ends do not ascend
 */
export function tarp({
  truths,
  lower,
  upper,
  posterior,
  random,
  references,
  levels,
}: TarpOptions): TarpResult {
  const dimension = lower.length;
  const n = truths.length / dimension;
  if (dimension === 0 || upper.length !== dimension || !Number.isInteger(n)) {
    throw new RangeError(
      `tarp: ${truths.length} truths, prior of ${lower.length} and ${upper.length} ends: not rows`,
    );
  }
  if (references !== undefined && references.length !== truths.length) {
    throw new RangeError(`tarp: ${references.length} numbers of references for ${truths.length} of truths`);
  }
  const scale = Float64Array.from(lower, (low, a) => {
    if (!(upper[a]! > low)) throw new RangeError(`tarp: parameter ${a} has the prior [${low}, ${upper[a]}]`);
    return upper[a]! - low;
  });
  const coverage = new Float64Array(n);
  const truth = new Float64Array(dimension);
  const reference = new Float64Array(dimension);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < dimension; a++) {
      truth[a] = truths[i * dimension + a]!;
      reference[a] =
        references === undefined ? lower[a]! + scale[a]! * random() : references[i * dimension + a]!;
    }
    coverage[i] = coverageMass(posterior(i), truth, reference, scale, random());
  }
  const alphas = Float64Array.from(levels ?? Array.from({ length: 19 }, (_, j) => (j + 1) / 20));
  return {
    coverage,
    levels: alphas,
    expectedCoverage: alphas.map((alpha) => coverage.reduce((sum, f) => sum + (f < alpha ? 1 : 0), 0) / n),
    standardError: alphas.map((alpha) => Math.sqrt((alpha * (1 - alpha)) / n)),
    test: testUniformity(coverage),
  };
}
