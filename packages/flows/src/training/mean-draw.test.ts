import { key, randomNormal } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { memoryDataset, readBatch } from './dataset.ts';
import { applyMean, drawnMean, meanCorrection, removeMean, withDrawnMeans } from './mean-draw.ts';

const logNormal = (x: number, deviation: number): number =>
  -0.5 * ((x / deviation) ** 2 + Math.log(2 * Math.PI * deviation ** 2));

test('white noise without its mean: the density on n − 1 dimensions, whatever m is drawn', () => {
  const [n, sigma] = [36, 0.7];
  const x = randomNormal(key(1), [n], 'float64').map((value) => sigma * value);
  removeMean(x, false);
  const exact =
    -0.5 *
    (x.reduce((total, value) => total + (value / sigma) ** 2, 0) +
      (n - 1) * Math.log(2 * Math.PI * sigma ** 2));
  // A k = 0 mode of variance σ²: white noise of n dimensions.
  const draw = { deviation: sigma / Math.sqrt(n), seed: 3 };
  for (let map = 0; map < 4; map++) {
    const mean = drawnMean(draw, map);
    const drawn = x.slice();
    applyMean(drawn, mean, false);
    const flow = drawn.reduce((total, value) => total + logNormal(value, sigma), 0);
    expect(flow + meanCorrection(draw, mean, n, false)).toBeCloseTo(exact, 10);
  }
});

test('with the logarithm: the density of δ′ that belongs to a density of δ integrates to 1', () => {
  // Two cells with ⟨1 + δ⟩ = 1: one coordinate u = √2 δ_1 in (−√2, √2), here with the density (15/16)(1 − u²/2)² /√2.
  const draw = { deviation: 0.4, seed: 1 };
  const step = 0.01;
  let total = 0;
  for (let a = step / 2; a < 9; a += step) {
    for (let b = step / 2; b < 9; b += step) {
      const mean = Math.log((a + b) / 2);
      const delta = a / Math.exp(mean) - 1;
      const density = ((15 / 16) * (1 - delta * delta) ** 2) / Math.SQRT2;
      total += step * step * density * Math.exp(-meanCorrection(draw, mean, 2, true));
    }
  }
  expect(total).toBeCloseTo(1, 4);
});

test('a drawn mean is taken away again, and depends on seed and map alone', () => {
  for (const logDensity of [false, true]) {
    const map = Float64Array.of(0.5, -0.25, -0.5, 0.25);
    const drawn = map.slice();
    applyMean(drawn, 0.3, logDensity);
    expect(drawn.reduce((a, b) => a + b, 0)).toBeGreaterThan(0.5);
    removeMean(drawn, logDensity);
    drawn.forEach((value, i) => {
      expect(value).toBeCloseTo(map[i]!, 12);
    });
  }
  expect(drawnMean({ deviation: 2, seed: 5 }, 7)).toBe(2 * drawnMean({ deviation: 1, seed: 5 }, 7));
  expect(drawnMean({ deviation: 1, seed: 5 }, 8)).not.toBe(drawnMean({ deviation: 1, seed: 5 }, 7));
});

test('a dataset with drawn means gives a map the same mean at every reading', async () => {
  const dataset = memoryDataset({
    maps: new Float32Array(12),
    shape: [2, 2],
    parameters: new Float64Array(3),
    parameterNames: ['a'],
  });
  const draw = { deviation: 0.3, seed: 7 };
  const { maps } = await readBatch(withDrawnMeans(dataset, draw, false), Int32Array.of(2, 0, 2));
  expect([...maps]).toEqual(
    [2, 2, 2, 2, 0, 0, 0, 0, 2, 2, 2, 2].map((map) => Math.fround(drawnMean(draw, map))),
  );
});
