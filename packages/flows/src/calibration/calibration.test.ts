/**
 * SBC and TARP where the answer is known: θ ~ N(0, 1)² and x = θ + N(0, s²), so that p(θ|x) = N(x/(1 + s²), s²/(1 + s²)).
 * The right posterior must pass; one with a wrong width or a shifted mean must fail.
 */
import { key, randomNormal, split } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { gridCdf, posteriorRanks, simulationBasedCalibration } from './sbc.ts';
import { normalCdf } from './special-functions.ts';
import { type PosteriorPoints, type TarpResult, tarp } from './tarp.ts';
import { uniformStream } from './uniform-stream.ts';
import { uniformsOfRanks } from './uniformity.ts';

const N = 500;
const S = 99;
const NOISE = 0.5;
const SIGMA = Math.sqrt(NOISE ** 2 / (1 + NOISE ** 2));

/** A posterior that is wrong by a factor in its width and a shift, in units of its σ, of its mean. */
interface Mistake {
  width: number;
  shift: number;
}
const RIGHT: Mistake = { width: 1, shift: 0 };

function simulate(seed: number): { truths: Float64Array; means: Float64Array; draws: () => Float64Array } {
  const [prior, noise, posterior] = split(key(seed), 3);
  const truths = randomNormal(prior!, [N, 2], 'float64');
  const x = randomNormal(noise!, [N, 2], 'float64');
  const means = x.map((e, i) => (truths[i]! + NOISE * e) / (1 + NOISE ** 2));
  return { truths, means, draws: () => randomNormal(posterior!, [N, S, 2], 'float64') };
}

function samplesOf(
  seed: number,
  { width, shift }: Mistake,
): { truths: Float64Array; samples: Float64Array[] } {
  const { truths, means, draws } = simulate(seed);
  const all = draws();
  const samples = Array.from({ length: N }, (_, i) =>
    all
      .slice(i * S * 2, (i + 1) * S * 2)
      .map((e, j) => means[2 * i + (j % 2)]! + SIGMA * (width * e + shift)),
  );
  return { truths, samples };
}

function sbcOf(seed: number, mistake: Mistake): number {
  const { truths, samples } = samplesOf(seed, mistake);
  const ranks = samples.map((s, i) => posteriorRanks(s, truths.subarray(2 * i, 2 * i + 2)));
  const random = uniformStream(key(seed + 1000));
  const uniforms = [0, 1].map((a) =>
    uniformsOfRanks(
      ranks.map((r) => r[a]!),
      S,
      random,
    ),
  );
  return simulationBasedCalibration(uniforms).pValue;
}

function tarpOf(seed: number, mistake: Mistake): TarpResult {
  const { truths, samples } = samplesOf(seed, mistake);
  return tarp({
    truths,
    lower: [-3, -3],
    upper: [3, 3],
    posterior: (i): PosteriorPoints => ({ points: samples[i]! }),
    random: uniformStream(key(seed + 2000)),
  });
}

describe('simulation-based calibration from samples', () => {
  test.each([1, 2, 3])('the right posterior passes, seed %i', (seed) => {
    expect(sbcOf(seed, RIGHT)).toBeGreaterThan(0.01);
  });
  test('an over-confident one, an under-confident one and a biased one fail', () => {
    expect(sbcOf(1, { width: 0.7, shift: 0 })).toBeLessThan(1e-4);
    expect(sbcOf(1, { width: 1.5, shift: 0 })).toBeLessThan(1e-4);
    expect(sbcOf(1, { width: 1, shift: 0.3 })).toBeLessThan(1e-4);
  });
});

describe('simulation-based calibration from exact distribution functions', () => {
  const exact = (seed: number, { width, shift }: Mistake): number => {
    const { truths, means } = simulate(seed);
    const u = truths.map((t, i) => normalCdf(((t - means[i]!) / SIGMA - shift) / width));
    return simulationBasedCalibration([0, 1].map((a) => u.filter((_, i) => i % 2 === a))).pValue;
  };
  test.each([4, 5, 6])('the right posterior passes, seed %i', (seed) => {
    expect(exact(seed, RIGHT)).toBeGreaterThan(0.01);
  });
  test('wrong ones fail', () => {
    expect(exact(4, { width: 0.75, shift: 0 })).toBeLessThan(1e-3);
    expect(exact(4, { width: 1, shift: -0.3 })).toBeLessThan(1e-4);
  });
  test('of 200 right posteriors, few have p below 0.05', () => {
    const low = Array.from({ length: 200 }, (_, seed) => exact(100 + seed, RIGHT)).filter(
      (p) => p < 0.05,
    ).length;
    // Binomial(200, ≤ 0.05): 21 or more has a chance of 1e-3.
    expect(low).toBeLessThanOrEqual(20);
  });
});

