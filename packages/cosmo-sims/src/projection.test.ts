import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linearPower } from './linear-power.ts';
import { projectBox, projectSlab } from './projection.ts';
import { spectrumFromFunction } from './spectrum.ts';

const matter = linearPower({
  omegaM: 0.3175,
  omegaB: 0.049,
  h: 0.6711,
  ns: 0.9624,
  sigma8: 0.834,
  transfer: 'eh98-nowiggle',
});

test('a whole box divides by its side', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 10, max: 5000, noNaN: true }),
      fc.double({ min: 0, max: 10, noNaN: true }),
      (L, k) => {
        expect(projectBox(matter, L).power(k)).toBe(matter.power(k) / L);
        expect(projectSlab(matter, { boxSize: L, depth: L }).power(k)).toBe(matter.power(k) / L);
      },
    ),
  );
});

test('white noise: P_2D of a slab is P/Δ, for Σ_m sinc²(π m Δ/L) = L/Δ', () => {
  // The terms of white noise fall as m⁻² only: the slowest sum that is allowed.
  const white = spectrumFromFunction(() => 7);
  for (const depth of [10, 25, 60]) {
    const slab = projectSlab(white, { boxSize: 100, depth, tolerance: 1e-5 });
    expect(Math.abs((slab.power(0.3) * depth) / 7 - 1)).toBeLessThan(2e-5);
  }
});

test('P = exp(−k²R²): the sum equals the same slab done by brute force', () => {
  const gaussian = spectrumFromFunction((k) => Math.exp(-k * k * 4));
  const slab = projectSlab(gaussian, { boxSize: 200, depth: 30 });
  for (const k of [0, 0.05, 0.5, 1]) {
    let sum = 0;
    for (let m = -2000; m <= 2000; m++) {
      const kz = (2 * Math.PI * m) / 200;
      const x = kz * 15;
      sum += Math.exp(-(k * k + kz * kz) * 4) * (m === 0 ? 1 : (Math.sin(x) / x) ** 2);
    }
    expect(Math.abs(slab.power(k) / (sum / 200) - 1)).toBeLessThan(1e-8);
  }
});

test('the tolerance is met: a sum eight times tighter agrees within it', () => {
  for (const depth of [25, 300, 900]) {
    const loose = projectSlab(matter, { boxSize: 1000, depth, tolerance: 1e-5 });
    const tight = projectSlab(matter, { boxSize: 1000, depth, tolerance: 1e-9 });
    for (const k of [0.00628, 0.05, 0.2]) {
      expect(Math.abs(loose.power(k) / tight.power(k) - 1)).toBeLessThan(1e-5);
    }
  }
});

test('a thinner slab has more power, and a slab tends to the box as its depth does', () => {
  const at = (depth: number): number =>
    projectSlab(matter, { boxSize: 1000, depth, tolerance: 1e-6 }).power(0.1);
  expect(at(50)).toBeGreaterThan(at(200));
  expect(at(200)).toBeGreaterThan(at(1000));
  expect(at(999.999) / at(1000)).toBeCloseTo(1, 4);
});

test('lengths that make no sense, and sums that diverge, are refused', () => {
  expect(() => projectBox(matter, -1)).toThrow(/boxSize = -1/);
  expect(() => projectSlab(matter, { boxSize: 100, depth: 101 })).toThrow(
    /depth = 101 Mpc\/h: must be at most/,
  );
  expect(() => projectSlab(matter, { boxSize: 100, depth: 0 })).toThrow(/depth = 0/);
  const rising = spectrumFromFunction((k) => k * k);
  expect(() => projectSlab(rising, { boxSize: 100, depth: 50 }).power(0.1)).toThrow(
    /do not reach the tolerance/,
  );
});
