/** Simulations of the validation: one cosmology (Quijote's), one seed, spectra of the particles. */
import {
  type Growth,
  growth,
  linearPower,
  type ParticleMeshOptions,
  particleMesh,
  particleSpectrum,
  type RunOptions,
  type Snapshot,
  whiteNoise,
} from '@equiflow/cosmo-sims';
import { key } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';

/** Runs every graph. */
export const backend: ReturnType<typeof wasm> = wasm();

/** Quijote's fiducial cosmology. */
export const COSMOLOGY = { omegaM: 0.3175, omegaB: 0.049, h: 0.6711, ns: 0.9624, sigma8: 0.834 } as const;

/** Its growth, normalised today. */
export const STRUCTURE: Growth = growth({ omegaM: COSMOLOGY.omegaM }, 'today');

const QUIJOTE = linearPower({ ...COSMOLOGY, transfer: 'eh98' });

/** Its linear spectrum at z = 0 by Eisenstein & Hu, (Mpc/h)³. */
export const power = (k: number): number => QUIJOTE.power(k);

/** One simulation from a = 0.1 to 1 in 40 steps, unless told otherwise. */
export function simulate(
  mesh: ParticleMeshOptions,
  run: Partial<RunOptions> & {
    readonly seed?: number;
    readonly fixed?: boolean;
    readonly inverted?: boolean;
  } = {},
): Snapshot {
  const { seed = 1, fixed = false, inverted = false, ...options } = run;
  const simulation = particleMesh({ backend, ...mesh });
  try {
    const noise =
      options.noise ??
      whiteNoise({
        ...{ mesh: simulation.lattice, key: key(seed), amplitudes: fixed ? 'fixed' : 'random' },
        ...{ inverted, backend },
      });
    return simulation.run({ power, growth: STRUCTURE, start: 0.1, end: 1, steps: 40, ...options, noise });
  } finally {
    simulation.dispose();
  }
}

/** P(k) of particles, TSC, interlaced, compensated, on a mesh of `cells` along an axis. */
export function spectrum(
  { positions }: Pick<Snapshot, 'positions'>,
  boxSize: number,
  cells: number,
  edges: ArrayLike<number>,
): { readonly k: Float64Array; readonly power: Float64Array } {
  const found = particleSpectrum(positions, { mesh: [cells, cells, cells], boxSize, edges, backend });
  return { k: found.k, power: found.multipoles[0]! };
}

/** Edges of bins at fractions of the Nyquist frequency of n particles along an axis. */
export function nyquistEdges(n: number, boxSize: number, fractions: readonly number[]): number[] {
  return fractions.map((fraction) => (fraction * Math.PI * n) / boxSize);
}

/** Largest |value − 1|. */
export function worst(ratios: Iterable<number>): number {
  return Math.max(...[...ratios].map((value) => Math.abs(value - 1)));
}
