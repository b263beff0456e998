import { gaussianField } from '@equiflow/fft-mesh';
import { key, randomNormal, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { background } from '../background.ts';
import { bispectrum } from './bispectrum.ts';
import { fieldMoments, findPeaks, onePointFunction, peakCounts } from './one-point.ts';
import { compareFields, particleSpectrum, redshiftSpacePositions } from './spectra.ts';

describe('one point', () => {
  test('the one-point function is a density, and moments are those of the distribution', () => {
    const normal = randomNormal(key(1), [40000], 'float64');
    const { density, below, above, edges } = onePointFunction(normal, [-2, -1, 0, 1, 2]);
    const inside = density.reduce((sum, value, i) => sum + value * (edges[i + 1]! - edges[i]!), 0);
    expect(inside + below + above).toBeCloseTo(1, 12);
    expect(density[2]).toBeCloseTo(0.3413, 2);
    const exponential = normal.map((_, i) => -Math.log((i + 0.5) / 40000));
    const moments = fieldMoments(exponential);
    expect(moments.mean).toBeCloseTo(1, 3);
    expect(moments.variance).toBeCloseTo(1, 2);
    expect(moments.skewness).toBeCloseTo(2, 1);
    expect(moments.kurtosis).toBeGreaterThan(5.5);
    expect(onePointFunction([0, 1, 2], [0, 1, 2]).above).toBeCloseTo(1 / 3, 12);
    expect(() => onePointFunction([1], [1, 1])).toThrow(/edge 1 is 1/);
  });
  test('peaks of a wave: one a period along each axis, at the crests', () => {
    const field = Float64Array.from(
      { length: 24 * 16 },
      (_, i) =>
        Math.cos((2 * Math.PI * 3 * Math.floor(i / 16)) / 24) + Math.cos((2 * Math.PI * 2 * (i % 16)) / 16),
    );
    expect([...findPeaks(field, [24, 16])]).toEqual(new Array(6).fill(2));
    expect([...peakCounts(field, [24, 16], [0, 1.5, 2.5])]).toEqual([0, 6]);
    expect(findPeaks([1, 1, 1, 1], [4]).length).toBe(0);
  });
});

describe('bispectrum', () => {
  const n = 8;
  const boxSize = 20;
  const unit = (2 * Math.PI) / boxSize;
  test('is the direct sum over triangles of modes', () => {
    const field = randomUniform(key(2), [n * n], 'float64').map((u) => u * u);
    // Modes by direct sums, for |n_i| < N/2.
    const modes = new Map<string, [number, number]>();
    for (let a = -3; a <= 3; a++) {
      for (let b = -3; b <= 3; b++) {
        let [re, im] = [0, 0];
        for (let i = 0; i < n * n; i++) {
          const phase = (2 * Math.PI * (a * Math.floor(i / n) + b * (i % n))) / n;
          re += field[i]! * Math.cos(phase);
          im -= field[i]! * Math.sin(phase);
        }
        modes.set(`${a},${b}`, [re, im]);
      }
    }
    const edges = [0.5, 1.2, 2.1, 2.6].map((v) => v * unit);
    const binOf = (a: number, b: number): number => {
      const k = unit * Math.hypot(a, b);
      for (let bin = 0; bin < 3; bin++) if (k >= edges[bin]! && k < edges[bin + 1]!) return bin;
      return -1;
    };
    const sums = new Map<string, { total: number; count: number }>();
    for (const [first, x] of modes) {
      for (const [second, y] of modes) {
        const [a, b] = first.split(',').map(Number) as [number, number];
        const [c, d] = second.split(',').map(Number) as [number, number];
        const z = modes.get(`${-a - c},${-b - d}`);
        const bins = [binOf(a, b), binOf(c, d), binOf(-a - c, -b - d)];
        if (!z || bins.includes(-1)) continue;
        const name = bins.join(',');
        const sum = sums.get(name) ?? { total: 0, count: 0 };
        sum.total += (x[0] * y[0] - x[1] * y[1]) * z[0] - (x[0] * y[1] + x[1] * y[0]) * z[1];
        sum.count++;
        sums.set(name, sum);
      }
    }
    const measured = bispectrum(field, { mesh: [n, n], boxSize, edges });
    expect(measured.length).toBeGreaterThan(3);
    for (const { bins, bispectrum: value, count } of measured) {
      const { total, count: wanted } = sums.get(bins.join(','))!;
      expect(count).toBe(wanted);
      expect(value).toBeCloseTo(((total / wanted) * boxSize ** 4) / n ** 6, 8);
    }
  });
  test('equilateral and squeezed triangles; none around the mesh', () => {
    const field = randomNormal(key(3), [n ** 3], 'float64');
    const options = { mesh: [n, n, n], boxSize, edges: [0.5, 1.5, 2.5].map((v) => v * unit) };
    expect(bispectrum(field, { ...options, triangles: 'equilateral' }).map(({ bins }) => bins)).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]); // prettier-ignore
    expect(bispectrum(field, { ...options, triangles: 'squeezed', backend: wasm() })[1]!.bins).toEqual([
      0, 1, 1,
    ]);
    expect(() => bispectrum(field, { ...options, edges: [0.5 * unit, 3 * unit] })).toThrow(
      /twice the Nyquist/,
    );
  });
});

