import { expect, test } from 'vitest';
import { weightedMoments } from '../calibration/statistics.ts';
import { posteriorOnGrid, samplePosterior } from './flow-posterior.ts';

/** ln p of a "map" that is its own summary: normal in θ around it. */
const evaluator = {
  logProbOfMap: async (map: ArrayLike<number>, thetas: ArrayLike<number>) =>
    Float64Array.from({ length: thetas.length / 2 }, (_, i) => {
      const u = (thetas[2 * i]! - map[0]!) / 0.02;
      const v = (thetas[2 * i + 1]! - map[1]!) / 0.01;
      return -(u * u - 1.2 * u * v + v * v) / (2 * 0.64);
    }),
};
const prior = { low: [0.1, 0.6], high: [0.5, 1] };

test('the grid and the sampler agree on a posterior inside the prior', async () => {
  const map = Float64Array.of(0.3, 0.8);
  const grid = await posteriorOnGrid(evaluator, map, prior);
  const sampled = await samplePosterior(evaluator, map, prior, { seed: 3 });
  expect(Math.min(...sampled.effectiveSamples)).toBeGreaterThan(500);
  const { mean, covariance } = weightedMoments(sampled.values, 2);
  for (let a = 0; a < 2; a++) {
    const sigma = Math.sqrt(grid.covariance[3 * a]!);
    expect(sigma).toBeCloseTo([0.02, 0.01][a]!, 4);
    expect(Math.abs(mean[a]! - grid.mean[a]!) / sigma).toBeLessThan(0.15);
    expect(Math.sqrt(covariance[3 * a]!) / sigma).toBeCloseTo(1, 1);
  }
});

test('walkers never leave the prior', async () => {
  const sampled = await samplePosterior(evaluator, Float64Array.of(0.5, 1), prior, { seed: 4, steps: 200 });
  sampled.values.forEach((value, i) => {
    expect(value).toBeLessThanOrEqual(prior.high[i % 2]!);
  });
});
