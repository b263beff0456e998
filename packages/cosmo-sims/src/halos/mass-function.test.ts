import { key } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { growth } from '../growth.ts';
import { whiteNoise } from '../initial-conditions/white-noise.ts';
import { linearPower } from '../linear-power.ts';
import { particleMesh } from '../nbody/particle-mesh.ts';
import { friendsOfFriends, particleMass } from './friends-of-friends.ts';
import { type MassFunctionModel, massFunction, measureMassFunction } from './mass-function.ts';

const omegaM = 0.3089;
const planck = linearPower({
  ...{ omegaM, omegaB: 0.0486, h: 0.6774, ns: 0.9667, sigma8: 0.8159, transfer: 'eh98' },
});

// Colossus 1.4.0, planck15: massFunction([1e12, 1e13, 1e14, 1e15], z, q_out = 'dndlnM', mdef = 'fof' or '200m').
const COLOSSUS: readonly (readonly [MassFunctionModel, number, readonly number[]])[] = [
  ['press-schechter', 0, [5.817058e-3, 7.136892e-4, 5.202398e-5, 4.137341e-7]],
  ['sheth-tormen', 0, [3.928495e-3, 4.743019e-4, 4.041031e-5, 7.426393e-7]],
  ['tinker08', 0, [4.176457e-3, 5.292642e-4, 4.756702e-5, 7.560223e-7]],
  ['tinker08', 1, [3.748192e-3, 3.066146e-4, 7.29781e-6, 1.067137e-9]],
];

test.each(COLOSSUS)('%s at z = %d is that of Colossus', (model, redshift, wanted) => {
  // D(1) of Colossus, with its radiation.
  const growthFactor = redshift === 0 ? 1 : 0.608785341156588;
  const of = massFunction({ model, omegaM, matter: planck, redshift, growthFactor });
  // Its constants (2.77536627e11, δ_c = 1.68647) and its tables of σ.
  wanted.forEach((value, i) => {
    expect(Math.abs(of(10 ** (12 + i)) / value - 1)).toBeLessThan(redshift === 0 ? 4e-3 : 8e-3);
  });
});

test('Press & Schechter: the mass in halos is the share of a normal distribution beyond the threshold', () => {
  const matter = linearPower({
    ...{ omegaM, omegaB: 0.0486, h: 0.6774, ns: 0.9667, sigma8: 0.8159, transfer: 'eh98-nowiggle' },
  });
  const of = massFunction({ model: 'press-schechter', omegaM, matter });
  const density = particleMass(omegaM, 1, 1);
  const [low, high] = [Math.log(1e11), Math.log(1e15)];
  let inside = 0;
  const steps = 60;
  for (let i = 0; i < steps; i++) {
    const mass = Math.exp(low + ((i + 0.5) * (high - low)) / steps);
    inside += ((high - low) / steps) * mass * of(mass);
  }
  // 2 × the integral of the unit normal between the two ν = δ_c/σ(M).
  const nu = [low, high].map(
    (log) => 1.6864702 / matter.sigmaR(Math.cbrt((3 * Math.exp(log)) / (4 * Math.PI * density))),
  );
  let normal = 0;
  for (let i = 0; i < 1000; i++) {
    const x = nu[0]! + ((i + 0.5) / 1000) * (nu[1]! - nu[0]!);
    normal += ((nu[1]! - nu[0]!) / 1000) * Math.sqrt(2 / Math.PI) * Math.exp((-x * x) / 2);
  }
  expect(inside / density / normal).toBeCloseTo(1, 3);
});

test('halos of a simulation follow Sheth & Tormen', () => {
  // 32³ particles of 3.3e11 M☉/h in 50 Mpc/h; a mesh of two cells a particle, as halos are small.
  const boxSize = 50;
  const simulation = particleMesh({ particles: 32, boxSize, meshFactor: 2, window: 'tsc', backend: wasm() });
  const { positions } = simulation.run({
    noise: whiteNoise({ mesh: simulation.lattice, key: key(8), backend: wasm() }),
    power: planck.power,
    growth: growth({ omegaM }, 'today'),
    ...{ start: 0.1, end: 1, steps: 12 },
  });
  const { masses } = friendsOfFriends(positions, { boxSize, omegaM });
  const unit = particleMass(omegaM, boxSize, 32 ** 3);
  const range = [40 * unit, 4000 * unit] as const;
  const { counts } = measureMassFunction(masses, boxSize, range, 1);
  const of = massFunction({ model: 'sheth-tormen', omegaM, matter: planck });
  let expected = 0;
  const width = Math.log(range[1] / range[0]) / 20;
  for (let i = 0; i < 20; i++) expected += of(range[0] * Math.exp((i + 0.5) * width)) * width * boxSize ** 3;
  // One small box: Poisson noise, its own long waves, and the softness of the mesh.
  expect(counts[0]).toBeGreaterThan(15);
  expect(counts[0]! / expected).toBeGreaterThan(0.6);
  expect(counts[0]! / expected).toBeLessThan(1.5);
});

test('bins of mass', () => {
  const { counts, density, edges } = measureMassFunction([1, 5, 50, 99, 1000], 10, [1, 100], 2);
  expect([...counts]).toEqual([2, 2]);
  expect(edges[1]).toBeCloseTo(10, 12);
  expect(density[0]).toBeCloseTo(2 / Math.log(10) / 1000, 12);
  expect(() => measureMassFunction([1], 10, [2, 1], 2)).toThrow(/0 < low < high/);
  expect(() => massFunction({ model: 'sheth-tormen', omegaM, matter: planck })(-1)).toThrow(/mass/);
});
