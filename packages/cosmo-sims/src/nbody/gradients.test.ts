import { paint } from '@equiflow/fft-mesh';
import {
  add,
  compile,
  constant,
  gradients,
  key,
  multiply,
  square,
  subtract,
  sum,
  type Tensor,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { growth } from '../growth.ts';
import { whiteNoise } from '../initial-conditions/white-noise.ts';
import { linearPower } from '../linear-power.ts';
import { parameterGradient } from './parameter-gradient.ts';
import { particleMesh, type Snapshot } from './particle-mesh.ts';

const backend = wasm();
const matter = (sigma8: number, omegaM: number) =>
  linearPower({ omegaM, omegaB: 0.049, h: 0.67, ns: 0.96, sigma8, transfer: 'eh98-nowiggle' });

describe.each([
  { name: 'FastPM', options: { window: 'pcs' } },
  { name: 'COLA', options: { scheme: 'cola', window: 'pcs' } },
  {
    name: 'FastPM, 3LPT dealiased, finer mesh',
    options: { order: 3, dealiased: true, meshFactor: 2, window: 'tsc' },
  },
  { name: 'COLA in two dimensions', options: { scheme: 'cola', dimensions: 2, window: 'pcs' } },
] as const)('gradients, $name', ({ options }) => {
  const boxSize = 40;
  const d = 'dimensions' in options ? options.dimensions : 3;
  const mesh = new Array<number>(d).fill(6);
  const simulation = particleMesh({ particles: 6, boxSize, dtype: 'float64', backend, ...options });
  const noise = whiteNoise({ mesh, key: key(2) });
  const wanted = add(multiply(0.3, constant(whiteNoise({ mesh, key: key(4) }), mesh)), 1);
  const weights = constant(whiteNoise({ mesh: [6 ** d * d], key: key(5) }), [6 ** d, d]);
  const state = { shape: [6 ** d, d], dtype: 'float64' } as const;
  const field = { shape: mesh, dtype: 'float64' } as const;
  /** A function of the density, of velocities and of the linear field, and its cotangents. */
  const loss = (x: Tensor, p: Tensor, linear: Tensor): Tensor =>
    add(
      sum(square(subtract(paint(x, undefined, { mesh, boxSize, window: 'pcs' }), wanted))),
      add(sum(multiply(p, weights)), sum(multiply(square(linear), wanted))),
    );
  const lossRun = compile(
    (x, p, linear) => [loss(x!, p!, linear!), ...gradients(loss(x!, p!, linear!), [x!, p!, linear!])],
    [state, state, field],
  );

  const cosmology = ([omegaM, sigma8]: readonly number[]) => ({
    power: (k: number) => matter(sigma8!, omegaM!).power(k) / (d === 2 ? 20 : 1),
    growth: growth({ omegaM: omegaM! }, 'today'),
    ...{ start: 0.2, end: 0.9, steps: 3 },
  });
  const theta = [0.3, 0.8];
  const arrays = ({ positions, momenta, linear }: Snapshot) => [positions, momenta, linear];
  const value = (from: ArrayLike<number>, at: readonly number[]): number =>
    lossRun.run(arrays(simulation.run({ noise: from, ...cosmology(at) })))[0]![0]!;
  const central = (along: (step: number) => number, h: number): number =>
    (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);

  const { snapshot, pullback } = simulation.runWithPullback({ noise, ...cosmology(theta) });
  const cotangents = lossRun.run(arrays(snapshot)).slice(1) as [Float64Array, Float64Array, Float64Array];
  const gradient = pullback(...cotangents);

  test('with respect to initial conditions agree with central differences', () => {
    const direction = whiteNoise({ mesh, key: key(7) });
    const along = (step: number): number =>
      value(
        noise.map((v, i) => v + step * direction[i]!),
        theta,
      );
    const exact = (gradient.noise as Float64Array).reduce((total, g, i) => total + g * direction[i]!, 0);
    expect(Math.abs(exact / central(along, 1e-3) - 1)).toBeLessThan(1e-6);
  });

  test('with respect to Ω_m and σ_8 agree with central differences', () => {
    const exact = parameterGradient(gradient.numbers, (at) => simulation.numbers(cosmology(at)), theta);
    for (const i of [0, 1]) {
      const along = (step: number): number =>
        value(
          noise,
          theta.map((v, j) => (j === i ? v + step : v)),
        );
      expect(Math.abs(exact[i]! / central(along, 1e-3) - 1)).toBeLessThan(1e-5);
    }
  });

  test('momenta alone: their sum is conserved at 0 whatever the initial conditions', () => {
    const size = 6 ** d * d;
    const only = pullback(new Float64Array(size), new Float64Array(size).fill(1));
    expect(Math.max(...only.noise.map(Math.abs))).toBeLessThan(1e-9);
  });
});