describe('TARP', () => {
  test.each([7, 8, 9])('the right posterior passes, and covers as it says, seed %i', (seed) => {
    const { test: uniformity, levels, expectedCoverage, standardError } = tarpOf(seed, RIGHT);
    expect(uniformity.kolmogorovSmirnov.pValue).toBeGreaterThan(0.01);
    expect(uniformity.chiSquare.pValue).toBeGreaterThan(0.01);
    for (let j = 0; j < levels.length; j++) {
      expect(Math.abs(expectedCoverage[j]! - levels[j]!)).toBeLessThan(4 * standardError[j]!);
    }
  });
  test('over-confident, under-confident and biased ones fail', () => {
    for (const mistake of [
      { width: 0.6, shift: 0 },
      { width: 1.7, shift: 0 },
      // References lie on all sides, so that a shift towards some is one away from others: TARP sees it as a width.
      { width: 1, shift: 1.2 },
    ]) {
      const { kolmogorovSmirnov, chiSquare } = tarpOf(7, mistake).test;
      expect(Math.min(kolmogorovSmirnov.pValue, chiSquare.pValue)).toBeLessThan(1e-3);
    }
  });
  test('weighted grids of the right posterior pass, and of a narrow one fail', () => {
    const { truths, means } = simulate(10);
    const side = 61;
    const run = (width: number): number =>
      tarp({
        truths,
        lower: [-3, -3],
        upper: [3, 3],
        random: uniformStream(key(11)),
        posterior: (i) => {
          const points = new Float64Array(side * side * 2);
          const weights = new Float64Array(side * side);
          for (let p = 0; p < side * side; p++) {
            const u = (((p % side) - 30) / 30) * 5;
            const v = ((Math.floor(p / side) - 30) / 30) * 5;
            points[2 * p] = means[2 * i]! + SIGMA * u;
            points[2 * p + 1] = means[2 * i + 1]! + SIGMA * v;
            weights[p] = Math.exp(-(u * u + v * v) / (2 * width * width));
          }
          return { points, weights };
        },
      }).test.kolmogorovSmirnov.pValue;
    expect(run(1)).toBeGreaterThan(0.01);
    expect(run(0.6)).toBeLessThan(1e-3);
  });
  test('the prior as posterior passes with references that do not know the data, and fails with ones that do', () => {
    const { truths, means, draws } = simulate(12);
    const all = draws();
    const run = (references?: Float64Array): number =>
      tarp({
        truths,
        lower: [-3, -3],
        upper: [3, 3],
        random: uniformStream(key(13)),
        posterior: (i) => ({ points: all.subarray(i * S * 2, (i + 1) * S * 2) }),
        ...(references ? { references } : {}),
      }).test.kolmogorovSmirnov.pValue;
    expect(run()).toBeGreaterThan(0.01);
    expect(run(means)).toBeLessThan(1e-6);
  });
});

test('the distribution function of a grid: exact for a linear density, 0 and 1 beyond it', () => {
  expect(gridCdf([0, 1], [0, 2], 0.5)).toBeCloseTo(0.25, 14);
  expect(gridCdf([0, 0.3, 1], [0, 0.3, 1], 0.7)).toBeCloseTo(0.49, 14);
  expect(gridCdf([0, 1], [1, 1], -1)).toBe(0);
  expect(gridCdf([0, 1], [1, 1], 2)).toBe(1);
  const points = Array.from({ length: 401 }, (_, i) => -8 + i * 0.04);
  const density = points.map((x) => Math.exp(-(x * x) / 2));
  expect(Math.abs(gridCdf(points, density, 0.7) - normalCdf(0.7))).toBeLessThan(1e-4);
});

test('nonsense is refused', () => {
  const random = uniformStream(key(0));
  const base = { truths: [0, 0], lower: [0, 0], upper: [1, 1], random };
  expect(() => posteriorRanks([1, 2, 3], [0, 0])).toThrow(/3 numbers are not rows of 2 parameters/);
  expect(() => posteriorRanks([1, Number.NaN], [0, 0])).toThrow(/sample 0 is NaN/);
  expect(() => gridCdf([0, 0], [1, 1], 0)).toThrow(/must ascend/);
  expect(() => gridCdf([0, 1], [0, 0], 0)).toThrow(/integrates to 0/);
  expect(() => gridCdf([0, 1], [1, -1], 0)).toThrow(/density -1 at point 1/);
  expect(() => simulationBasedCalibration([])).toThrow(/no parameters/);
  expect(() => tarp({ ...base, upper: [1, 0], posterior: () => ({ points: [0, 0] }) })).toThrow(
    /parameter 1 has the prior \[0, 0\]/,
  );
  expect(() => tarp({ ...base, posterior: () => ({ points: [0] }) })).toThrow(/1 numbers are not rows of 2/);
  expect(() => tarp({ ...base, posterior: () => ({ points: [0, 0], weights: [1, 2] }) })).toThrow(
    /2 weights for 1 points/,
  );
  expect(() => tarp({ ...base, references: [1], posterior: () => ({ points: [0, 0] }) })).toThrow(
    /references/,
  );
});
