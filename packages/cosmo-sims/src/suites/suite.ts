/**
 * A suite of simulations, one a row of a design: from the index of a row to its parameters, maps and linear maps. A row is a
 * function of the choices and its index alone, so that workers, shards and resumed runs give the same bytes.
 */
import type { PaintWindow } from '@equiflow/fft-mesh';
import { type Backend, foldIn, key } from '@equiflow/tensor';
import { overdensity, resampleField, slabMean, slabOverdensity } from '../fields/overdensity.ts';
import { growth } from '../growth.ts';
import { whiteNoise } from '../initial-conditions/white-noise.ts';
import { type LinearPowerOptions, linearPower } from '../linear-power.ts';
import { type ParticleMesh, particleMesh, type Snapshot } from '../nbody/particle-mesh.ts';
import { type DesignKind, parameterDesign } from './design.ts';

/** The parameters of a suite, by the names that tables have. */
export const SUITE_PARAMETERS = ['Omega_m', 'Omega_b', 'h', 'n_s', 'sigma_8'] as const;

/** The name of a parameter. */
export type SuiteParameter = (typeof SUITE_PARAMETERS)[number];

/** What defines a suite; plain data, to be saved beside it. */
export interface SuiteOptions {
  /** Parameters that vary, in the order of θ. */
  readonly names: readonly SuiteParameter[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Values of all others. */
  readonly held: Readonly<Partial<Record<SuiteParameter, number>>>;
  readonly design: DesignKind;
  /** Number of simulations. */
  readonly count: number;
  readonly seed: number;
  readonly transfer: Extract<LinearPowerOptions['transfer'], string>;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Particles along an axis. */
  readonly particles: number;
  readonly meshFactor: 1 | 2 | 3;
  readonly window: PaintWindow;
  readonly scheme: 'fastpm' | 'cola';
  /** Time steps, uniform in a. */
  readonly steps: number;
  /** Redshift of the initial conditions, and of the maps. */
  readonly startRedshift: number;
  readonly redshift: number;
  readonly amplitudes: 'random' | 'fixed';
  /** Cells of a map along an axis. */
  readonly mapSize: number;
  /** Axes of a map: 2 (default), slabs; 3, one cube of the whole box a simulation. */
  readonly dimensions?: 2 | 3;
  /** Maps of a simulation: slabs along the three axes in turn, each further into the box. */
  readonly mapsPerSimulation: number;
  /** Depth of a slab, Mpc/h. */
  readonly depth: number;
}

/** One simulation of a suite. */
export interface SuiteRow {
  readonly index: number;
  /** θ, in the order of `names`. */
  readonly theta: readonly number[];
  /** Overdensity of each slab, or of the cube, row-major, one after the other. */
  readonly maps: Float32Array;
  /** Linear overdensity, grown to the redshift of the maps, of the same slabs and seed. */
  readonly linear: Float32Array;
}

/** Simulates rows. */
export interface SuiteSimulator {
  readonly options: SuiteOptions;
  /** θ of a row. */
  theta(index: number): number[];
  /** Maps of a row whose particles are known. */
  mapsOf(index: number, particles: Snapshot): SuiteRow;
  /** @param onStep told of the stages done */
  simulate(index: number, onStep?: (done: number, total: number) => void): SuiteRow;
  /** The particles of a row, for catalogues and snapshots. */
  snapshot(index: number, onStep?: (done: number, total: number) => void): Snapshot;
}

/** Number of the purpose of a draw, folded into the key of the seed. */
const NOISE = 3;

/**
 * The simulator of a suite. Compiles once; every row runs on the same executables.
 *
 * @throws RangeError naming what makes no sense: a parameter that is missing, unknown, or varied and held, a range without
 *   universes, or slabs that do not fit into the box
 */
export function suiteSimulator(options: SuiteOptions, backend: Backend): SuiteSimulator {
  const { names, held, boxSize, particles, mapSize, mapsPerSimulation, depth, seed } = options;
  for (const name of SUITE_PARAMETERS) {
    const ways = Number(names.includes(name)) + Number(held[name] !== undefined);
    if (ways !== 1) {
      throw new RangeError(
        `suite: parameter ${name} is ${ways === 0 ? 'neither varied nor held' : 'both varied and held'}; do one of them`,
      );
    }
  }
  const unknown = [...names, ...Object.keys(held)].find(
    (name) => !SUITE_PARAMETERS.includes(name as SuiteParameter),
  );
  if (unknown !== undefined) {
    throw new RangeError(`suite: no parameter ${unknown}; there are ${SUITE_PARAMETERS.join(', ')}`);
  }
  const { low, high, design, count } = options;
  const rows = parameterDesign({ kind: design, low, high, count, seed });
  requireUniverses(options);
  if (!(depth > 0 && depth <= boxSize)) {
    throw new RangeError(
      `suite: slabs of depth ${depth} Mpc/h; give more than 0 and at most the box, ${boxSize} Mpc/h`,
    );
  }
  const most = 3 * Math.floor(boxSize / depth + 1e-9);
  if (!(mapsPerSimulation >= 1 && mapsPerSimulation <= most)) {
    throw new RangeError(
      `suite: ${mapsPerSimulation} maps a simulation of depth ${depth} Mpc/h; a box of ${boxSize} Mpc/h holds 1 to ${most} along its three axes`,
    );
  }
  if (!Number.isInteger(mapSize) || mapSize < 2) {
    throw new RangeError(`suite: maps of ${mapSize} cells a side; give a whole number ≥ 2`);
  }
  const { dimensions = 2 } = options;
  if (dimensions === 3 && (mapsPerSimulation !== 1 || depth !== boxSize)) {
    throw new RangeError(
      `suite of cubes: ${mapsPerSimulation} maps a simulation of depth ${depth} Mpc/h; a simulation has one cube, of depth ${boxSize} Mpc/h`,
    );
  }
  let compiled: ParticleMesh | undefined;

  const snapshot: SuiteSimulator['snapshot'] = (index, onStep) => {
    const theta = rows(index);
    const value = (name: SuiteParameter): number => held[name] ?? theta[names.indexOf(name)]!;
    const omegaM = value('Omega_m');
    const matter = linearPower({
      ...{ omegaM, omegaB: value('Omega_b'), h: value('h'), ns: value('n_s'), sigma8: value('sigma_8') },
      transfer: options.transfer,
    });
    const { meshFactor, window, scheme, steps, amplitudes } = options;
    compiled ??= particleMesh({ particles, boxSize, meshFactor, window, scheme, backend });
    const noise = whiteNoise({
      ...{ mesh: compiled.lattice, amplitudes, backend },
      key: foldIn(foldIn(key(seed), NOISE), index),
    });
    return compiled.run({
      noise,
      power: matter.power,
      growth: growth({ omegaM }, 'today'),
      start: 1 / (1 + options.startRedshift),
      end: 1 / (1 + options.redshift),
      steps,
      ...(onStep ? { onStep } : {}),
    });
  };
  const mapsOf: SuiteSimulator['mapsOf'] = (index, { positions, linear, scaleFactor }) => {
    const theta = rows(index);
    const omegaM = held.Omega_m ?? theta[names.indexOf('Omega_m')]!;
    const grown = growth({ omegaM }, 'today').factor(scaleFactor);
    const lattice = [particles, particles, particles];
    if (dimensions === 3) {
      const mesh = [mapSize, mapSize, mapSize];
      const same = mapSize === particles;
      const resampled = same ? linear : resampleField(linear, { mesh: lattice, to: mesh, backend });
      return {
        ...{ index, theta },
        maps: Float32Array.from(overdensity(positions, { mesh, boxSize, backend })),
        linear: Float32Array.from(resampled, (value) => value * grown),
      };
    }
    const cells = mapSize * mapSize;
    const maps = new Float32Array(mapsPerSimulation * cells);
    const linearMaps = new Float32Array(maps.length);
    for (let map = 0; map < mapsPerSimulation; map++) {
      const slab = { axis: (map % 3) as 0 | 1 | 2, from: Math.floor(map / 3) * depth, depth };
      const mesh = [mapSize, mapSize];
      maps.set(slabOverdensity(positions, { mesh, boxSize, backend, ...slab }), map * cells);
      const mean = slabMean(linear, { mesh: lattice, boxSize, ...slab });
      const resampled =
        mapSize === particles ? mean : resampleField(mean, { mesh: lattice.slice(1), to: mesh, backend });
      linearMaps.set(
        resampled.map((value) => value * grown),
        map * cells,
      );
    }
    return { index, theta, maps, linear: linearMaps };
  };
  return {
    options,
    theta: rows,
    snapshot,
    mapsOf,
    simulate: (index, onStep) => mapsOf(index, snapshot(index, onStep)),
  };
}

/** @throws RangeError naming a parameter whose range reaches where there is no universe, before hours of simulations find it */
function requireUniverses({ names, low, high, held }: SuiteOptions): void {
  const bound = (name: SuiteParameter, of: readonly number[]): number =>
    held[name] ?? of[names.indexOf(name)]!;
  for (const name of ['Omega_m', 'h', 'sigma_8'] as const) {
    const least = bound(name, low);
    if (!(least > 0)) throw new RangeError(`suite: ${name} = ${least}; give values above 0`);
  }
  const [least, baryons, matter] = [bound('Omega_b', low), bound('Omega_b', high), bound('Omega_m', low)];
  if (!(least >= 0 && baryons < matter)) {
    throw new RangeError(
      `suite: Omega_b from ${least} to ${baryons}, Omega_m from ${matter}; give baryons of at least 0 and less than all matter`,
    );
  }
}

/** Rows of shard i of n, 1 ≤ i ≤ n: every n-th. @throws RangeError on shards that make no sense */
export function shardRows(count: number, shard: number, shards: number): number[] {
  if (!Number.isInteger(shards) || shards < 1 || !Number.isInteger(shard) || shard < 1 || shard > shards) {
    throw new RangeError(`shard ${shard}/${shards}: give i/n with 1 ≤ i ≤ n`);
  }
  return Array.from({ length: count }, (_, i) => i).filter((i) => i % shards === shard - 1);
}
