/** Statistics against what theory expects of them: Kaiser, Jing, second order, and the peaks of Gaussian fields. */
import { gaussianField, shellBins, shells, wavenumbers } from '@equiflow/fft-mesh';
import { foldIn, key, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { background } from '../background.ts';
import { growth } from '../growth.ts';
import { whiteNoise } from '../initial-conditions/white-noise.ts';
import { particleMesh } from '../nbody/particle-mesh.ts';
import { bispectrum, bispectrumEstimator } from './bispectrum.ts';
import { findPeaks } from './one-point.ts';
import { particleSpectrum, redshiftSpacePositions } from './spectra.ts';

test('multipoles in redshift space are those of Kaiser 1987, where modes are linear', () => {
  const backend = wasm();
  const boxSize = 500;
  const omegaM = 0.3;
  const simulation = particleMesh({ particles: 24, boxSize, window: 'pcs', backend });
  const grown = growth({ omegaM }, 'today');
  // All modes of a shell have one amplitude; of a millionth of the usual power.
  const snapshot = simulation.run({
    noise: whiteNoise({ mesh: simulation.lattice, amplitudes: 'fixed', key: key(3), backend }),
    power: () => 1e-2,
    growth: grown,
    ...{ start: 0.1, end: 1, steps: 6 },
  });
  const measure = (positions: typeof snapshot.positions) =>
    particleSpectrum(positions, {
      ...{ mesh: [24, 24, 24], boxSize, window: 'pcs', multipoles: [0, 2, 4], backend },
      edges: [0.03, 0.065],
    });
  const real = measure(snapshot.positions).multipoles[0]![0]!;
  const [p0, p2, p4] = measure(redshiftSpacePositions(snapshot, background({ omegaM }))).multipoles.map(
    (values) => values[0]! / real,
  );
  const f = grown.rate(1);
  expect(f).toBeCloseTo(0.513, 2);
  expect(Math.abs(p0! / (1 + (2 * f) / 3 + (f * f) / 5) - 1)).toBeLessThan(0.02);
  expect(Math.abs(p2! / ((4 * f) / 3 + (4 * f * f) / 7) - 1)).toBeLessThan(0.05);
  // Over the directions that the mesh has, which are few: (2ℓ + 1)⟨(1 + fμ²)² L_ℓ(μ)⟩.
  const n = 24;
  const half = n / 2 + 1;
  const { components } = wavenumbers([n, n, n], boxSize);
  const { index } = shells([n, n, n]);
  const bins = shellBins({ mesh: [n, n, n], boxSize }, [0.03, 0.065]);
  const sums = [0, 0, 0, 0];
  for (let mode = 0; mode < index.length; mode++) {
    if (bins[index[mode]!]! !== 0) continue;
    const at = [Math.floor(mode / (n * half)), Math.floor(mode / half) % n, mode % half];
    const k = at.map((i, axis) => components[axis]![i]!);
    const mu2 = k[2]! ** 2 / k.reduce((sum, value) => sum + value * value, 0);
    const weight = at[2] === 0 ? 1 : 2;
    const kaiser = weight * (1 + f * mu2) ** 2;
    sums[0]! += kaiser;
    sums[1]! += (5 * kaiser * (3 * mu2 - 1)) / 2;
    sums[2]! += (9 * kaiser * (35 * mu2 * mu2 - 30 * mu2 + 3)) / 8;
    sums[3]! += weight;
  }
  [p0, p2, p4].forEach((value, i) => {
    expect(Math.abs(value! - sums[i]! / sums[3]!)).toBeLessThan(0.01);
  });
});

test('aliases of painted particles are those of Jing 2005; interlacing leaves the images of even order', () => {
  const n = 24;
  const mesh = [n, n, n];
  const boxSize = 100;
  const count = 30_000;
  const edges = [0.7, 0.98].map((share) => (share * Math.PI * n) / boxSize);
  const positions = randomUniform(key(5), [3 * count], 'float64').map((u) => u * boxSize);
  const { components } = wavenumbers(mesh, boxSize);
  const { index } = shells(mesh);
  const bins = shellBins({ mesh, boxSize }, edges);
  const half = n / 2 + 1;
  const windowSquared = (k: number): number => {
    const x = (k * boxSize) / (2 * n);
    return x === 0 ? 1 : (Math.sin(x) / x) ** 6;
  };
  const turn = (2 * Math.PI * n) / boxSize;
  /** Σ W²(k + 2k_N m) / W²(k) over images m, those that interlacing leaves or all, averaged over the bin. */
  const expected = (interlaced: boolean): number => {
    let [sum, modes] = [0, 0];
    for (let mode = 0; mode < index.length; mode++) {
      if (bins[index[mode]!]! !== 0) continue;
      const at = [Math.floor(mode / (n * half)), Math.floor(mode / half) % n, mode % half];
      const k = at.map((i, axis) => components[axis]![i]!);
      const weight = at[2] === 0 || 2 * at[2]! === n ? 1 : 2;
      let images = 0;
      for (let a = -2; a <= 2; a++) {
        for (let b = -2; b <= 2; b++) {
          for (let c = -2; c <= 2; c++) {
            if (interlaced && (a + b + c) % 2 !== 0) continue;
            images += [a, b, c].reduce((w, m, axis) => w * windowSquared(k[axis]! + m * turn), 1);
          }
        }
      }
      sum += (weight * images) / k.reduce((w, value) => w * windowSquared(value), 1);
      modes += weight;
    }
    return sum / modes;
  };
  const measured = (interlaced: boolean): { ratio: number; sigma: number } => {
    const { multipoles, shotNoise, modes } = particleSpectrum(positions, {
      ...{ mesh, boxSize, window: 'tsc', interlaced, edges, backend: wasm() },
    });
    return { ratio: multipoles[0]![0]! / shotNoise, sigma: Math.sqrt(2 / modes[0]!) };
  };
  for (const interlaced of [false, true]) {
    const { ratio, sigma } = measured(interlaced);
    expect(Math.abs(ratio / expected(interlaced) - 1)).toBeLessThan(4 * sigma);
  }
  expect(expected(false) - 1).toBeGreaterThan(0.05);
  expect(expected(true) - 1).toBeLessThan(0.03);
});

test('a local quadratic term has the bispectrum of second order, 2b(P₁P₂ + P₂P₃ + P₃P₁), in all kinds of triangles', () => {
  const n = 48;
  const mesh = [n, n];
  const boxSize = 48;
  const unit = (2 * Math.PI) / boxSize;
  const b = 0.05;
  const power = (k: number): number => (k < 8.5 * unit ? 1 : 0);
  const edges = [0.5, 2.5, 4.5, 6.5, 8.5].map((edge) => edge * unit);
  const options = { mesh, boxSize, edges, backend: wasm() };
  const all = bispectrumEstimator(options);
  const totals = { equilateral: [0, 0], squeezed: [0, 0], other: [0, 0] };
  const kindOf = ([i, j, k]: readonly number[]): keyof typeof totals =>
    i === j && j === k ? 'equilateral' : i === 0 && j === k ? 'squeezed' : 'other';
  for (let seed = 0; seed < 60; seed++) {
    const g = gaussianField({ mesh, boxSize, power, key: foldIn(key(7), seed) });
    // The difference of the two signs of b has no noise of the Gaussian field alone.
    const [plus, minus] = [b, -b].map((sign) => all(g.map((x) => x + sign * x * x)));
    plus!.forEach(({ bins, bispectrum: value, k: [p, q, r], count }, i) => {
      const [x, y, z] = [power(p), power(q), power(r)];
      const weight = count / (x * y + y * z + z * x) ** 2;
      const tree = 2 * b * (x * y + y * z + z * x);
      const total = totals[kindOf(bins)];
      total[0]! += weight * tree * ((value - minus![i]!.bispectrum) / 2);
      total[1]! += weight * tree * tree;
    });
  }
  for (const [top, bottom] of Object.values(totals)) {
    expect(top! / bottom!).toBeGreaterThan(0.9);
    expect(top! / bottom!).toBeLessThan(1.1);
  }
  // Named kinds of triangles are those of the full list.
  const field = gaussianField({ mesh, boxSize, power, key: key(8) });
  const list = new Map(all(field).map(({ bins, bispectrum: value }) => [bins.join(), value]));
  for (const triangles of ['equilateral', 'squeezed'] as const) {
    for (const { bins, bispectrum: value } of bispectrum(field, { ...options, triangles })) {
      expect(value).toBeCloseTo(list.get(bins.join())!, 12);
    }
  }
});

test('peaks of smooth Gaussian fields in two dimensions: σ₂²/(8√3 π σ₁²) an area (Bond & Efstathiou 1987)', () => {
  const n = 192;
  const radius = 5;
  let peaks = 0;
  const fields = 12;
  for (let seed = 0; seed < fields; seed++) {
    const field = gaussianField({
      ...{ mesh: [n, n], boxSize: n, key: foldIn(key(9), seed) },
      power: (k) => Math.exp(-((k * radius) ** 2)),
    });
    peaks += findPeaks(field, [n, n]).length;
  }
  // σ₂²/σ₁² = 2/R² of this spectrum.
  const expected = (fields * n * n * 2) / radius ** 2 / (8 * Math.sqrt(3) * Math.PI);
  expect(Math.abs(peaks / expected - 1)).toBeLessThan(0.06);
});
