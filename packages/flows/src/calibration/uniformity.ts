/**
 * Are numbers uniform on [0, 1]? What both simulation-based calibration and TARP come down to: the Kolmogorov-Smirnov
 * test, which sees a bias or a wrong width, and Pearson's χ² of a histogram, which sees any shape.
 */
import { kolmogorovStatistic, kolmogorovSurvival } from './kolmogorov-smirnov.ts';
import { chiSquareSurvival } from './special-functions.ts';

/** Two tests of uniformity of the same numbers. */
export interface UniformityTest {
  /** How many numbers. */
  count: number;
  /** Kolmogorov-Smirnov, two-sided, with the exact distribution of its statistic. */
  kolmogorovSmirnov: { statistic: number; pValue: number };
  /** Pearson's χ² of a histogram with equal bins; `degrees` = bins − 1. */
  chiSquare: { statistic: number; degrees: number; pValue: number; counts: Int32Array };
}

/**
 * Tests numbers for uniformity.
 *
 * @param uniforms in [0, 1]
 * @param bins bins of the histogram; default n/10, at least 2 and at most 20, so that a bin expects 5 or more
 * @throws RangeError if there are fewer than 10 numbers, one is outside [0, 1], or a bin would expect fewer than 5
 */
export function testUniformity(uniforms: ArrayLike<number>, bins?: number): UniformityTest {
  const count = uniforms.length;
  if (count < 10) throw new RangeError(`testUniformity: ${count} values; at least 10 are needed`);
  const cells = bins ?? Math.max(2, Math.min(20, Math.floor(count / 10)));
  if (!Number.isInteger(cells) || cells < 2 || count / cells < 5) {
    throw new RangeError(
      `testUniformity: ${cells} bins for ${count} values; give 2 to ${Math.floor(count / 5)}`,
    );
  }
  const distance = kolmogorovStatistic(uniforms);
  const counts = new Int32Array(cells);
  for (let i = 0; i < count; i++) {
    const bin = Math.min(cells - 1, Math.floor(uniforms[i]! * cells));
    counts[bin] = counts[bin]! + 1;
  }
  const expected = count / cells;
  let statistic = 0;
  for (const found of counts) statistic += (found - expected) ** 2 / expected;
  const degrees = cells - 1;
  return {
    count,
    kolmogorovSmirnov: { statistic: distance, pValue: kolmogorovSurvival(distance, count) },
    chiSquare: { statistic, degrees, pValue: chiSquareSurvival(statistic, degrees), counts },
  };
}

/**
 * Uniforms from ranks: (r + u)/(S + 1) with u drawn from [0, 1), which is exactly uniform if r is uniform on {0, …, S}; so
 * that a test for continuous values applies to ranks without approximation.
 *
 * @param ranks integers 0 … S
 * @param sampleCount S, the number of posterior samples that were ranked against
 * @param random uniform in [0, 1)
 * @throws RangeError if a rank is not an integer from 0 to S
 */
export function uniformsOfRanks(
  ranks: ArrayLike<number>,
  sampleCount: number,
  random: () => number,
): Float64Array {
  return Float64Array.from(ranks, (rank) => {
    if (!Number.isInteger(rank) || rank < 0 || rank > sampleCount) {
      throw new RangeError(`rank ${rank} is not an integer from 0 to ${sampleCount}`);
    }
    return (rank + random()) / (sampleCount + 1);
  });
}
