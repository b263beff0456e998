import { compensation, crossPowerSpectrum, paint, powerSpectrum } from '@equiflow/fft-mesh';
import { compile, key } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test, vi } from 'vitest';
import { growth } from '../growth.ts';
import { latticePositions } from '../initial-conditions/displacement.ts';
import { whiteNoise } from '../initial-conditions/white-noise.ts';
import { linearPower } from '../linear-power.ts';
import { type ParticleMeshOptions, particleMesh, type RunOptions, wrapPositions } from './particle-mesh.ts';
import { stages, stepScaleFactors } from './time-steps.ts';

// On two cores that others use too a run of 48³ can take seconds.
vi.setConfig({ testTimeout: 60_000 });

const backend = wasm();
const expansion = { omegaM: 0.3 };
const structure = growth(expansion, 'today');
const matter = (sigma8: number, omegaM = 0.3) =>
  linearPower({ omegaM, omegaB: 0.049, h: 0.67, ns: 0.96, sigma8, transfer: 'eh98-nowiggle' });

/** A run with the usual choices. */
function run(
  mesh: ParticleMeshOptions,
  options: Partial<RunOptions> & { sigma8?: number; seed?: number } = {},
) {
  const simulation = particleMesh({ backend, ...mesh });
  const noise = options.noise ?? whiteNoise({ mesh: simulation.lattice, key: key(options.seed ?? 1) });
  const snapshot = simulation.run({
    ...{ noise, power: matter(options.sigma8 ?? 0.8).power, growth: structure, start: 0.1, end: 1, steps: 8 },
    ...options,
  });
  simulation.dispose();
  return { ...snapshot, lattice: simulation.lattice };
}

/** Overdensity of particles on a mesh of its own. */
function overdensity(positions: Float32Array | Float64Array, mesh: readonly number[], boxSize: number) {
  const d = mesh.length;
  const painted = compile(
    (x) => paint(x, undefined, { mesh, boxSize, window: 'pcs' }),
    [{ shape: [positions.length / d, d], dtype: 'float64' }],
    { backend },
  ).run([Float64Array.from(positions)])[0]!;
  const mean = positions.length / d / painted.length;
  return Float64Array.from(painted, (value) => value / mean - 1);
}

/** D₁ of each bin: cross spectrum of particles and linear field over that of the linear field. */
function measuredGrowth(
  positions: Float32Array | Float64Array,
  linear: Float32Array | Float64Array,
  mesh: readonly number[],
  boxSize: number,
  edges: readonly number[],
): Float64Array {
  const box = { mesh, boxSize, edges };
  // The particles alone were painted: the window once, where spectra divide by its square.
  const modeFactors = compensation(mesh, 'pcs').map(Math.sqrt);
  const painted = overdensity(positions, mesh, boxSize);
  const own = powerSpectrum(linear, box).power;
  return crossPowerSpectrum(painted, linear, { ...box, modeFactors }).power.map(
    (value, bin) => value / own[bin]!,
  );
}

describe('growth of linear modes', () => {
  test.each([
    { name: 'FastPM, 2LPT, PCS', options: { window: 'pcs' } },
    { name: 'FastPM, 2LPT, CIC, 48³', options: { particles: 48 } },
    {
      name: 'FastPM, 1LPT, four-point gradient',
      options: { order: 1, particles: 48, gradient: 'four-point' },
    },
    { name: 'COLA, PCS', options: { scheme: 'cola', window: 'pcs' } },
    { name: 'two dimensions', options: { dimensions: 2, particles: 48 } },
  ] as const)('$name: D₁ within 1 % down to z = 0', ({ options }) => {
    const mesh = { particles: 24, boxSize: 600, dtype: 'float64', ...options } as const;
    // A spectrum in (Mpc/h)² for two dimensions; so small an amplitude that all is linear.
    const power = (k: number) => matter(0.004).power(k) / ('dimensions' in options ? 100 : 1);
    const { positions, linear, lattice } = run(mesh, { power, steps: 8 });
    const edges = [1, 2, 3].map((n) => ((n - 0.5) * 2 * Math.PI) / 600);
    const factors = measuredGrowth(positions, linear, lattice, 600, edges);
    for (const factor of factors) expect(Math.abs(factor - 1)).toBeLessThan(0.01);
  });

  test('with the amplitude of the universe the largest scales still grow as D₁, within 1 %', () => {
    const { positions, linear, lattice } = run({ particles: 48, boxSize: 1500 }, { steps: 10 });
    const factors = measuredGrowth(positions, linear, lattice, 1500, [0.0021, 0.01, 0.016]);
    for (const factor of factors) expect(Math.abs(factor - 1)).toBeLessThan(0.01);
  });
});

