import { key, randomUniform } from '@equiflow/tensor';
import { describe, expect, test } from 'vitest';
import { shells } from '../shells.ts';
import { wavenumbers } from '../wavenumbers.ts';
import { linearEdges, logEdges, shellEdges } from './bins.ts';
import { particlePowerSpectrum } from './particles.ts';
import { crossPowerSpectrum, powerSpectrum, shellPower } from './power.ts';

/** a cos(2π n·x/N) + b sin(2π n·x/N) on a 12 × 12 mesh. */
function wave(n: readonly [number, number], a: number, b: number): Float64Array {
  return Float64Array.from({ length: 144 }, (_, cell) => {
    const phase = (2 * Math.PI * (n[0] * Math.floor(cell / 12) + n[1] * (cell % 12))) / 12;
    return a * Math.cos(phase) + b * Math.sin(phase);
  });
}

const box = { mesh: [12, 12], boxSize: 60 };
const unit = (2 * Math.PI) / 60;

describe('power spectra', () => {
  test('one wave: |δ_k|² L^d/N^(2d), shared by all modes of its shell', () => {
    // |n|² = 5 has 8 modes; ±(1, 2) hold (a² + b²)/4 each.
    const spectrum = powerSpectrum(wave([1, 2], 3, 4), { ...box, edges: shellEdges(box) });
    const bin = spectrum.k.findIndex((k) => Math.abs(k - unit * Math.sqrt(5)) < 1e-12);
    expect(spectrum.modes[bin]).toBe(8);
    expect(spectrum.power[bin]).toBeCloseTo((2 * (25 / 4) * 3600) / 8, 9);
    spectrum.power.forEach((value, other) => {
      if (other !== bin) expect(Math.abs(value)).toBeLessThan(1e-20 * 3600);
    });
  });

  test('a cross spectrum keeps its sign', () => {
    const options = { ...box, edges: [unit * 1.5, unit * 2.5] };
    const opposite = crossPowerSpectrum(wave([2, 0], 1, 0), wave([2, 0], -3, 7), options);
    expect(opposite.power[0]! * opposite.modes[0]!).toBeCloseTo(2 * (-3 / 4) * 3600, 9);
    const quadrature = crossPowerSpectrum(wave([2, 0], 1, 0), wave([2, 0], 0, 1), options);
    expect(quadrature.power[0]).toBeCloseTo(0, 9);
  });

  test('bins report mean k, edges and counts; shells are never split', () => {
    const edges = [0, unit, 2 * unit, 2.1 * unit, 2.2 * unit, 4 * unit];
    const kept = powerSpectrum(wave([1, 1], 1, 0), { ...box, edges, empty: 'nan' });
    expect([...kept.modes]).toEqual([1, 8, 4, 0, 32]);
    expect(kept.k[1]).toBeCloseTo((unit * (4 + 4 * Math.SQRT2)) / 8, 14);
    expect(kept.k[2]).toBeCloseTo(2 * unit, 14);
    expect([kept.k[3], kept.power[3]]).toEqual([Number.NaN, Number.NaN]);
    const dropped = powerSpectrum(wave([1, 1], 1, 0), { ...box, edges });
    expect([...dropped.modes]).toEqual([1, 8, 4, 32]);
    expect(dropped.lower[3]).toBe(edges[4]);
    expect(dropped.upper[3]).toBe(edges[5]);
  });

  test('kinds of edges', () => {
    const total = (edges: Float64Array): number =>
      powerSpectrum(wave([1, 1], 1, 0), { ...box, edges }).modes.reduce((a, b) => a + b, 0);
    expect(total(shellEdges(box))).toBe(143);
    expect(total(linearEdges(box))).toBe(
      shells([12, 12]).squares.reduce(
        (sum, square, shell) =>
          sum + (square > 0 && Math.sqrt(square) < 6.5 ? shells([12, 12]).multiplicity[shell]! : 0),
        0,
      ),
    );
    const log = logEdges(box, 3);
    expect(log[0]).toBe(unit);
    expect(log[3]! / (6 * unit)).toBeCloseTo(1, 8);
    expect(() => powerSpectrum(wave([1, 1], 1, 0), { ...box, edges: [0.1, 0.1] })).toThrow(/edge 1 is 0\.1/);
    expect(() => powerSpectrum([1, 2, 3], box)).toThrow(/3 values for the mesh \[12,12\]; give 144/);
  });

  test('shell powers add up to Σ x²', () => {
    const field = wave([1, 2], 3, 4).map((value, cell) => value + Math.sin(cell ** 2));
    const { power, multiplicity } = shellPower(field, [12, 12]);
    expect(power.reduce((a, b) => a + b, 0)).toBeCloseTo(
      field.reduce((s, v) => s + v * v, 0),
      9,
    );
    expect(multiplicity.reduce((a, b) => a + b, 0)).toBe(144);
  });
});

