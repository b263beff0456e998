import { fieldSampler } from '@equiflow/fft-mesh';
import { adaptiveGrid, gridPosterior } from '@equiflow/flows';
import { key } from '@equiflow/tensor';
import { describe, expect, it } from 'vitest';
import { exactLogProb, modePower } from '../direct/mode-power.ts';
import { gaussianFamily, PRIOR } from './gaussian-family.ts';

const family = gaussianFamily(16, 500, 'eh98-nowiggle');
const theta = [0.31, 0.82] as const;
const field = fieldSampler({ mesh: [16, 16], boxSize: 500 }).gaussian(family.power(...theta), key(4));
const modes = modePower(field, 16, 2);

describe('gaussianFamily', () => {
  it('gives the density by sums over the modes, for any order of points', () => {
    const points = [0.2, 0.7, 0.2, 0.9, 0.45, 0.7, ...theta];
    family.logProb(modes, points).forEach((value, i) => {
      const variances = family.variances(points[2 * i]!, points[2 * i + 1]!);
      expect(value).toBeCloseTo(exactLogProb(modes, variances), 8);
    });
  });
  it('has the Hessian of its own density as Fisher matrix, on average', () => {
    const average = {
      ...modes,
      power: family.variances(...theta).map((v, i) => v * family.multiplicity[i]!),
    };
    const fisher = family.fisher(...theta);
    const h = 1e-3;
    const at = (a: number, b: number): number =>
      family.logProb(average, [theta[0] + a * h, theta[1] + b * h])[0]!;
    expect(-(at(1, 0) - 2 * at(0, 0) + at(-1, 0)) / h ** 2 / fisher[0]!).toBeCloseTo(1, 3);
    expect(-(at(0, 1) - 2 * at(0, 0) + at(0, -1)) / h ** 2 / fisher[3]!).toBeCloseTo(1, 3);
    const mixed = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * h ** 2);
    expect(-mixed / fisher[1]!).toBeCloseTo(1, 3);
    expect(at(0, 0)).toBeCloseTo(-family.entropy(...theta), 8);
  });
  it('gives a posterior about as wide as Fisher tells', async () => {
    const grid = await adaptiveGrid((points) => family.logProb(modes, points), PRIOR);
    const { covariance } = gridPosterior(grid);
    const sigma = Math.sqrt(covariance[3]!);
    expect(sigma).toBeLessThan(0.1);
    expect(sigma).toBeGreaterThan(0.01);
  });
});