describe('the Zel’dovich plane wave', () => {
  const particles = 32;
  const boxSize = 64;
  const unit = (2 * Math.PI) / boxSize;
  /** White noise that is one plane wave, and the power that makes its δ cos(kx) with amplitude A where D₁ = 1. */
  const wave = (amplitude: number, d: 2 | 3) => {
    const cells = particles ** d;
    const q = latticePositions(new Array<number>(d).fill(particles), boxSize);
    const noise = Float64Array.from({ length: cells }, (_, cell) => Math.cos(unit * q[cell * d]!));
    return { noise, power: () => (amplitude ** 2 * boxSize ** d) / cells };
  };
  test.each([2, 3] as const)(
    'is exact before shell crossing: x = q − D₁ A sin(kq)/k, in %i dimensions',
    (dimensions) => {
      // Shells cross where D₁ A = 1; at the end D₁ A = 0.95.
      const { positions, momenta } = run(
        { particles, boxSize, dimensions, window: 'tsc', dtype: 'float64' },
        { ...wave(0.95, dimensions), steps: 12 },
      );
      const q = latticePositions(new Array<number>(dimensions).fill(particles), boxSize);
      const rate = structure.rate(1);
      let worst = 0;
      let worstMomentum = 0;
      let across = 0;
      for (let i = 0; i < q.length; i += dimensions) {
        const exact = (-0.95 * Math.sin(unit * q[i]!)) / unit;
        worst = Math.max(worst, Math.abs(positions[i]! - q[i]! - exact));
        worstMomentum = Math.max(worstMomentum, Math.abs(momenta[i]! - rate * exact));
        for (let a = 1; a < dimensions; a++)
          across = Math.max(across, Math.abs(positions[i + a]! - q[i + a]!));
      }
      // In units of the largest displacement, 9.7 Mpc/h; a cell is 1 Mpc/h.
      expect(worst / 9.68).toBeLessThan(0.02);
      expect(worstMomentum / 9.68).toBeLessThan(0.03);
      expect(across).toBeLessThan(1e-9);
    },
  );
});

describe('conservation and convergence', () => {
  test.each(['ngp', 'cic', 'tsc', 'pcs'] as const)('momentum is conserved, window %s', (window) => {
    const { momenta } = run({ particles: 16, boxSize: 64, window, dtype: 'float64' }, { steps: 6 });
    const total = [0, 0, 0];
    let size = 0;
    momenta.forEach((p, i) => {
      total[i % 3]! += p;
      size += Math.abs(p);
    });
    for (const component of total) expect(Math.abs(component) / size).toBeLessThan(1e-12);
  });

  test('spectra converge with the number of steps', () => {
    const boxSize = 128;
    const edges = [0.03, 0.2, 0.4, 0.6];
    const spectrum = (steps: number, extra: Partial<ParticleMeshOptions> = {}) => {
      const { positions, lattice } = run({ particles: 32, boxSize, ...extra }, { steps });
      return powerSpectrum(overdensity(positions, lattice, boxSize), { mesh: lattice, boxSize, edges }).power;
    };
    const reference = spectrum(40);
    const error = (values: Float64Array): number =>
      Math.max(...values.map((value, bin) => Math.abs(value / reference[bin]! - 1)));
    const [five, ten, twenty] = [5, 10, 20].map((steps) => error(spectrum(steps)));
    expect(five!).toBeLessThan(0.15);
    expect(ten!).toBeLessThan(0.04);
    expect(twenty!).toBeLessThan(ten!);
    // COLA with few steps has the large scales.
    expect(Math.abs(spectrum(5, { scheme: 'cola' })[0]! / reference[0]! - 1)).toBeLessThan(0.03);
  });

  test('a run of half the resolution has the spectrum of the finer one, and finer meshes change little', () => {
    const boxSize = 128;
    const edges = [0.03, 0.1, 0.2, 0.3];
    const spectrum = (extra: Partial<ParticleMeshOptions>) => {
      const { positions } = run({ particles: 24, boxSize, ...extra }, { steps: 6 });
      const mesh = [48, 48, 48];
      const modeFactors = compensation(mesh, 'pcs');
      return powerSpectrum(overdensity(positions, mesh, boxSize), {
        mesh,
        boxSize,
        edges,
        modeFactors,
        backend,
      }).power;
    };
    const fine = spectrum({ particles: 48 });
    for (const extra of [
      {},
      { window: 'pcs' },
      { meshFactor: 2, window: 'tsc' },
      { meshFactor: 3 },
    ] as const) {
      for (const [bin, value] of spectrum(extra).entries()) {
        expect(Math.abs(value / fine[bin]! - 1)).toBeLessThan(0.06);
      }
    }
  });

  test('a pair of fixed amplitudes has the non-linear spectrum of halofit where the mesh resolves it', () => {
    // P/P_linear of CAMB 2.0.5, halofit_version='takahashi', H0 = 67.11, Ω_m = .3175, Ω_b = .049, n_s = .9624, σ_8 = .834, at z = 0.
    const halofit = { 0.1: 1.0144, 0.15: 1.0931, 0.2: 1.2071, 0.25: 1.3661 };
    const boxSize = 300;
    const mesh = [48, 48, 48];
    const power = linearPower({
      ...{ omegaM: 0.3175, omegaB: 0.049, h: 0.6711, ns: 0.9624, sigma8: 0.834 },
      transfer: 'eh98',
    }).power;
    const edges = [0.075, 0.125, 0.175, 0.225, 0.275];
    const boosts = [false, true].map((inverted) => {
      const noise = whiteNoise({ mesh, key: key(2), amplitudes: 'fixed', inverted, backend });
      const growthOf = growth({ omegaM: 0.3175 }, 'today');
      const { positions, linear } = run(
        { particles: 48, boxSize },
        { noise, power, growth: growthOf, steps: 10 },
      );
      const modeFactors = compensation(mesh, 'pcs');
      const own = powerSpectrum(overdensity(positions, mesh, boxSize), {
        mesh,
        boxSize,
        edges,
        modeFactors,
        backend,
      });
      const before = powerSpectrum(linear, { mesh, boxSize, edges, backend }).power;
      return own.power.map((value, bin) => value / before[bin]!);
    });
    Object.values(halofit).forEach((boost, i) => {
      // halofit itself is good to 5 %; the box has few modes, and cells of 6 Mpc/h.
      expect(Math.abs((boosts[0]![i]! + boosts[1]![i]!) / (2 * boost) - 1)).toBeLessThan(0.08);
    });
  });

  test('the same seed gives the same large scales at every resolution; equal runs are equal to the bit', () => {
    const a = run({ particles: 16, boxSize: 200, dtype: 'float64' }, { steps: 4, seed: 9 });
    const b = run({ particles: 16, boxSize: 200, dtype: 'float64' }, { steps: 4, seed: 9 });
    expect(a.positions).toEqual(b.positions);
    const fine = run({ particles: 32, boxSize: 200, dtype: 'float64' }, { steps: 4, seed: 9 });
    const edges = [0.02, 0.08];
    const low = overdensity(a.positions, [16, 16, 16], 200);
    const high = overdensity(fine.positions, [16, 16, 16], 200);
    const box = { mesh: [16, 16, 16], boxSize: 200, edges };
    const r =
      crossPowerSpectrum(low, high, box).power[0]! /
      Math.sqrt(powerSpectrum(low, box).power[0]! * powerSpectrum(high, box).power[0]!);
    expect(r).toBeGreaterThan(0.99);
  });
});