describe('the spectrum of particles', () => {
  test('independent particles have their shot noise and nothing else, weights included', () => {
    const count = 4000;
    const positions = randomUniform(key(3), [count, 2], 'float64').map((u) => 60 * u);
    const weights = randomUniform(key(4), [count], 'float64').map((u) => 0.5 + u);
    const spectrum = particlePowerSpectrum(positions, {
      mesh: [16, 16],
      boxSize: 60,
      weights,
      edges: [0.05, 0.7],
    });
    expect(spectrum.shotNoise).toBeCloseTo((3600 / count) * (13 / 12), 1);
    const error = Math.sqrt(2 / spectrum.modes[0]!);
    expect(Math.abs(spectrum.power[0]! / spectrum.shotNoise - 1)).toBeLessThan(4 * error);
  });

  test('a lattice moved by one wave has the power of that wave', () => {
    const amplitude = 0.05;
    const positions = new Float64Array(2 * 32 * 32);
    for (let i = 0; i < 1024; i++) {
      const x = (60 * (i % 32)) / 32;
      positions[2 * i] = (60 * Math.floor(i / 32)) / 32;
      positions[2 * i + 1] = x - (amplitude / (3 * unit)) * Math.sin(3 * unit * x);
    }
    // δ = a cos(3 k_f x) to first order in a.
    const edges = [2.9 * unit, 3.1 * unit];
    const { power, modes } = particlePowerSpectrum(positions, { mesh: [12, 12], boxSize: 60, edges });
    expect(power[0]! * modes[0]!).toBeCloseTo((2 * amplitude ** 2 * 3600) / 4, 1);
    expect(() => particlePowerSpectrum(positions.subarray(1), box)).toThrow(
      /2047 coordinates and 1023 weights/,
    );
  });
});

describe('wavenumbers', () => {
  test('signs, the Nyquist component, magnitudes', () => {
    const { components, derivativeComponents, magnitude } = wavenumbers([4, 5, 6], 2 * Math.PI);
    expect([...components[0]!]).toEqual([0, 1, -2, -1]);
    expect([...components[1]!]).toEqual([0, 1, 2, -2, -1]);
    expect([...components[2]!]).toEqual([0, 1, 2, 3]);
    expect([...derivativeComponents[0]!]).toEqual([0, 1, 0, -1]);
    expect([...derivativeComponents[1]!]).toEqual([0, 1, 2, -2, -1]);
    expect([...derivativeComponents[2]!]).toEqual([0, 1, 2, 0]);
    expect(magnitude.length).toBe(4 * 5 * 4);
    expect(magnitude[(2 * 5 + 3) * 4 + 1]).toBeCloseTo(3, 14);
  });

  test('shells of odd and even meshes', () => {
    const { squares, multiplicity } = shells([4, 3]);
    expect([...squares]).toEqual([0, 1, 2, 4, 5]);
    expect([...multiplicity]).toEqual([1, 4, 4, 1, 2]);
  });
});
