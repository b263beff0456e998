import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chiSquareSurvival,
  incompleteGamma,
  logGamma,
  normalCdf,
  normalQuantile,
} from './special-functions.ts';

// All values: SciPy 1.17 (scipy.special.gammaln, gammainc, gammaincc, ndtr, ndtri; scipy.stats.chi2.sf).

test.each([
  [0.1, 2.252712651734206],
  [0.5, 0.5723649429247001],
  [1, 0],
  [1.5, -0.1207822376352453],
  [2, 0],
  [3.7, 1.428072326665388],
  [10, 12.80182748008147],
  [100.5, 361.4355404677776],
  [1e5, 1051287.708973657],
])('ln Γ(%f)', (x, expected) => {
  expect(Math.abs(logGamma(x) - expected)).toBeLessThan(2e-14 * Math.max(1, Math.abs(expected)));
});

test.each([
  [0.5, 0.1, 0.345279153981423, 0.654720846018577],
  [0.5, 4, 0.995322265018953, 0.00467773498104728],
  [1, 1, 0.632120558828558, 0.367879441171442],
  [9.5, 9.5, 0.543163874408037, 0.456836125591962],
  [100, 80, 0.0171083130351331, 0.982891686964867],
  [100, 130, 0.997249591632693, 0.00275040836730652],
  [1000, 1000, 0.504205244180216, 0.495794755819784],
])('incomplete gamma P and Q(%f, %f)', (a, x, lower, upper) => {
  const ours = incompleteGamma(a, x);
  expect(Math.abs(ours.lower / lower - 1)).toBeLessThan(1e-12);
  expect(Math.abs(ours.upper / upper - 1)).toBeLessThan(1e-12);
});

test.each([
  [0, 3, 1],
  [0.5, 1, 0.47950012218695],
  [3.84, 1, 0.050043521248705],
  [10, 19, 0.95294579758662],
  [36.19, 19, 0.010002466497531],
  [80, 19, 1.8596255029859e-9],
  [250, 200, 0.0093791316688261],
  [1e-3, 5, 0.99999999831851],
  [500, 10, 4.4147360999138e-101],
])('χ² survival (%f, %i degrees)', (statistic, degrees, expected) => {
  expect(Math.abs(chiSquareSurvival(statistic, degrees) / expected - 1)).toBeLessThan(1e-12);
});

test.each([
  [-10, 7.61985302416047e-24],
  [-5, 2.86651571879193e-7],
  [-1.96, 0.0249978951482204],
  [-0.5, 0.308537538725987],
  [0, 0.5],
  [0.3, 0.617911422188953],
  [2.5, 0.993790334674224],
  [6, 0.999999999013412],
])('Φ(%f)', (x, expected) => {
  expect(Math.abs(normalCdf(x) / expected - 1)).toBeLessThan(1e-13);
});

test.each([
  [1e-20, -9.26234008979841],
  [1e-6, -4.7534243088229],
  [0.025, -1.95996398454005],
  [0.3, -0.524400512708041],
  [0.9, 1.2815515655446],
  [0.999, 3.09023230616781],
])('Φ⁻¹(%f)', (p, expected) => {
  expect(Math.abs(normalQuantile(p) / expected - 1)).toBeLessThan(1e-13);
});

test('Φ⁻¹ inverts Φ, P + Q = 1, and Γ(x + 1) = x Γ(x)', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -8, max: 4, noNaN: true }),
      fc.double({ min: 0.05, max: 300, noNaN: true }),
      fc.double({ min: 0, max: 600, noNaN: true }),
      (x, a, y) => {
        expect(Math.abs(normalQuantile(normalCdf(x)) - x)).toBeLessThan(1e-11);
        const { lower, upper } = incompleteGamma(a, y);
        expect(Math.abs(lower + upper - 1)).toBeLessThan(1e-12);
        expect(logGamma(a + 1)).toBeCloseTo(logGamma(a) + Math.log(a), 10);
      },
    ),
  );
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(1)).toBe(Infinity);
  expect(Math.abs(normalQuantile(0.5))).toBeLessThan(1e-16);
});

test('arguments outside are refused', () => {
  expect(() => logGamma(0)).toThrow(/x = 0/);
  expect(() => incompleteGamma(0, 1)).toThrow(/a = 0/);
  expect(() => chiSquareSurvival(-1, 3)).toThrow(/x = -0.5/);
  expect(() => normalQuantile(1.1)).toThrow(/p = 1.1/);
});
