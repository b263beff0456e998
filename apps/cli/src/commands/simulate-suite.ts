/**
 * `equiflow simulate --kind nbody`: a suite of particle-mesh simulations and their projected maps, over all cores of a machine
 * or the tasks of a cluster; what was stopped goes on.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import {
  QUIJOTE_FIXED,
  SUITE_PARAMETERS,
  type SuiteOptions,
  shardRows,
  suiteSimulator,
} from '@equiflow/cosmo-sims';
import { openRows } from '@equiflow/io/node';
import { wasm } from '@equiflow/tensor-wasm';
import { EXIT, InputError } from '../errors.ts';
import { watchInterrupt } from '../interrupt.ts';
import type { Outcome } from '../outcome.ts';
import { progressBar } from '../progress.ts';
import type { HaloChoices } from '../suite/catalogues.ts';
import {
  isComplete,
  LINEAR,
  mergeSuite,
  missingRows,
  openSuite,
  type SuiteChoices,
} from '../suite/folder.ts';
import { writeSuiteHdf5 } from '../suite/hdf5.ts';
import { filesOf, requireLayout, type SuiteLayout } from '../suite/layouts.ts';
import { simulateHere, simulateWithWorkers } from '../suite/workers.ts';

/** Choices of the command. */
export interface SimulateSuiteOptions extends Omit<SuiteOptions, 'held'> {
  readonly set: Readonly<Record<string, number>>;
  readonly out: string;
  /** Processes; default as many as the machine runs at once. */
  readonly workers?: number;
  /** `i/n`: only every n-th simulation, from the i-th, and no merging. */
  readonly shard?: readonly [shard: number, shards: number];
  /** Files like those of a public suite. */
  readonly layout?: SuiteLayout;
  /** Keeps the particles of every simulation, in Gadget's layout. */
  readonly snapshots: boolean;
  /** Keeps catalogues of halos, found like this. */
  readonly halos?: HaloChoices;
  /** Writes `suite.hdf5` beside the other files. */
  readonly hdf5: boolean;
  /** Only checks and joins what shards have made. */
  readonly merge: boolean;
}

/** Quijote's values of what is not varied. */
const FIXED: Readonly<Record<string, number>> = {
  Omega_m: 0.3175,
  Omega_b: QUIJOTE_FIXED.omegaB,
  h: QUIJOTE_FIXED.h,
  n_s: QUIJOTE_FIXED.ns,
  sigma_8: 0.834,
};

/** Runs the command. */
export async function simulateSuite(given: SimulateSuiteOptions): Promise<Outcome> {
  const { set, out, workers = availableParallelism(), shard, merge, hdf5, ...rest } = given;
  if (shard && merge) throw new InputError('--merge joins all shards; leave --shard out');
  const names: readonly string[] = rest.names;
  const unknown = [...names, ...Object.keys(set)].find(
    (name) => !(SUITE_PARAMETERS as readonly string[]).includes(name),
  );
  if (unknown !== undefined) {
    throw new InputError(`--kind nbody has no parameter ${unknown}; it has ${SUITE_PARAMETERS.join(', ')}`);
  }
  const both = names.find((name) => name in set);
  if (both !== undefined)
    throw new InputError(`--set ${both}: ${both} varies already, by --prior; give it once`);
  const held = Object.fromEntries(
    Object.entries({ ...FIXED, ...set }).filter(([name]) => !names.includes(name)),
  );
  const options: SuiteChoices = { ...rest, held };
  requireLayout(options);
  // Refuses what makes no sense before anything is written.
  suiteSimulator(options, wasm()).theta(0);
  const folder = resolve(out);
  openSuite(folder, options);
  const { count, mapsPerSimulation } = options;
  const files = filesOf(options);
  const maps = join(out, files.maps);
  const params = join(out, files.params);
  const linear = join(out, LINEAR);
  const result = (lines: string[], extra: object): Outcome => ({
    lines,
    data: {
      out,
      maps,
      params,
      linear,
      ...options,
      ...extra,
    },
  });
  const finished = async (extra: object): Promise<Outcome> => {
    mergeSuite(folder);
    if (hdf5) await joinHdf5(folder, options);
    return result(
      [
        `${count * mapsPerSimulation} maps of ${count} simulations in ${maps}, their linear fields in ${linear}, parameters in ${params}`,
      ],
      extra,
    );
  };
  if (isComplete(folder) || merge) {
    return finished({ simulated: 0, seconds: 0 });
  }

  const [index, shards] = shard ?? [1, 1];
  const missing = missingRows(folder, shardRows(count, index, shards));
  const start = performance.now();
  const bar = progressBar('simulating', missing.length);
  const interrupt = watchInterrupt();
  let ended: boolean;
  try {
    const used = Math.min(workers, missing.length);
    const stop = (): boolean => interrupt.asked;
    const onRow = (done: number): void => bar.to(done);
    ended =
      used <= 1
        ? await simulateHere(folder, missing, onRow, stop)
        : await simulateWithWorkers(folder, { shard: index, shards, workers: used }, onRow, stop);
  } finally {
    interrupt.release();
    bar.end();
  }
  const seconds = (performance.now() - start) / 1000;
  const left = missingRows(folder, shardRows(count, index, shards)).length;
  const made = missing.length - left;
  if (!ended) {
    return {
      ...result([`stopped with ${left} simulations to go; the same command goes on`], {
        simulated: made,
        left,
        seconds,
      }),
      exitCode: EXIT.interrupted,
    };
  }
  if (shard) {
    return result(
      [
        `shard ${index}/${shards}: ${made} simulations made, all of its rows are there; --merge joins them when all shards are`,
      ],
      {
        simulated: made,
        seconds,
      },
    );
  }
  return finished({ simulated: made, seconds });
}

/** Writes a complete suite once more, as one HDF5 file. */
async function joinHdf5(folder: string, options: SuiteChoices): Promise<void> {
  const [maps, linear] = [filesOf(options).maps, LINEAR].map((name) => openRows(join(folder, name)));
  const simulator = suiteSimulator(options, wasm());
  const theta = Float64Array.from(
    Array.from({ length: options.count }, (_, index) => simulator.theta(index)).flat(),
  );
  try {
    await writeSuiteHdf5(join(folder, 'suite.hdf5'), { maps: maps!, linear: linear!, theta }, options);
  } finally {
    maps!.close();
    linear!.close();
  }
}
