import { describe, expect, it } from 'vitest';
import {
  cellWidths,
  densityMoments,
  gridDensity1D,
  gridDensity2D,
  highestDensityLevel,
  moments,
  sampleDensity1D,
  sampleDensity2D,
} from './density.ts';

/** A correlated Gaussian on a grid whose axes are not evenly spaced. */
function gaussianGrid(rho: number): { axes: Float64Array[]; density: Float64Array } {
  const axis = Float64Array.from({ length: 121 }, (_, i) => 5 * Math.sinh((i - 60) / 40));
  const density = new Float64Array(axis.length ** 2);
  for (const [i, a] of axis.entries()) {
    for (const [j, b] of axis.entries()) {
      density[i * axis.length + j] =
        7 * Math.exp((-0.5 * (a * a - 2 * rho * a * b + b * b)) / (1 - rho * rho));
    }
  }
  return { axes: [axis.map((x) => 2 + 0.5 * x), axis], density };
}

/** Pairs of a correlated Gaussian from a small congruential generator. */
function gaussianSamples(n: number, rho: number): Float64Array {
  let state = 7;
  const uniform = (): number => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const r = Math.sqrt(-2 * Math.log(uniform()));
    const phi = 2 * Math.PI * uniform();
    out[2 * i] = r * Math.cos(phi);
    out[2 * i + 1] = rho * r * Math.cos(phi) + Math.sqrt(1 - rho * rho) * r * Math.sin(phi);
  }
  return out;
}

describe('densities on a grid', () => {
  it('marginals of a Gaussian have its mean and deviation', () => {
    const grid = gaussianGrid(0.7);
    const first = densityMoments(gridDensity1D(grid, 0));
    expect(first.mean).toBeCloseTo(2, 6);
    expect(first.sd).toBeCloseTo(0.5, 2);
    const { x, density } = gridDensity1D(grid, 1);
    const widths = cellWidths(x);
    expect(density.reduce((sum, value, i) => sum + value * widths[i]!, 0)).toBeCloseTo(1, 12);
  });

  it('68 and 95 % regions of a Gaussian lie at exp(−r²/2) with r² = −2 ln(1 − share)', () => {
    const joint = gridDensity2D(gaussianGrid(0.4), 0, 1);
    const peak = Math.max(...joint.density);
    for (const share of [0.68, 0.95]) {
      expect(highestDensityLevel(joint.density, joint.mass, share) / peak).toBeCloseTo(1 - share, 1.6);
    }
  });
});

describe('densities of samples', () => {
  it('follow the samples and their weights', () => {
    const values = gaussianSamples(40000, 0.6);
    const density = densityMoments(sampleDensity1D({ values }, 1, 2, [-5, 5]));
    expect(density.mean).toBeCloseTo(0, 1);
    expect(density.sd).toBeCloseTo(1, 1);
    const weights = Float64Array.from({ length: 40000 }, (_, i) => Math.exp(values[2 * i]!));
    const tilted = moments({ values, weights }, 0, 2);
    expect(tilted.mean).toBeCloseTo(1, 1);
    expect(tilted.effective).toBeLessThan(40000 / 2);
    expect(densityMoments(sampleDensity1D({ values, weights }, 0, 2, [-5, 6])).mean).toBeCloseTo(
      tilted.mean,
      1,
    );
  });

  it('the share of samples inside the drawn region is the share asked for', () => {
    const values = gaussianSamples(20000, -0.8);
    const joint = sampleDensity2D({ values }, [0, 1], 2, [-5, 5], [-5, 5]);
    for (const share of [0.68, 0.95]) {
      const level = highestDensityLevel(joint.density, joint.mass, share);
      let inside = 0;
      for (let i = 0; i < values.length; i += 2) {
        const cx = Math.floor(((values[i]! + 5) / 10) * joint.x.length);
        const cy = Math.floor(((values[i + 1]! + 5) / 10) * joint.y.length);
        if ((joint.density[cx * joint.y.length + cy] ?? 0) >= level) inside++;
      }
      expect(inside / (values.length / 2)).toBeGreaterThan(share - 0.03);
      expect(inside / (values.length / 2)).toBeLessThan(share + 0.04);
    }
  });

  it('keeps all probability inside a hard bound', () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => i / 2000);
    const { density } = sampleDensity1D({ values }, 0, 1, [0, 1]);
    expect(density[0]!).toBeGreaterThan(0.7);
    expect(Math.max(...density)).toBeLessThan(1.4);
  });

  it('refuses a range without samples', () => {
    expect(() => sampleDensity1D({ values: [1, 2, 3] }, 0, 1, [10, 11])).toThrow(
      'no probability inside the drawn range',
    );
  });
});
