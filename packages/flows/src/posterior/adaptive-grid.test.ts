import { key } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { adaptiveGrid, gaussLegendre, type LogDensity } from './adaptive-grid.ts';
import { gridPosterior, jointMarginal, marginal, sampleGrid } from './grid-posterior.ts';

/** A narrow, tilted normal density, the shape of the posterior of (Ω_m, σ_8). */
const normal =
  (mean: number[], sigma: number[], correlation: number): LogDensity =>
  (points, count) =>
    Float64Array.from({ length: count }, (_, i) => {
      const u = (points[2 * i]! - mean[0]!) / sigma[0]!;
      const v = (points[2 * i + 1]! - mean[1]!) / sigma[1]!;
      return -(u * u - 2 * correlation * u * v + v * v) / (2 * (1 - correlation ** 2));
    });
const box = { low: [0.1, 0.6], high: [0.5, 1] };

test('Gauss-Legendre integrates polynomials up to degree 2n − 1', () => {
  for (const order of [1, 2, 4, 7]) {
    const { nodes, weights } = gaussLegendre(order);
    for (let degree = 0; degree < 2 * order; degree++) {
      const integral = nodes.reduce((sum, x, i) => sum + weights[i]! * x ** degree, 0);
      expect(integral).toBeCloseTo(1 / (degree + 1), 13);
    }
  }
});

test.each([
  [[0.3175, 0.834], [0.016, 0.009], 0.13],
  [[0.3175, 0.8], [0.031, 0.027], -0.94],
  [[0.2, 0.7], [0.004, 0.003], 0.5],
])(
  'integral, mean and covariance of a narrow normal at %j with σ %j, correlation %d',
  async (mean, sigma, correlation) => {
    const grid = await adaptiveGrid(normal(mean, sigma, correlation), box);
    expect(grid.count).toBeLessThan(6000);
    expect(grid.volumes.reduce((a, b) => a + b)).toBeCloseTo(0.16, 12);
    const posterior = gridPosterior(grid);
    const exact = Math.log(2 * Math.PI * sigma[0]! * sigma[1]! * Math.sqrt(1 - correlation ** 2));
    expect(posterior.logIntegral).toBeCloseTo(exact, 3);
    for (let a = 0; a < 2; a++) {
      expect((posterior.mean[a]! - mean[a]!) / sigma[a]!).toBeCloseTo(0, 3);
      expect(Math.sqrt(posterior.covariance[3 * a]!) / sigma[a]!).toBeCloseTo(1, 3);
    }
    expect(posterior.covariance[1]! / (sigma[0]! * sigma[1]!)).toBeCloseTo(correlation, 3);
  },
);

test('two separate peaks are both found, with their masses', async () => {
  const [one, two] = [normal([0.2, 0.7], [0.005, 0.005], 0), normal([0.42, 0.93], [0.01, 0.01], 0)];
  const both: LogDensity = async (points, count) => {
    const [a, b] = [await one(points, count), await two(points, count)];
    return a.map((value, i) => Math.log(Math.exp(value) + Math.exp(b[i]!)));
  };
  const posterior = gridPosterior(await adaptiveGrid(both, box));
  expect(posterior.logIntegral).toBeCloseTo(Math.log(2 * Math.PI * (0.005 ** 2 + 0.01 ** 2)), 3);
});

test('a density cut by the prior edge is normalised over the box alone', async () => {
  const posterior = gridPosterior(await adaptiveGrid(normal([0.1, 0.8], [0.02, 0.02], 0), box));
  expect(posterior.logIntegral).toBeCloseTo(Math.log(Math.PI * 0.02 ** 2), 4);
  expect(posterior.mean[0]).toBeCloseTo(0.1 + 0.02 * Math.sqrt(2 / Math.PI), 4);
});

test('samples and marginals follow the density', async () => {
  const posterior = gridPosterior(await adaptiveGrid(normal([0.3, 0.8], [0.02, 0.01], 0.6), box));
  const n = 20_000;
  const samples = sampleGrid(posterior, key(1), n);
  const mean = [0, 1].map((axis) => samples.reduce((sum, x, i) => sum + (i % 2 === axis ? x : 0), 0) / n);
  expect(mean[0]).toBeCloseTo(0.3, 3);
  expect(mean[1]).toBeCloseTo(0.8, 3);
  const { density, centres } = marginal(posterior, 0, [0.1, 0.5], 200);
  expect(density.reduce((a, b) => a + b) * 0.002).toBeCloseTo(1, 10);
  const peak = centres[density.indexOf(Math.max(...density))]!;
  expect(Math.abs(peak - 0.3)).toBeLessThan(0.004);
  const joint = jointMarginal(
    posterior,
    [0, 1],
    [
      [0.1, 0.5],
      [0.6, 1],
    ],
    50,
  );
  expect(joint.reduce((a, b) => a + b) * 0.008 ** 2).toBeCloseTo(1, 10);
});

test('an empty box, a vanishing density and too many points are refused', async () => {
  await expect(adaptiveGrid(normal([0, 0], [1, 1], 0), { low: [1], high: [0] })).rejects.toThrow(
    /box \[1\] to \[0\] is empty/,
  );
  await expect(adaptiveGrid((_, n) => new Float64Array(n).fill(-Infinity), box)).rejects.toThrow(
    /vanishes at every point/,
  );
  await expect(adaptiveGrid(normal([0.3, 0.8], [1e-5, 1e-5], 0), box, { maxPoints: 400 })).rejects.toThrow(
    /more than 400 points/,
  );
});
