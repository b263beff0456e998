/** The power-spectrum likelihood against what is known: Student's t, and Gaussian fields, where the spectrum holds everything. */
import { fieldSampler } from '@equiflow/fft-mesh';
import { foldIn, key, randomNormal, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { exactModel } from '../exact.ts';
import { binned, meshModes, shellBinning } from '../modes.ts';
import { exactPosterior, gridMoments } from '../posterior.ts';
import { spectrumFamily } from '../spectra.ts';
import { fitRegression, monomials, monomialsAt } from './regression.ts';
import { fitSpectra } from './spectrum-likelihood.ts';

test('a mean and a variance of n values predict Student’s t, as in Sellentin & Heavens 2016', () => {
  const n = 8;
  const y = randomNormal(key(1), [n], 'float64').map((v) => 3 + 2 * v);
  const ones = new Float64Array(n).fill(1);
  const fit = fitRegression(y, ones, ones);
  const mean = y.reduce((a, b) => a + b, 0) / n;
  const variance = y.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  expect(fit.coefficients[0]).toBeCloseTo(mean, 12);
  // t_{n−1}((y − ȳ)/√(s²(1 + 1/n))): Γ(4)/(Γ(7/2) √(7π)) at its centre.
  const width = Math.sqrt(variance * (1 + 1 / n));
  const at = (value: number): number => fit.logDensity(value, [1], [1]);
  const gammaOfSevenHalves = (15 / 8) * Math.sqrt(Math.PI);
  expect(at(mean)).toBeCloseTo(Math.log(6 / (gammaOfSevenHalves * Math.sqrt(7 * Math.PI) * width)), 3);
  expect(at(mean + 2 * width) - at(mean)).toBeCloseTo(-4 * Math.log(1 + 4 / 7), 3);
});

test('mean and variance that depend on a regressor are found', () => {
  const count = 4000;
  const u = randomUniform(key(2), [count], 'float64').map((v) => 2 * v - 1);
  const noise = randomNormal(key(3), [count], 'float64');
  const y = u.map((x, i) => 1 + 2 * x + Math.exp(0.5 * (-1 + 0.8 * x)) * noise[i]!);
  const rows = Float64Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : u[i >> 1]!));
  const { coefficients, logVariance } = fitRegression(y, rows, rows);
  [1, 2].forEach((value, i) => {
    expect(Math.abs(coefficients[i]! - value)).toBeLessThan(0.05);
  });
  [-1, 0.8].forEach((value, i) => {
    expect(Math.abs(logVariance[i]! - value)).toBeLessThan(0.12);
  });
});

test('monomials up to a total degree', () => {
  expect(monomials(2, 2)).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [0, 2],
    [1, 1],
    [2, 0],
  ]); // prettier-ignore
  expect(monomials(3, 4).length).toBe(35);
  expect([...monomialsAt(monomials(2, 2), [2, 3])]).toEqual([1, 3, 2, 9, 6, 4]);
});

test('Gaussian maps: posteriors of the fitted spectrum are the exact ones, which the spectrum determines', async () => {
  const names = ['Omega_m', 'sigma_8'];
  const prior = { names, low: [0.1, 0.6], high: [0.5, 1] };
  const mesh = [16, 16];
  const boxSize = 500;
  const family = { spectrum: 'eh98-nowiggle', names, set: {}, dimensions: 2, boxSize };
  const spectra = spectrumFamily(family);
  const sampler = fieldSampler({ mesh, boxSize, backend: wasm() });
  const modes = meshModes(mesh);
  const bins = shellBinning(modes, boxSize, 8);
  const simulate = (count: number, seed: number): { maps: Float64Array[]; thetas: Float64Array } => {
    const thetas = randomUniform(key(seed), [2 * count], 'float64').map(
      (u, i) => prior.low[i % 2]! + 0.4 * u,
    );
    const maps = Array.from({ length: count }, (_, i) =>
      Float64Array.from(
        sampler.gaussian(spectra.at(thetas.subarray(2 * i, 2 * i + 2)).power, foldIn(key(seed + 1), i)),
      ),
    );
    return { maps, thetas };
  };
  const rootsOf = (map: Float64Array): Float64Array => {
    const own = modes.modes(map);
    return binned(modes.cross(own, own), bins).map((sum, bin) => Math.cbrt(sum / bins.modes[bin]!));
  };
  const train = simulate(2000, 10);
  const roots = new Float64Array(2000 * bins.count);
  train.maps.forEach((map, i) => {
    roots.set(rootsOf(map), i * bins.count);
  });
  const { logDensity } = fitSpectra(roots, train.thetas, 2000, bins.count, prior);
  const exact = exactModel('grf', mesh, family);
  const asked = simulate(30, 20);
  const ratios: number[] = [];
  const shifts: number[] = [];
  for (const map of asked.maps) {
    const y = rootsOf(map);
    const found = gridMoments(
      await exactPosterior(
        (points) => Float64Array.from({ length: points.length / 2 }, (_, i) => logDensity(y, points, 2 * i)),
        prior,
      ),
      prior,
    );
    const truth = gridMoments(await exactPosterior(exact.of(map), prior), prior);
    for (const axis of [0, 1]) {
      ratios.push(found.std[axis]! / truth.std[axis]!);
      shifts.push((found.mean[axis]! - truth.mean[axis]!) / truth.std[axis]!);
    }
  }
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(Math.abs(mean(ratios) - 1)).toBeLessThan(0.06);
  expect(Math.abs(mean(shifts))).toBeLessThan(0.12);
  expect(Math.sqrt(mean(shifts.map((shift) => shift * shift)))).toBeLessThan(0.35);
});

test('too few simulations are refused', () => {
  const prior = { names: ['a'], low: [0], high: [1] };
  expect(() => fitSpectra(new Float64Array(12), new Float64Array(4), 4, 3, prior)).toThrow(
    /4 maps of 4 simulations are too few.*give at least 30 maps of 6 simulations, or fewer bins/,
  );
});
