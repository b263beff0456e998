/**
 * Particle-mesh N-body on one CPU: one step (drift, CIC painting, force, reading, kick) with as many mesh cells as particles, and
 * a whole simulation of 2LPT and 40 steps, against JaxPM; steps from 32³ to 256³ for the exponent.
 */
import { freemem } from 'node:os';
import {
  growth,
  latticePositions,
  linearPower,
  meshForce,
  type ParticleMesh,
  particleMesh,
  whiteNoise,
} from '@equiflow/cosmo-sims';
import { add, key, multiply, randomNormal, trace } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import type { BenchmarkCase, Workload } from '../case.ts';

/** Bytes that one step needs: the plan, and inputs and outputs outside of it, a particle. */
const STEP_BYTES = 260;

/** One step of n³ particles on a mesh of n³. @throws Error where the machine's memory is too small for it */
export function step(n: number): Workload {
  const needed = STEP_BYTES * n ** 3;
  if (needed > freemem()) {
    throw new Error(
      `a step of ${n}³ particles needs ${(needed / 2 ** 30).toFixed(1)} GiB, and ${(freemem() / 2 ** 30).toFixed(1)} are free`,
    );
  }
  const mesh = [n, n, n];
  const count = n ** 3;
  const particles = { shape: [count, 3], dtype: 'float32' } as const;
  const number = { shape: [], dtype: 'float32' } as const;
  const force = { mesh, boxSize: n, window: 'cic', gradient: 'spectral', compensated: true } as const;
  const executable = wasm().compile(
    trace(
      (x, p, drift, kick) => {
        const moved = add(x!, multiply(p!, drift!));
        return [moved, add(p!, multiply(meshForce(moved, force), kick!))];
      },
      [particles, particles, number, number],
    ),
  );
  const noise = randomNormal(key(1), [count * 3], 'float32');
  const x = Float32Array.from(latticePositions(mesh, n), (q, i) => q + 1.5 * noise[i]!);
  const inputs = [x, new Float32Array(3 * count), Float32Array.of(0.1), Float32Array.of(0.1)];
  let momenta: ArrayLike<number> = [];
  return {
    run(): void {
      momenta = executable.run(inputs)[1]!;
    },
    check(): void {
      let [total, size] = [0, 0];
      for (let i = 0; i < momenta.length; i += 3) {
        total += momenta[i]!;
        size += Math.abs(momenta[i]!);
      }
      if (!(size > 0 && Math.abs(total) < 1e-4 * size)) {
        throw new Error(`the check failed: momentum ${total} of ${size} is not conserved`);
      }
    },
    bytes: () => executable.memoryBytes,
    executable: () => executable,
  };
}

/** 2LPT and 40 steps of n³ particles, white noise drawn each time. */
function wholeRun(n: number): Workload {
  const backend = wasm();
  const simulation: ParticleMesh = particleMesh({ particles: n, boxSize: 4 * n, backend });
  const cosmology = { omegaM: 0.3089, omegaB: 0.0486, h: 0.6774, ns: 0.9667, sigma8: 0.8159 };
  let mean = Number.NaN;
  return {
    run(): void {
      const { positions } = simulation.run({
        noise: whiteNoise({ mesh: simulation.lattice, key: key(1), backend }),
        power: linearPower({ ...cosmology, transfer: 'eh98' }).power,
        growth: growth({ omegaM: cosmology.omegaM }, 'today'),
        ...{ start: 0.1, end: 1, steps: 40 },
      });
      mean = (positions as Float32Array).reduce((sum, x) => sum + x, 0) / positions.length;
    },
    check(): void {
      const expected = (4 * n - 4) / 2;
      if (!(Math.abs(mean / expected - 1) < 1e-3)) {
        throw new Error(`the check failed: mean position ${mean}, expected ${expected}`);
      }
    },
    bytes: () => simulation.memoryBytes,
    close: () => simulation.dispose(),
  };
}

export const PARTICLE_MESH_CASES: readonly BenchmarkCase[] = [
  ...[32, 64, 128, 256].map(
    (n): BenchmarkCase => ({
      id: `pm-step-${n}`,
      title: `particle-mesh step, ${n}³ particles, mesh ${n}³, CIC, float32`,
      threads: [1],
      setUp: () => step(n),
      peers: n === 64 || n === 128 ? [{ kind: 'python', name: 'jaxpm', threads: [1, 2] }] : [],
      targets: n === 64 || n === 128 ? [{ peer: 'jaxpm', quantity: 'time', atLeast: 1 }] : [],
      series: { name: 'particle-mesh step', size: n ** 3 },
    }),
  ),
  {
    id: 'pm-run-64',
    title: '2LPT and 40 steps, 64³ particles, mesh 64³',
    threads: [1],
    setUp: () => wholeRun(64),
    peers: [{ kind: 'python', name: 'jaxpm', threads: [1, 2] }],
    targets: [{ peer: 'jaxpm', quantity: 'time', atLeast: 1 }],
  },
];