describe('spectra of particles', () => {
  test('white: P_0 is the shot noise, P_2 and P_4 vanish', () => {
    const boxSize = 100;
    const positions = randomUniform(key(4), [3 * 20000], 'float64').map((u) => u * boxSize);
    const { multipoles, shotNoise, modes } = particleSpectrum(positions, {
      ...{ mesh: [32, 32, 32], boxSize, multipoles: [0, 2, 4], backend: wasm() },
      edges: [0.1, 0.5, 0.9],
    });
    expect(shotNoise).toBe(50);
    for (const [bin, count] of modes.entries()) {
      const sigma = Math.sqrt(2 / count);
      expect(Math.abs(multipoles[0]![bin]! / 50 - 1)).toBeLessThan(4 * sigma);
      expect(Math.abs(multipoles[1]![bin]! / 50)).toBeLessThan(4 * sigma * 5 ** 0.5);
      expect(Math.abs(multipoles[2]![bin]! / 50)).toBeLessThan(4 * sigma * 9 ** 0.5);
    }
  });
  test('a plane wave along the line of sight has P_ℓ = (2ℓ + 1) P_0, across it the Legendre polynomials of 0', () => {
    const boxSize = 64;
    const n = 16;
    // A lattice displaced by a small wave along `axis`.
    const wave = (axis: number): Float64Array => {
      const positions = new Float64Array(3 * n ** 3);
      for (let p = 0; p < n ** 3; p++) {
        const q = [Math.floor(p / n ** 2), Math.floor(p / n) % n, p % n].map(
          (i) => ((i + 0.5) * boxSize) / n,
        );
        q[axis]! += 0.3 * Math.sin((2 * Math.PI * 2 * q[axis]!) / boxSize);
        positions.set(q, 3 * p);
      }
      return positions;
    };
    const at = (axis: number, sight: number) =>
      particleSpectrum(wave(axis), {
        ...{ mesh: [n, n, n], boxSize, window: 'pcs', multipoles: [0, 2, 4], axis: sight, backend: wasm() },
        edges: [0.19, 0.2],
      }).multipoles.map((values) => values[0]!);
    for (const sight of [0, 1, 2]) {
      const [p0, p2, p4] = at(sight, sight);
      expect(p2! / p0!).toBeCloseTo(5, 6);
      expect(p4! / p0!).toBeCloseTo(9, 6);
      const [q0, q2, q4] = at((sight + 1) % 3, sight);
      expect(q2! / q0!).toBeCloseTo(-2.5, 6);
      expect(q4! / q0!).toBeCloseTo(27 / 8, 6);
    }
  });
  test('Kaiser: a linear displacement that grows at the rate f is stretched by 1 + f in redshift space', () => {
    const universe = background({ omegaM: 1 });
    const snapshot = {
      positions: Float64Array.of(1, 2, 3),
      momenta: Float64Array.of(0, 0, 0.25),
      scaleFactor: 0.25,
    };
    // a²E = a^{1/2} = 1/2 in an Einstein-de Sitter universe; p = a²E f Dψ with f = 1, so that the shift is Dψ.
    expect([...redshiftSpacePositions(snapshot, universe)]).toEqual([1, 2, 3.5]);
  });
});

test('how a field follows another', () => {
  const box = { mesh: [64, 64], boxSize: 100 };
  const x = gaussianField({ ...box, power: () => 1, key: key(5) });
  const noise = gaussianField({ ...box, power: () => 1, key: key(6) });
  const same = compareFields(
    x,
    x.map((v) => -3 * v),
    box,
  );
  for (const [bin, r] of same.correlation.entries()) {
    expect(r).toBeCloseTo(-1, 12);
    expect(same.transfer[bin]).toBeCloseTo(3, 12);
  }
  const half = compareFields(
    x,
    x.map((v, i) => v + noise[i]!),
    { ...box, edges: [0.05, 2] },
  );
  expect(half.correlation[0]).toBeCloseTo(Math.SQRT1_2, 1);
});
