/**
 * Catalogues of the most massive halos of small N-body boxes, for flows of marked points. Every box is a row of a Sobol design
 * in (Ω_m, σ_8) and a function of the choices and its index alone, so that a stopped simulation goes on to the same numbers.
 */
import { existsSync } from 'node:fs';
import { friendsOfFriends, particleMass, type SuiteOptions, suiteSimulator } from '@equiflow/cosmo-sims';
import { wrapHalos } from '@equiflow/flows';
import { FileFormatError } from '@equiflow/io';
import { readSafetensors, writeSafetensors } from '@equiflow/io/node';
import { foldIn, key, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from '../errors.ts';
import type { Interrupt } from '../interrupt.ts';
import { clock, progressBar } from '../progress.ts';

/** Uniform prior of (Ω_m, σ_8): Quijote's Latin hypercube. */
export const HALO_PRIOR: { readonly low: readonly number[]; readonly high: readonly number[] } = {
  low: [0.1, 0.6],
  high: [0.5, 1],
};

/** What defines the catalogues. */
export interface CatalogueChoices {
  readonly boxes: number;
  /** N, halos of a catalogue: the most massive of its box. */
  readonly halos: number;
  /** Mpc/h */
  readonly boxSize: number;
  /** Particles along an axis. */
  readonly particles: number;
  /** Time steps. */
  readonly steps: number;
  readonly seed: number;
}

/** Catalogues. */
export interface Catalogues {
  /** Positions, Mpc/h, and ln(M / (M☉/h)), row-major [boxes, N, 4]. */
  readonly values: Float64Array;
  /** (Ω_m, σ_8), [boxes, 2]. */
  readonly thetas: Float64Array;
}

const SECONDS_BETWEEN_FILES = 20;
/** Fewest particles of a halo. */
const MINIMUM = 8;

function suiteOf({ boxes, boxSize, particles, steps, seed }: CatalogueChoices): SuiteOptions {
  return {
    names: ['Omega_m', 'sigma_8'],
    ...HALO_PRIOR,
    held: { Omega_b: 0.049, h: 0.6711, n_s: 0.9624 },
    design: 'sobol',
    count: boxes,
    seed,
    transfer: 'eh98',
    boxSize,
    particles,
    meshFactor: 2,
    window: 'tsc',
    scheme: 'fastpm',
    steps,
    startRedshift: 9,
    redshift: 0,
    amplitudes: 'random',
    mapSize: 2,
    mapsPerSimulation: 1,
    depth: boxSize,
  };
}

/**
 * Simulates the boxes that the file does not hold yet, saying beforehand how long it takes; null when it was interrupted.
 *
 * Masses are whole numbers of particles, and the particles' mass tells Ω_m: a density could have a peak at each of them. So every
 * mass gets a uniform draw of one particle's mass, centred at 0, before the logarithm.
 * @throws InputError for a box with fewer halos than are asked for.
 */
export async function haloCatalogues(
  file: string,
  choices: CatalogueChoices,
  interrupt: Interrupt,
): Promise<Catalogues | null> {
  const { boxes, halos, boxSize, particles, seed } = choices;
  const values = new Float64Array(boxes * halos * 4);
  const thetas = new Float64Array(boxes * 2);
  let done = load(file, choices, values, thetas);
  if (done === boxes) return { values, thetas };
  const simulator = suiteSimulator(suiteOf(choices), wasm());
  const save = (): void => {
    const tensors = {
      values: { shape: [boxes, halos, 4], data: values },
      thetas: { shape: [boxes, 2], data: thetas },
    };
    writeSafetensors(file, tensors, { equiflow: JSON.stringify({ catalogues: choices, done }) });
  };
  const start = performance.now();
  const first = done;
  let savedAt = start;
  const bar = progressBar('boxes', boxes);
  while (done < boxes && !interrupt.asked) {
    const theta = simulator.theta(done);
    const { positions } = simulator.snapshot(done);
    const omegaM = theta[0]!;
    const found = friendsOfFriends(positions, { boxSize, minimum: MINIMUM, omegaM });
    if (found.count < halos) {
      throw new InputError(
        `box ${done} (Omega_m ${omegaM.toFixed(3)}, sigma_8 ${theta[1]!.toFixed(3)}) has ${found.count} halos of at least ${MINIMUM} particles, --halos ${halos}; give fewer, more --particles or a larger --box-size`,
      );
    }
    const draws = randomUniform(foldIn(foldIn(key(seed), 11), done), [halos], 'float64');
    const unit = particleMass(omegaM, boxSize, particles ** 3);
    for (let halo = 0; halo < halos; halo++) {
      const at = (done * halos + halo) * 4;
      values.set(found.positions.subarray(3 * halo, 3 * halo + 3), at);
      values[at + 3] = Math.log(found.masses[halo]! + unit * (draws[halo]! - 0.5));
    }
    thetas.set(theta, 2 * done);
    done++;
    const now = performance.now();
    if (done === first + 3 || (done === boxes && done < first + 3)) {
      const seconds = ((now - start) / 1000 / (done - first)) * (boxes - done);
      process.stderr.write(
        `${boxes - done} boxes of ${particles}³ particles to simulate: about ${clock(seconds)}\n`,
      );
    }
    bar.to(done);
    if (now - savedAt > 1000 * SECONDS_BETWEEN_FILES) {
      save();
      savedAt = now;
    }
    // Lets signals through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  bar.end();
  save();
  return done === boxes ? { values, thetas } : null;
}

/** How many boxes the file holds; fills the arrays. */
function load(file: string, choices: CatalogueChoices, values: Float64Array, thetas: Float64Array): number {
  if (!existsSync(file)) return 0;
  const { tensors, metadata } = readSafetensors(file);
  const header = JSON.parse(metadata.equiflow ?? '{}') as { catalogues?: CatalogueChoices; done?: number };
  if (!header.catalogues || header.done === undefined) {
    throw new FileFormatError(file, 'no halo catalogues', 'name another --out');
  }
  for (const [name, value] of Object.entries(choices)) {
    const before = header.catalogues[name as keyof CatalogueChoices];
    if (before !== value) {
      throw new InputError(
        `${file} holds catalogues with ${name} ${before}, not ${value}; repeat that, or choose another --out`,
      );
    }
  }
  values.set(tensors.get('values')!.data as Float64Array);
  thetas.set(tensors.get('thetas')!.data as Float64Array);
  return header.done;
}

/** Units of a flow: the mean distance of halos is 1, and ln M has mean 0 and deviation 1 over the catalogues it was made of. */
export interface HaloUnits {
  /** Mpc/h to flow units. */
  readonly scale: number;
  /** Sides of the box in flow units. */
  readonly box: readonly [number, number, number];
  readonly mean: number;
  readonly deviation: number;
  /** To be added to a log-density in flow units for one a (Mpc/h)³ and a unit of ln M, each halo. */
  readonly logJacobian: number;
}

/** Units from catalogues [boxes, N, 4] in a box of `boxSize` Mpc/h. */
export function haloUnits(values: Float64Array, halos: number, boxSize: number): HaloUnits {
  const side = Math.cbrt(halos);
  const scale = side / boxSize;
  const count = values.length / 4;
  let [mean, square] = [0, 0];
  for (let i = 3; i < values.length; i += 4) mean += values[i]! / count;
  for (let i = 3; i < values.length; i += 4) square += (values[i]! - mean) ** 2 / count;
  const deviation = Math.sqrt(square);
  const logJacobian = halos * (3 * Math.log(scale) - Math.log(deviation));
  return { scale, box: [side, side, side], mean, deviation, logJacobian };
}

/** Catalogues in the units of a flow. */
export function toUnits(values: Float64Array, { scale, mean, deviation }: HaloUnits): Float64Array {
  return values.map((value, i) => (i % 4 === 3 ? (value - mean) / deviation : value * scale));
}

/** Samples of a flow as catalogues: in the box, Mpc/h and ln M. */
export function fromUnits(samples: Float64Array, { scale, box, mean, deviation }: HaloUnits): Float64Array {
  const wrapped = samples.slice();
  wrapHalos(wrapped, box);
  return wrapped.map((value, i) => (i % 4 === 3 ? value * deviation + mean : value / scale));
}

/** Mean number of pairs of a catalogue that are closer than each radius, around the box. */
export function meanPairs(
  values: Float64Array,
  halos: number,
  boxSize: number,
  radii: readonly number[],
): number[] {
  const width = 4 * halos;
  const catalogues = values.length / width;
  const pairs = radii.map(() => 0);
  for (let start = 0; start < values.length; start += width) {
    for (let a = 0; a < halos; a++) {
      for (let b = 0; b < a; b++) {
        let squared = 0;
        for (let axis = 0; axis < 3; axis++) {
          const apart = values[start + 4 * a + axis]! - values[start + 4 * b + axis]!;
          squared += (apart - boxSize * Math.round(apart / boxSize)) ** 2;
        }
        radii.forEach((radius, i) => {
          if (squared < radius * radius) pairs[i]! += 1 / catalogues;
        });
      }
    }
  }
  return pairs;
}
