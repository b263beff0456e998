import { expect, test } from 'vitest';
import { kolmogorovStatistic, kolmogorovSurvival } from './kolmogorov-smirnov.ts';

// SciPy 1.17: scipy.stats.kstwo.sf(d, n), and for n ≥ 500 and p > 1e-3, where that is itself approximate, the exact
// scipy.stats._ksstats._kolmogn_DMTW(n, d, cdf=False). Our third formula (n > 2000) is asymptotic.
test.each([
  [1, 0.3, 1, 1e-12],
  [1, 0.8, 0.4, 1e-12],
  [5, 0.3, 0.664, 1e-12],
  [10, 0.2, 0.74871904, 1e-12],
  [10, 0.5, 0.00777741, 1e-11],
  [50, 0.1, 0.662311270466, 1e-11],
  [100, 0.05, 0.953215971064, 1e-11],
  [100, 0.163, 0.00865218648446, 1e-11],
  [500, 0.03, 0.7473166221808, 1e-11],
  [500, 0.0607, 0.04815923421427, 1e-11],
  [500, 0.1, 8.34229306726e-5, 1e-11],
  [500, 0.2, 5.25683536195e-18, 1e-11],
  [2000, 0.02, 0.3953133720031, 1e-11],
  [200, 0.9, 2.13569503159e-200, 1e-11],
  [3000, 0.01, 0.9220854950883, 3e-5],
  [3000, 0.02, 0.1788981376321, 3e-5],
  [10000, 0.008, 0.5414432245016, 3e-5],
  [10000, 0.0136, 0.04903580797162, 3e-5],
  [100000, 0.003, 0.328456332773, 3e-5],
])('Pr(D_%i ≥ %f)', (n, d, expected, tolerance) => {
  expect(Math.abs(kolmogorovSurvival(d, n) / expected - 1)).toBeLessThan(tolerance);
});

test('the statistic and its p-value of a small sample', () => {
  // scipy.stats.kstest(x, 'uniform') of SciPy 1.17.
  const x = [0.02, 0.11, 0.15, 0.22, 0.3, 0.31, 0.45, 0.5, 0.61, 0.66, 0.72, 0.9];
  expect(kolmogorovStatistic(x)).toBeCloseTo(0.19666666666666666, 14);
  expect(kolmogorovSurvival(kolmogorovStatistic(x), x.length)).toBeCloseTo(0.6730242509812219, 12);
});

test('survival falls from 1 to 0, across its formulae', () => {
  for (const n of [3, 40, 500, 5000]) {
    let before = 1;
    for (let d = 0; d <= 1; d += d < 0.1 ? 0.001 : 0.01) {
      const now = kolmogorovSurvival(d, n);
      expect(now).toBeLessThanOrEqual(before + 1e-6);
      expect(now).toBeGreaterThanOrEqual(0);
      before = now;
    }
    expect(kolmogorovSurvival(1, n)).toBe(0);
  }
});

test('nonsense is refused', () => {
  expect(() => kolmogorovStatistic([])).toThrow(/no values/);
  expect(() => kolmogorovStatistic([0.5, 1.5])).toThrow(/1.5 is outside/);
  expect(() => kolmogorovStatistic([0.5, Number.NaN])).toThrow(/NaN is outside/);
  expect(() => kolmogorovSurvival(0.1, 0)).toThrow(/n = 0/);
});
