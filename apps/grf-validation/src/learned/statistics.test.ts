import { describe, expect, it } from 'vitest';
import { fisherDistance, largest, meanWithError, posteriorDistances, whiteningBins } from './statistics.ts';

describe('statistics of the learned limit', () => {
  it('means with their errors', () => {
    const { mean, error } = meanWithError([1, 2, 3, 4]);
    expect(mean).toBe(2.5);
    expect(error).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
    expect(() => meanWithError([1])).toThrow('1 values');
  });
  it('compares posteriors map by map', () => {
    const exact = [
      { mean: [0, 5], covariance: [1, 0, 0, 4] },
      { mean: [1, 5], covariance: [4, 0, 0, 4] },
    ];
    const flow = [
      { mean: [0.5, 5], covariance: [1.21, 0, 0, 4] },
      { mean: [0, 5], covariance: [3.24, 0, 0, 1] },
    ];
    const [first, second] = posteriorDistances(exact, flow, 2);
    expect(first!.width).toBeCloseTo(0.1, 12);
    expect(first!.bias).toBeCloseTo(0, 12);
    expect(first!.shift).toBeCloseTo(0.5, 12);
    expect(second!.width).toBeCloseTo(Math.sqrt(0.125), 12);
    expect(second!.shift).toBe(0);
    expect(() => posteriorDistances(exact, flow.slice(1), 2)).toThrow('2 exact posteriors and 1');
  });
  it('compares Fisher matrices on the scale of their diagonal', () => {
    const found = { fisher: [110, 3, 3, 380], error: [1, 1, 1, 4] };
    const { relative, error, diagonal, scaled } = fisherDistance([100, 1, 1, 400], found);
    expect(diagonal).toBeCloseTo(0.1, 12);
    expect(relative[3]).toBeCloseTo(-0.05, 12);
    expect(relative[1]).toBeCloseTo(2, 12);
    expect(scaled).toBeCloseTo(0.1, 12);
    expect(error[0]).toBeCloseTo(0.01, 12);
  });
  it('bins whitening by ln k, without the mean of the map', () => {
    const squares = [0, 1, 2, 4, 8, 16];
    const multiplicity = [1, 4, 4, 4, 4, 4];
    const w = [9, 4, 4, 4, 4, 4];
    const cross = [0, 4.4, 4.4, 4, 4, 2];
    const z = [0, 4, 4, 4, 4, 1];
    const bins = whiteningBins(squares, multiplicity, { cross, z, w }, 2);
    expect([...bins.modes]).toEqual([8, 12]);
    expect(bins.cross[0]).toBeCloseTo(0.1, 12);
    expect(bins.cross[1]).toBeCloseTo(-2 / 12, 12);
    expect(bins.power[1]).toBeCloseTo(-0.25, 12);
    expect(() => whiteningBins(squares, multiplicity, { cross, z, w }, 12)).toThrow('holds no modes');
  });
  it('lets no NaN pass for small', () => {
    expect(largest([0.1, -0.3])).toBe(0.3);
    expect(largest([0.1, Number.NaN])).toBeNaN();
  });
});
