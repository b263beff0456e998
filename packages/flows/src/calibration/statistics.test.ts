import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kishSampleSize, pairwiseSum, quantiles, weightedMoments } from './statistics.ts';

test('pairwise summation of a million tenths is off by less than 1e-9, where a plain loop is by 1e-6', () => {
  const tenths = new Float64Array(1_000_000).fill(0.1);
  expect(Math.abs(pairwiseSum(tenths) - 1e5)).toBeLessThan(1e-9);
  expect(Math.abs(tenths.reduce((a, b) => a + b, 0) - 1e5)).toBeGreaterThan(1e-7);
  expect(pairwiseSum([])).toBe(0);
});

test('quantiles are NumPy’s', () => {
  // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, .1, .33, .5, .95, 1])
  const ours = quantiles([3, 1, 4, 1, 5, 9, 2, 6], [0, 0.1, 0.33, 0.5, 0.95, 1]);
  for (const [i, expected] of [1, 1, 2.31, 3.5, 7.95, 9].entries()) expect(ours[i]).toBeCloseTo(expected, 12);
});

test('weighted mean and covariance are NumPy’s', () => {
  // numpy.average and numpy.cov(ddof=0, aweights=w)
  const { mean, covariance } = weightedMoments([1, 2, 3, 4.5, -1, 0.5, 2, 2], 2, [1, 2, 3, 0.5]);
  for (const [i, expected] of [0.7692307692307693, 2.076923076923077].entries())
    expect(mean[i]).toBeCloseTo(expected, 13);
  for (const [i, expected] of [
    3.1005917159763317, 2.9408284023668645, 2.9408284023668645, 2.9556213017751483,
  ].entries())
    expect(covariance[i]).toBeCloseTo(expected, 13);
});

test('the scale of weights does not matter; equal weights are none; Kish’s size is n for them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (points, scale) => {
        const plain = weightedMoments(points, 1);
        const scaled = weightedMoments(
          points,
          1,
          points.map(() => scale),
        );
        expect(scaled.mean[0]).toBeCloseTo(plain.mean[0]!, 10);
        expect(scaled.covariance[0]).toBeCloseTo(plain.covariance[0]!, 8);
        expect(kishSampleSize(points.map(() => scale))).toBeCloseTo(points.length, 8);
      },
    ),
  );
});

test('nonsense is refused', () => {
  expect(() => quantiles([], [0.5])).toThrow(/no values/);
  expect(() => quantiles([1, Number.NaN], [0.5])).toThrow(/NaN/);
  expect(() => quantiles([1], [2])).toThrow(/level 2/);
  expect(() => weightedMoments([1, 2, 3], 2)).toThrow(/3 numbers are not rows of dimension 2/);
  expect(() => weightedMoments([1, 2], 1, [1])).toThrow(/1 weights for 2 points/);
  expect(() => weightedMoments([1, 2], 1, [1, -1])).toThrow(/weight 1 is -1/);
  expect(() => weightedMoments([1, 2], 1, [0, 0])).toThrow(/sum to 0/);
});
