import { compile, gradients, key, randomNormal, sum } from '@equiflow/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { degreesOfFreedom, doubleWell4, lennardJones13, type ParticleEnergy } from './energy.ts';

const energies: [string, ParticleEnergy, number][] = [
  ['DW4', doubleWell4(), 2.5],
  ['LJ13', lennardJones13(), 1.5],
];

/** Particles on a jittered grid, so that none are too close. */
function configuration(
  { particles, dimensions }: ParticleEnergy,
  spacing: number,
  seed: number,
): Float64Array {
  const noise = randomNormal(key(seed), [particles * dimensions], 'float64');
  return noise.map((z, index) => {
    const i = Math.floor(index / dimensions);
    const a = index % dimensions;
    return spacing * (Math.floor(i / 3 ** a) % 3) + 0.08 * z;
  });
}

describe.each(energies)('%s', (_, energy, spacing) => {
  const width = energy.particles * energy.dimensions;

  test('forces are minus the gradient (central differences, 1e-6)', () => {
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const x = configuration(energy, spacing, seed);
        const forces = new Float64Array(width);
        energy.energy(x, 0, forces);
        for (let i = 0; i < width; i++) {
          const at = (shift: number): number =>
            energy.energy(x.map((value, j) => (j === i ? value + shift : value)));
          const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
          expect(Math.abs(forces[i]! + slope)).toBeLessThan(1e-6 * (1 + Math.abs(slope)) * 50);
        }
      }),
      { numRuns: 5 },
    );
  });

  test('the graph and its gradient agree with the numbers (1e-11)', () => {
    const batch = 3;
    const x = new Float64Array(batch * width);
    for (let b = 0; b < batch; b++) x.set(configuration(energy, spacing, b), b * width);
    const graph = compile(
      (at) => {
        const values = energy.graph(at!);
        return [values, ...gradients(sum(values), [at!])];
      },
      [{ shape: [batch, energy.particles, energy.dimensions], dtype: 'float64' }],
    );
    const [values, slopes] = graph.run([x]);
    const forces = new Float64Array(width);
    for (let b = 0; b < batch; b++) {
      const value = energy.energy(x, b * width, forces);
      expect(Math.abs(values![b]! - value)).toBeLessThan(1e-11 * Math.abs(value) + 1e-11);
      forces.forEach((force, i) => {
        expect(Math.abs(slopes![b * width + i]! + force)).toBeLessThan(1e-10 * (1 + Math.abs(force)));
      });
    }
  });

  test('does not change under rotations, reflections, translations and permutations (1e-11)', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 6, noNaN: true }), (seed, angle) => {
        const { particles, dimensions } = energy;
        const x = configuration(energy, spacing, seed);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const moved = new Float64Array(width);
        for (let i = 0; i < particles; i++) {
          const from = ((i + seed) % particles) * dimensions;
          moved[i * dimensions] = -(c * x[from]! - s * x[from + 1]!) + 3;
          moved[i * dimensions + 1] = s * x[from]! + c * x[from + 1]! - 2;
          if (dimensions === 3) moved[i * dimensions + 2] = x[from + 2]! + 1;
        }
        const [before, after] = [energy.energy(x), energy.energy(moved)];
        expect(Math.abs(after - before)).toBeLessThan(1e-11 * (1 + Math.abs(before)) * 10);
      }),
      { numRuns: 20 },
    );
  });
});

describe('energies of the literature', () => {
  test('DW4: unique pairs', () => {
    // A square of side 4: four pairs at d = 4 with u = 0, two at 4√2.
    const s = 4 * Math.SQRT2 - 4;
    const diagonal = 0.9 * s ** 4 - 4 * s ** 2;
    expect(doubleWell4().energy(Float64Array.of(0, 0, 4, 0, 4, 4, 0, 4))).toBeCloseTo(2 * diagonal, 12);
    expect(degreesOfFreedom(doubleWell4())).toBe(6);
  });

  test('LJ13: ordered pairs, and the trap about the centre of mass', () => {
    const energy = lennardJones13();
    expect(degreesOfFreedom(energy)).toBe(36);
    // A line with unit spacing, far from the origin: pair (i, j) at distance |i − j|, counted twice.
    const x = new Float64Array(39);
    for (let i = 0; i < 13; i++) x[3 * i] = 100 + i;
    let expected = 0;
    for (let i = 0; i < 13; i++) {
      expected += 0.5 * (i - 6) ** 2;
      for (let j = 0; j < 13; j++)
        if (i !== j) expected += Math.abs(i - j) ** -12 - 2 * Math.abs(i - j) ** -6;
    }
    expect(energy.energy(x)).toBeCloseTo(expected, 9);
  });
});
