/**
 * Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, arXiv:1804.06788). For θ from the
 * prior and x from p(x|θ), the true θ_a is distributed as any draw of the posterior p(θ_a|x): its rank among S draws is
 * uniform on {0, …, S}, and its value of the posterior's distribution function is uniform on [0, 1].
 * An over-confident posterior heaps ranks at both ends (∪), an under-confident one in the middle (∩), a biased one at one end.
 */
import { testUniformity, type UniformityTest } from './uniformity.ts';

/**
 * Rank of the truth among posterior draws: how many are smaller, for each parameter.
 *
 * @param samples rows [S, d]; independent draws (thin a chain first, or the ranks are not uniform even when the posterior is right)
 * @param truth θ [d], from which the data were simulated
 * @returns ranks [d], each 0 … S
 * @throws RangeError if samples are not rows of the truth's length, or hold a NaN
 */
export function posteriorRanks(samples: ArrayLike<number>, truth: ArrayLike<number>): Int32Array {
  const dimension = truth.length;
  if (dimension === 0 || samples.length === 0 || samples.length % dimension !== 0) {
    throw new RangeError(`posteriorRanks: ${samples.length} numbers are not rows of ${dimension} parameters`);
  }
  const ranks = new Int32Array(dimension);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (Number.isNaN(value))
      throw new RangeError(`posteriorRanks: sample ${Math.floor(i / dimension)} is NaN`);
    const a = i % dimension;
    if (value < truth[a]!) ranks[a] = ranks[a]! + 1;
  }
  return ranks;
}

/**
 * Distribution function at a value, of a density given on a grid and taken as linear between its points (so: exact for a
 * density that is). Beyond the grid it is 0 or 1.
 *
 * @param points ascending, at least 2; spacing may vary
 * @param density ≥ 0 at the points, in any normalisation, not all 0
 * @param value where
 * @throws RangeError on points that do not ascend, or a density that is negative or vanishes
 */
export function gridCdf(points: ArrayLike<number>, density: ArrayLike<number>, value: number): number {
  const n = points.length;
  if (n < 2 || density.length !== n) {
    throw new RangeError(
      `gridCdf: ${n} points and ${density.length} densities; give the same number, at least 2`,
    );
  }
  let total = 0;
  let below = 0;
  for (let i = 0; i < n; i++) {
    if (!(density[i]! >= 0)) throw new RangeError(`gridCdf: density ${density[i]} at point ${i} must be ≥ 0`);
    if (i === 0) continue;
    const width = points[i]! - points[i - 1]!;
    if (!(width > 0)) throw new RangeError(`gridCdf: points must ascend, point ${i} is ${points[i]}`);
    const left = density[i - 1]!;
    const right = density[i]!;
    total += 0.5 * width * (left + right);
    const t = Math.min(1, Math.max(0, (value - points[i - 1]!) / width));
    below += width * t * (left + 0.5 * t * (right - left));
  }
  if (!(total > 0 && total < Infinity)) throw new RangeError(`gridCdf: the density integrates to ${total}`);
  return Math.min(1, below / total);
}

/**
 * Tests one parameter, or several, for calibration.
 *
 * @param uniforms for each parameter, its n values: the posterior's distribution function at the truth
 *   ({@link gridCdf}), or ranks made uniform by `uniformsOfRanks`
 * @param bins bins of the χ² histogram; see {@link testUniformity}
 * @returns the tests of each parameter, and the smallest of all p-values multiplied by their number (Bonferroni, at most 1)
 */
export function simulationBasedCalibration(
  uniforms: readonly ArrayLike<number>[],
  bins?: number,
): { parameters: UniformityTest[]; pValue: number } {
  if (uniforms.length === 0) throw new RangeError('simulationBasedCalibration: no parameters');
  const parameters = uniforms.map((values) => testUniformity(values, bins));
  const all = parameters.flatMap((test) => [test.kolmogorovSmirnov.pValue, test.chiSquare.pValue]);
  return { parameters, pValue: Math.min(1, Math.min(...all) * all.length) };
}
