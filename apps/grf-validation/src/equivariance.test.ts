import { describe, expect, it } from 'vitest';
import { equivarianceOf, summariseEquivariance } from './equivariance.ts';

describe('equivariance', () => {
  it.each([
    [6, 2, 'wasm'],
    [5, 2, 'reference'],
    [5, 3, 'wasm'],
  ] as const)('a random TRENF on %i^%i commutes with all symmetries (%s)', (side, dimensions, backend) => {
    const figures = equivarianceOf(side, dimensions, backend, 9);
    const section = summariseEquivariance([figures], 0);
    expect(section.passed).toBe(true);
    // Rounding is there: an element that did nothing would give exactly 0.
    expect(figures.rotations).toBeGreaterThan(0);
  });
  it('fails for one bad kind, a NaN, or a flow that does nothing', () => {
    const good = {
      ...{ side: 5, dimensions: 2, backend: 'wasm', change: 1 },
      ...{ translations: 1e-14, rotations: 1e-14, reflections: 1e-14, logProb: 1e-14 },
    };
    expect(summariseEquivariance([good], 0).passed).toBe(true);
    expect(summariseEquivariance([good, { ...good, reflections: 1e-9 }], 0).passed).toBe(false);
    expect(summariseEquivariance([{ ...good, logProb: Number.NaN }], 0).passed).toBe(false);
    expect(summariseEquivariance([{ ...good, change: 0.01 }], 0).passed).toBe(false);
  });
});
