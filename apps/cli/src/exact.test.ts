import { fieldSampler } from '@equiflow/fft-mesh';
import { gaussianFieldEntropy } from '@equiflow/flows';
import { key } from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { exactModel } from './exact.ts';
import { meshModes } from './modes.ts';

const mesh = [6, 6];
const box = 100;
const options = { spectrum: 'A*k^n', names: ['A'], set: { n: -1 }, dimensions: 2, boxSize: box };

/** ln of a normal density by its dense covariance, by Cholesky. */
function denseLogProb(x: Float64Array, covariance: number[][]): number {
  const n = x.length;
  const l = covariance.map((row) => row.slice());
  let logDet = 0;
  let squares = 0;
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i]![j]!;
      for (let k = 0; k < j; k++) sum -= l[i]![k]! * l[j]![k]!;
      l[i]![j] = i === j ? Math.sqrt(sum) : sum / l[j]![j]!;
    }
    let value = x[i]!;
    for (let k = 0; k < i; k++) value -= l[i]![k]! * y[k]!;
    y[i] = value / l[i]![i]!;
    logDet += Math.log(l[i]![i]!);
    squares += y[i]! ** 2;
  }
  return -0.5 * squares - logDet - (n / 2) * Math.log(2 * Math.PI);
}

/** Covariance of the cells out of the modes' variances: a sum of cosines over all modes. */
function covarianceOf(variance: (nx: number, ny: number) => number): number[][] {
  const cells = 36;
  const xi = (dx: number, dy: number): number => {
    let total = 0;
    for (let i = -3; i < 3; i++)
      for (let j = -3; j < 3; j++) total += variance(i, j) * Math.cos((2 * Math.PI * (i * dx + j * dy)) / 6);
    return total / cells;
  };
  return Array.from({ length: cells }, (_, a) =>
    Array.from({ length: cells }, (_, b) => xi(Math.floor(a / 6) - Math.floor(b / 6), (a % 6) - (b % 6))),
  );
}

const power = (A: number, nx: number, ny: number): number =>
  A * (((2 * Math.PI) / box) * (Math.hypot(nx, ny) || 1)) ** -1;

test('a Gaussian field: the density by its dense covariance', () => {
  const exact = exactModel('grf', mesh, options);
  const map = fieldSampler({ mesh, boxSize: box }).gaussian((k) => 3 / k, key(1));
  const [first, second] = exact.of(map)([3, 5]);
  const dense = (A: number): number =>
    denseLogProb(
      map,
      covarianceOf((nx, ny) => (power(A, nx, ny) * 36) / box ** 2),
    );
  expect(first).toBeCloseTo(dense(3), 8);
  expect(second).toBeCloseTo(dense(5), 8);
});

test('a lognormal field: the dense density of ln(1 + δ) with its Jacobian', () => {
  const exact = exactModel('lognormal', mesh, options);
  const A = 60;
  const map = fieldSampler({ mesh, boxSize: box }).lognormal((k) => A / k, key(2));
  const target = covarianceOf((nx, ny) => (power(A, nx, ny) * 36) / box ** 2);
  const gaussian = target.map((row) => row.map(Math.log1p));
  const logs = map.map(Math.log1p);
  const shifted = logs.map((value) => value + gaussian[0]![0]! / 2);
  const expected = denseLogProb(shifted, gaussian) - logs.reduce((a, b) => a + b, 0);
  expect(exact.of(map)([A])[0]).toBeCloseTo(expected, 8);
});

test.each(['grf', 'lognormal'] as const)(
  '%s: whitened modes are white, and the likelihood is that of the entropy',
  (kind) => {
    const exact = exactModel(kind, mesh, options);
    const sampler = fieldSampler({ mesh, boxSize: box });
    const modes = meshModes(mesh);
    const A = 40;
    let [whiteness, logProb] = [0, 0];
    const count = 400;
    for (let i = 0; i < count; i++) {
      const map = sampler[kind === 'grf' ? 'gaussian' : 'lognormal']((k) => A / k, key(i));
      const w = exact.whiten(map, [A]);
      whiteness += modes.cross(w, w).reduce((a, b) => a + b, 0) / 36 / count;
      const jacobian = kind === 'grf' ? 0 : map.reduce((total, value) => total + Math.log1p(value), 0);
      logProb += (exact.of(map)([A])[0]! + jacobian) / count;
    }
    expect(Math.abs(whiteness - 1)).toBeLessThan(4 * Math.sqrt(2 / (36 * count)));
    if (kind === 'grf') {
      const entropy = gaussianFieldEntropy(modes.multiplicity, exact.variances([A]));
      expect(Math.abs(logProb + entropy)).toBeLessThan(4 * Math.sqrt(18 / count));
    }
  },
);

test('σ_8 scales a cosmology that is computed once', () => {
  const exact = exactModel('grf', [8, 8], {
    spectrum: 'eh98',
    names: ['Omega_m', 'sigma_8'],
    set: {},
    dimensions: 2,
    boxSize: 500,
  });
  const direct = exact.family.at([0.3, 0.7]);
  const cached = exact.family.shells([0.3, 0.7], [8, 8]);
  exact.family.shells([0.3, 0.9], [8, 8]);
  expect(cached[3]).toBeCloseTo(direct.power(((2 * Math.PI) / 500) * meshModes([8, 8]).radii[3]!), 10);
});
