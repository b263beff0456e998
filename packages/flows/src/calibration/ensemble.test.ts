import { key, randomNormal } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { autocorrelationTime, effectiveSampleSize } from './autocorrelation.ts';
import { type EnsembleOptions, sampleEnsemble } from './ensemble.ts';
import { weightedMoments } from './statistics.ts';
import { uniformStream } from './uniform-stream.ts';

/** ln p of N(mean, C) with C = [[4, 1.8], [1.8, 1]]: correlation 0.9. */
const MEAN = [1, -2];
const COVARIANCE = [4, 1.8, 1.8, 1];
function gaussian(points: Float64Array): Float64Array {
  const det = 4 - 1.8 ** 2;
  return Float64Array.from({ length: points.length / 2 }, (_, i) => {
    const u = points[2 * i]! - MEAN[0]!;
    const v = points[2 * i + 1]! - MEAN[1]!;
    return -0.5 * ((u * u - 2 * 1.8 * u * v + 4 * v * v) / det);
  });
}
const base = (seed: number): EnsembleOptions => ({
  logDensity: gaussian,
  initial: randomNormal(key(seed), [32, 2], 'float64'),
  dimension: 2,
  steps: 2000,
  burnIn: 200,
  random: uniformStream(key(seed + 1)),
});

test('a tilted Gaussian: mean and covariance within their errors', async () => {
  const result = await sampleEnsemble(base(1));
  const size = effectiveSampleSize(result);
  expect(Math.min(...size)).toBeGreaterThan(1000);
  const { mean, covariance } = weightedMoments(result.values, 2);
  for (const a of [0, 1]) {
    const variance = COVARIANCE[3 * a]!;
    expect(Math.abs(mean[a]! - MEAN[a]!)).toBeLessThan(4 * Math.sqrt(variance / size[a]!));
    expect(Math.abs(covariance[3 * a]! / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / size[a]!));
  }
  expect(covariance[1]! / Math.sqrt(covariance[0]! * covariance[3]!)).toBeCloseTo(0.9, 1);
  for (const fraction of result.acceptance) {
    expect(fraction).toBeGreaterThan(0.5);
    expect(fraction).toBeLessThan(0.9);
  }
});

test('log-densities belong to the points', async () => {
  const result = await sampleEnsemble({ ...base(2), steps: 50, thin: 3 });
  expect([...result.logDensities]).toEqual([...gaussian(result.values)]);
  expect(result.values.length).toBe(50 * 32 * 2);
});

test('the same stream gives the same chain, another stream another', async () => {
  const run = async (seed: number): Promise<Float64Array> =>
    (await sampleEnsemble({ ...base(3), steps: 40, random: uniformStream(key(seed)) })).values;
  expect(await run(5)).toEqual(await run(5));
  expect(await run(5)).not.toEqual(await run(6));
});

test('affine invariance: y = A x + b of walkers and density gives A x + b of the chain', async () => {
  const map = (x: number, y: number): [number, number] => [3 * x - 2 * y + 1, 0.01 * y + x * 0.002 - 7];
  const mapAll = (points: Float64Array): Float64Array => {
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) out.set(map(points[i]!, points[i + 1]!), i);
    return out;
  };
  const det = 3 * 0.01 + 2 * 0.002;
  const inverse = (points: Float64Array): Float64Array => {
    const out = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const u = points[i]! - 1;
      const v = points[i + 1]! + 7;
      out[i] = (0.01 * u + 2 * v) / det;
      out[i + 1] = (-0.002 * u + 3 * v) / det;
    }
    return out;
  };
  const plain = { ...base(4), steps: 30, burnIn: 0, random: uniformStream(key(9)) };
  const mapped = await sampleEnsemble({
    ...plain,
    initial: mapAll(Float64Array.from(plain.initial)),
    logDensity: (points) => gaussian(inverse(points)),
    random: uniformStream(key(9)),
  });
  const expected = mapAll((await sampleEnsemble(plain)).values);
  for (let i = 0; i < expected.length; i++) expect(mapped.values[i]).toBeCloseTo(expected[i]!, 8);
});

test('walls: a density that is 0 outside the unit square is sampled uniformly inside', async () => {
  const result = await sampleEnsemble({
    logDensity: (points) =>
      Float64Array.from({ length: points.length / 2 }, (_, i) => {
        const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
        return x > 0 && x < 1 && y > 0 && y < 1 ? 0 : -Infinity;
      }),
    initial: Float64Array.from({ length: 40 }, (_, i) => ((i * 7919) % 97) / 98 + 0.005),
    dimension: 2,
    steps: 3000,
    burnIn: 100,
    random: uniformStream(key(20)),
  });
  const { mean, covariance } = weightedMoments(result.values, 2);
  const size = effectiveSampleSize(result);
  expect(Math.abs(mean[0]! - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / size[0]!));
  expect(covariance[0]! * 12).toBeCloseTo(1, 1);
  expect(Math.min(...result.values)).toBeGreaterThan(0);
});

describe('autocorrelation time', () => {
  test('of x_t = φ x_{t−1} + noise is (1 + φ)/(1 − φ)', () => {
    const steps = 4000;
    const walkers = 8;
    for (const phi of [0, 0.5, 0.9]) {
      const noise = randomNormal(key(30), [steps, walkers], 'float64');
      for (let i = walkers; i < noise.length; i++) noise[i] = phi * noise[i - walkers]! + noise[i]!;
      const [time] = autocorrelationTime({ values: noise, walkers, dimension: 1 });
      expect(Math.abs(time! / ((1 + phi) / (1 - phi)) - 1)).toBeLessThan(0.15);
    }
  });
  test('a parameter that never moves has none, and a chain too short is refused', () => {
    expect(
      autocorrelationTime({ values: new Float64Array(20).fill(3), walkers: 2, dimension: 1 })[0],
    ).toBeNaN();
    expect(() => autocorrelationTime({ values: [1, 2, 3], walkers: 1, dimension: 1 })).toThrow(
      /not 4 or more steps/,
    );
  });
});

describe('refused, with the reason', () => {
  test.each<[Partial<EnsembleOptions>, RegExp]>([
    [{ initial: new Float64Array(6) }, /3 walkers in 2 dimensions; give an even number, 4 or more/],
    [{ initial: new Float64Array(64) }, /common plane/],
    [{ initial: Float64Array.from({ length: 64 }, (_, i) => Math.floor(i / 2)) }, /common plane/],
    [
      { logDensity: (p) => new Float64Array(p.length / 2).fill(-Infinity) },
      /walker 0 starts where the density is 0/,
    ],
    [{ logDensity: (p) => new Float64Array(p.length / 2).fill(Number.NaN) }, /log-density is NaN at \(/],
    [{ logDensity: () => [1] }, /1 values for 32 points/],
    [{ steps: 0 }, /steps = 0/],
    [{ stretch: 1 }, /stretch = 1/],
  ])('%#', async (change, message) => {
    await expect(sampleEnsemble({ ...base(1), ...change })).rejects.toThrow(message);
  });
});