test('factors of small steps are the plain integrals', () => {
  const fast = stages(structure, { start: 0.5, end: 0.51, steps: 1 }, 'fastpm');
  const plain = stages(structure, { start: 0.5, end: 0.51, steps: 1 }, 'cola');
  expect(fast.length).toBe(2);
  for (const i of [0, 1]) {
    expect(fast[i]!.kick / plain[i]!.kick).toBeCloseTo(1, 2);
    if (i > 0) expect(fast[i]!.drift / plain[i]!.drift).toBeCloseTo(1, 3);
  }
  expect(
    [...stepScaleFactors({ start: 0.1, end: 0.4, steps: 2, spacing: 'log' })].map((a) => a.toFixed(6)),
  ).toEqual(['0.100000', '0.200000', '0.400000']);
});

test('positions wrap into the box', () => {
  expect([...wrapPositions(Float64Array.of(-1, 0, 9.5, 10, 21), 10)]).toEqual([9, 0, 9.5, 0, 1]);
  expect(wrapPositions(Float32Array.of(-1e-9), 10)[0]).toBeLessThan(10);
});

test('nonsense is refused', () => {
  expect(() => particleMesh({ particles: 1, boxSize: 10 })).toThrow(/particles = 1/);
  expect(() => particleMesh({ particles: 4, boxSize: 0 })).toThrow(/boxSize = 0/);
  expect(() => particleMesh({ particles: 4, boxSize: 1, meshFactor: 4 as 3 })).toThrow(/meshFactor = 4/);
  expect(() => particleMesh({ particles: 640, boxSize: 1 })).toThrow(
    /particles = 640 along an axis: .* give at most 563/,
  );
  expect(() => particleMesh({ particles: 4, boxSize: 1, scheme: 'cola', order: 3 })).toThrow(
    /order = 3 must be 2/,
  );
  expect(() => particleMesh({ particles: 4, boxSize: 1, scheme: 'leap' as 'cola' })).toThrow(/'leap'/);
  expect(() => particleMesh({ particles: 4, boxSize: 1, order: 4 as 3 })).toThrow(/LPT order 4/);
  expect(() => run({ particles: 4, boxSize: 1 }, { noise: [1, 2] })).toThrow(
    /2 values for 4\^3 particles; give 64/,
  );
  expect(() => run({ particles: 4, boxSize: 1 }, { start: 0.5, end: 0.4 })).toThrow(/from a = 0.5 to 0.4/);
  expect(() => run({ particles: 4, boxSize: 1 }, { steps: 0 })).toThrow(/steps = 0/);
  expect(() => run({ particles: 4, boxSize: 1, gradient: 'none' as 'spectral' })).toThrow(/gradient 'none'/);
});
