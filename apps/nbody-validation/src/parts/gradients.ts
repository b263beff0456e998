/** Exact gradients of a whole run against central differences of whole runs. */
import {
  growth,
  linearPower,
  type ParticleMeshOptions,
  parameterGradient,
  particleMesh,
  whiteNoise,
} from '@equiflow/cosmo-sims';
import { key } from '@equiflow/tensor';
import type { Check, Part } from '../part.ts';
import { backend } from '../simulate.ts';

/** With limits: TSC has jumps in its second derivative where particles pass cell borders, which central differences see. */
const KINDS: readonly (readonly [string, Partial<ParticleMeshOptions>, number])[] = [
  ['FastPM, PCS', { window: 'pcs' }, 1e-6],
  ['FastPM, TSC', { window: 'tsc' }, 1e-4],
  ['FastPM, PCS, mesh 2', { window: 'pcs', meshFactor: 2 }, 1e-6],
  ['FastPM, 3LPT dealiased, PCS', { window: 'pcs', order: 3, dealiased: true }, 1e-6],
  ['COLA, PCS', { window: 'pcs', scheme: 'cola' }, 1e-6],
];

/** The part. */
export const exactGradients: Part = {
  name: 'gradients',
  title: 'Gradients against finite differences',
  run(effort, say) {
    const n = effort === 'full' ? 32 : 12;
    const lattice = [n, n, n];
    const size = 3 * n ** 3;
    const noise = whiteNoise({ mesh: lattice, key: key(1), backend });
    const direction = whiteNoise({ mesh: lattice, key: key(2), backend });
    // Smooth functions of all positions and momenta: Σ w·cos(2πx/L·3) + Σ v·p with random weights.
    const boxSize = 4 * n;
    const wave = (6 * Math.PI) / boxSize;
    const weights = whiteNoise({ mesh: [size], key: key(3), backend });
    const rows: (string | number)[][] = [];
    const checks: Check[] = [];
    const theta = [0.3175, 0.834];
    const cosmology = ([omegaM, sigma8]: readonly number[]) => ({
      power: linearPower({
        ...{ omegaM: omegaM!, omegaB: 0.049, h: 0.6711, ns: 0.9624, sigma8: sigma8! },
        transfer: 'eh98-nowiggle',
      }).power,
      growth: growth({ omegaM: omegaM! }, 'today'),
      ...{ start: 0.1, end: 1, steps: 5 },
    });
    for (const [name, options, atMost] of KINDS) {
      say(name);
      const simulation = particleMesh({ particles: n, boxSize, dtype: 'float64', backend, ...options });
      const value = (from: ArrayLike<number>, at: readonly number[]): number => {
        const { positions, momenta } = simulation.run({ noise: from, ...cosmology(at) });
        let total = 0;
        for (let i = 0; i < size; i++) {
          total += weights[i]! * (Math.cos(wave * positions[i]!) + 0.1 * momenta[i]!);
        }
        return total;
      };
      const central = (along: (step: number) => number, h: number): number =>
        (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h);
      const { snapshot, pullback } = simulation.runWithPullback({ noise, ...cosmology(theta) });
      const ofPositions = Float64Array.from(
        snapshot.positions,
        (x, i) => -wave * weights[i]! * Math.sin(wave * x),
      );
      const gradient = pullback(
        ofPositions,
        weights.map((w) => 0.1 * w),
      );
      let exact = 0;
      for (let i = 0; i < direction.length; i++) exact += gradient.noise[i]! * direction[i]!;
      const errors = [
        exact /
          central(
            (step) =>
              value(
                noise.map((v, i) => v + step * direction[i]!),
                theta,
              ),
            STEP,
          ) -
          1,
        ...parameterGradient(gradient.numbers, (at) => simulation.numbers(cosmology(at)), theta).map(
          (derivative, which) =>
            derivative /
              central(
                (step) =>
                  value(
                    noise,
                    theta.map((v, i) => (i === which ? v + step : v)),
                  ),
                STEP,
              ) -
            1,
        ),
      ].map(Math.abs);
      simulation.dispose();
      rows.push([name, ...errors]);
      checks.push({ name, value: Math.max(...errors), atMost });
    }
    return {
      tables: [
        {
          title: `Relative difference, ${n}³ particles, 5 steps from z = 9 to 0, float64; a function of all positions and momenta.`,
          columns: ['run', 'noise, one direction', 'Ω_m', 'σ₈'],
          rows,
        },
      ],
      checks,
    };
  },
};

/** Small, for particles that pass cell borders have jumps in high derivatives. */
const STEP = 2e-4;
