/** Configurations to train and test on: of our own sampler, or of a .npy; without their centres of mass. */
import { existsSync } from 'node:fs';
import {
  type ChainReport,
  type ParticleSystem,
  parallelTempering,
  removeCentreOfMass,
  reportChains,
} from '@equiflow/flows';
import { openNpy, writeNpy } from '@equiflow/io/node';
import { foldIn, key } from '@equiflow/tensor';
import { InputError } from '../errors.ts';
import { clock, progressBar } from '../progress.ts';

/** Independent groups of walkers; each makes a chain of the data. */
const CHAINS = 50;
const BURN_IN = 400;

/** Sweeps between two that are kept, plus one: some autocorrelation times of the energy. */
const THIN = { dw4: 5, lj13: 6 } as const;

/** A set of configurations, [count, M, n], with what its chains tell where we sampled it. */
export interface ParticleData {
  readonly values: Float32Array;
  readonly count: number;
  readonly report: ChainReport | null;
}

/**
 * Reads configurations [rows, M · n] or [rows, M, n] of a .npy and subtracts their centres of mass.
 * @throws InputError where the file does not fit or has fewer rows than are asked for.
 */
export function readConfigurations(
  flag: string,
  file: string,
  { energy }: ParticleSystem,
  count?: number,
): ParticleData {
  const { particles, dimensions } = energy;
  const width = particles * dimensions;
  const npy = openNpy(file);
  try {
    const [rows, ...rest] = npy.shape as [number, ...number[]];
    const fits = rest.join() === `${width}` || rest.join() === `${particles},${dimensions}`;
    if (!fits) {
      throw new InputError(
        `${flag} ${file}: an array (${npy.shape.join(', ')}); ${energy.name} needs (rows, ${width}) or (rows, ${particles}, ${dimensions})`,
      );
    }
    if (count !== undefined && rows < count) {
      throw new InputError(`${flag} ${file}: ${rows} configurations; ${count} are asked for`);
    }
    const taken = count ?? rows;
    const indices = Array.from({ length: taken }, (_, row) => row);
    // In double, until the centre is subtracted.
    const exact = Float64Array.from(npy.gatherRowsSync(indices) as ArrayLike<number>);
    if (exact.some((value) => !Number.isFinite(value))) {
      throw new InputError(`${flag} ${file}: holds values that are not finite; remove those rows`);
    }
    removeCentreOfMass(exact, particles, dimensions);
    return { values: Float32Array.from(exact), count: taken, report: null };
  } finally {
    npy.close();
  }
}

/**
 * Samples configurations in equilibrium, saying first how long it takes, and keeps them in a .npy; reads that file where
 * it is there.
 * @param purpose number of the draw under the seed: training and test data differ.
 */
export function sampleConfigurations(
  file: string,
  system: ParticleSystem,
  count: number,
  seed: number,
  purpose: number,
): ParticleData {
  const { energy } = system;
  if (existsSync(file)) {
    return readConfigurations('--out', file, system, count);
  }
  const groups = Math.min(CHAINS, Math.max(2, Math.floor(count / 20)));
  const options = {
    energy,
    ladder: system.samplingLadder(),
    key: foldIn(foldIn(key(seed), 100), purpose),
    groups,
    sweeps: Math.ceil(count / groups),
    burnIn: BURN_IN,
    thin: THIN[energy.name as keyof typeof THIN],
  };
  const trial = { ...options, sweeps: 1, burnIn: 19, thin: 1 };
  // Not timed: code that has just been loaded is several times slower.
  parallelTempering(trial);
  const start = performance.now();
  parallelTempering(trial);
  const perSweep = (performance.now() - start) / 1000 / 20;
  const total = perSweep * (options.burnIn + options.sweeps * options.thin);
  process.stderr.write(`${energy.name}: sampling ${count} configurations: about ${clock(total)}\n`);
  const bar = progressBar('sampling', 1);
  const chains = parallelTempering({ ...options, onProgress: (share) => bar.to(share) });
  bar.end();
  const report = reportChains(energy, chains.samples, groups);
  const width = energy.particles * energy.dimensions;
  const values = Float32Array.from(chains.samples.subarray(0, count * width));
  writeNpy(file, values, [count, energy.particles, energy.dimensions]);
  // What a later run will read, to the bit.
  return { ...readConfigurations('--out', file, system, count), report };
}
