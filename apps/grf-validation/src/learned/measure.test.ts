import { adaptiveGrid, type Evaluator } from '@equiflow/flows';
import { describe, expect, it } from 'vitest';
import { gaussianFamily, PRIOR } from './gaussian-family.ts';
import { drawThetas, mapsInMemory } from './maps.ts';
import {
  calibration,
  fisherAt,
  flowOnGrid,
  likelihoods,
  modesOf,
  posteriorPairs,
  whitening,
} from './measure.ts';
import { meanWithError, posteriorDistances } from './statistics.ts';

const family = gaussianFamily(12, 300, 'eh98-nowiggle');
const maps = mapsInMemory(family, drawThetas(60, 1), 2);
const modes = modesOf(family, maps);

/** A perfect flow, or one whose variances are wrong by a factor: ln p in closed form through the exact family. */
function knownFlow(factor: number): Evaluator {
  const cells = family.side ** 2;
  const count = (thetas: ArrayLike<number>): number => thetas.length / 2;
  const logProb = (map: Float32Array | Float64Array, thetas: ArrayLike<number>): Float64Array => {
    const [mode] = modesOf(family, { count: 1, maps: Float32Array.from(map), thetas: new Float64Array(2) });
    const scaled = { ...mode!, power: mode!.power.map((power) => power / factor) };
    return family.logProb(scaled, thetas).map((value) => value - (cells / 2) * Math.log(factor));
  };
  const each = (
    fields: Float32Array | Float64Array,
    thetas: Float32Array | Float64Array,
    width: number,
    of: (map: Float32Array | Float64Array, theta: Float32Array | Float64Array) => ArrayLike<number>,
  ): Float64Array => {
    const result = new Float64Array(count(thetas) * width);
    for (let i = 0; i < count(thetas); i++) {
      result.set(
        of(fields.subarray(i * cells, (i + 1) * cells), thetas.subarray(2 * i, 2 * i + 2)),
        i * width,
      );
    }
    return result;
  };
  return {
    logProb: async (fields, thetas) => each(fields, thetas, 1, (map, theta) => logProb(map, theta)),
    logProbOfMap: async (map, thetas) => logProb(map, thetas),
    thetaGradient: async (fields, thetas) =>
      each(fields, thetas, 2, (map, theta) => {
        const h = 1e-4;
        const at = (a: number, b: number): number => logProb(map, [theta[0]! + a, theta[1]! + b])[0]!;
        return [(at(h, 0) - at(-h, 0)) / (2 * h), (at(0, h) - at(0, -h)) / (2 * h)];
      }),
    latent: async (fields) => Float64Array.from(fields),
    generate: async (latents) => Float64Array.from(latents),
    close: async () => {},
  };
}

describe('measurements of a flow that is known', () => {
  it('finds no gap for the perfect one, and the Kullback-Leibler divergence for a wrong one', async () => {
    const gap = async (factor: number): Promise<{ mean: number; error: number }> => {
      const { exact, flow } = await likelihoods(family, knownFlow(factor), maps, modes);
      return meanWithError(exact.map((value, i) => value - flow[i]!));
    };
    expect(Math.abs((await gap(1)).mean)).toBeLessThan(1e-9);
    const { mean, error } = await gap(1.2);
    const divergence = 72 * (1 / 1.2 - 1 + Math.log(1.2));
    expect(Math.abs(mean - divergence)).toBeLessThan(4 * error);
  });
  it('compares posteriors and their calibration', async () => {
    const perfect = await posteriorPairs(family, knownFlow(1), maps, modes, 60, () => {});
    const distances = posteriorDistances(
      perfect.map(({ exact }) => exact),
      perfect.map(({ flow }) => flow),
      2,
    );
    for (const { width, shift } of distances) expect(Math.max(width, shift)).toBeLessThan(1e-9);
    const truths = perfect.map(({ truth }) => truth);
    const right = calibration(
      truths,
      perfect.map(({ flow }) => flow),
      5,
    );
    expect(right.sbc).toBeGreaterThan(0.01);
    expect(right.tarp).toBeGreaterThan(0.01);
    const wrong = await posteriorPairs(family, knownFlow(1.5), maps, modes, 60, () => {});
    const judged = calibration(
      truths,
      wrong.map(({ flow }) => flow),
      5,
    );
    expect(judged.sbc).toBeLessThan(0.01);
    expect(judged.tarp).toBeLessThan(0.01);
  });
  it('asks the flow everywhere when it puts its mass where the exact density has none', async () => {
    const grid = await adaptiveGrid((points) => family.logProb(modes[0]!, points), PRIOR);
    const far = {
      logProbOfMap: async (_: unknown, thetas: ArrayLike<number>) => new Float64Array(thetas.length / 2),
    };
    expect((await flowOnGrid(far, maps.maps, grid)).every((value) => value === 0)).toBe(true);
  });
  it('finds the Fisher matrix', async () => {
    const { diagonal, scaled } = await fisherAt(family, knownFlow(1), [0.3, 0.8], 40, 7);
    expect(diagonal).toBeLessThan(0.2);
    expect(scaled).toBeLessThan(0.2);
    expect((await fisherAt(family, knownFlow(3), [0.3, 0.8], 40, 7)).diagonal).toBeGreaterThan(0.5);
  });
  it('finds the filter of a latent that is not white', async () => {
    const { cross, power } = await whitening(family, knownFlow(1), maps, 20, 3);
    // The latent is the field itself: z = √P w, whose power is that of the field.
    for (const value of [...cross, ...power]) expect(Math.abs(value)).toBeGreaterThan(0.05);
  });
});
