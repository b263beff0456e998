/**
 * All cores at work on one suite: one process of this command a core, each with its share of the missing rows. A row is the same
 * whoever makes it, so that the bytes do not depend on their number. A process whose parent has died ends after its row.
 */
import { fork } from 'node:child_process';
import { type Snapshot, type SuiteParameter, shardRows, suiteSimulator } from '@equiflow/cosmo-sims';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from '../errors.ts';
import { arraysOf, findHalos, type HaloChoices, writeCatalogue } from './catalogues.ts';
import {
  cataloguePath,
  missingRows,
  readChoices,
  type SuiteChoices,
  snapshotPath,
  writeRow,
} from './folder.ts';
import { type SnapshotCosmology, writeGadget } from './hdf5.ts';
import { WORKER } from './worker-name.ts';

/** The cosmology of a row. */
function cosmologyOf(choices: SuiteChoices, theta: readonly number[]): SnapshotCosmology {
  const value = (name: SuiteParameter): number => choices.held[name] ?? theta[choices.names.indexOf(name)]!;
  const { boxSize, transfer } = choices;
  return {
    omegaM: value('Omega_m'),
    h: value('h'),
    boxSize,
    parameters: {
      ...{ omegaB: value('Omega_b'), h: value('h'), ns: value('n_s'), sigma8: value('sigma_8') },
      transfer: transfer as 'eh98' | 'eh98-nowiggle' | 'bbks',
    },
  };
}

/** Finds the halos of a row and writes their catalogue. */
async function writeHalos(
  path: string,
  { positions, momenta, scaleFactor }: Snapshot,
  { omegaM, boxSize }: SnapshotCosmology,
  choices: HaloChoices,
): Promise<void> {
  const velocities = Float64Array.from(momenta, (p) => (100 * p) / scaleFactor);
  const halos = findHalos({ positions, velocities, boxSize, omegaM, scaleFactor }, choices);
  await writeCatalogue(path, arraysOf(halos, null), {});
}

/**
 * Makes rows here, in this process.
 * @param stop asked between rows
 * @returns whether it came to the end
 */
export async function simulateHere(
  folder: string,
  rows: readonly number[],
  onRow: (done: number) => void,
  stop: () => boolean,
): Promise<boolean> {
  const choices = readChoices(folder);
  const simulator = suiteSimulator(choices, wasm());
  for (const [done, index] of rows.entries()) {
    if (stop()) return false;
    // Somebody else may have made it since.
    if (missingRows(folder, [index]).length > 0) {
      const particles = simulator.snapshot(index);
      const cosmology = cosmologyOf(choices, simulator.theta(index));
      if (choices.snapshots) await writeGadget(snapshotPath(folder, index), particles, cosmology);
      if (choices.halos) await writeHalos(cataloguePath(folder, index), particles, cosmology, choices.halos);
      writeRow(folder, simulator.mapsOf(index, particles));
    }
    onRow(done + 1);
    // Lets signals and messages through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return true;
}

/** A worker's whole life: `suite-worker FOLDER SHARD SHARDS WORKER WORKERS`. */
export async function runWorker(words: readonly string[]): Promise<void> {
  const [folder, ...numbers] = words as [string, ...string[]];
  const [shard, shards, worker, workers] = numbers.map(Number) as [number, number, number, number];
  let orphaned = false;
  process.on('disconnect', () => {
    orphaned = true;
  });
  const mine = shardRows(readChoices(folder).count, shard, shards).filter((_, i) => i % workers === worker);
  try {
    await simulateHere(
      folder,
      missingRows(folder, mine),
      (done) => process.send?.(done),
      () => orphaned,
    );
  } finally {
    // An open channel would keep a worker that failed alive.
    if (process.connected) process.disconnect();
  }
}

/**
 * Makes the rows of a shard with several processes.
 * @returns whether it came to the end
 * @throws InputError with the first worker's message
 */
export async function simulateWithWorkers(
  folder: string,
  { shard, shards, workers }: { shard: number; shards: number; workers: number },
  onRow: (done: number) => void,
  stop: () => boolean,
): Promise<boolean> {
  // The program that runs now: this command itself.
  const program = process.argv[1]!;
  const done = new Array<number>(workers).fill(0);
  const children = Array.from({ length: workers }, (_, worker) => {
    const child = fork(program, [WORKER, folder, ...[shard, shards, worker, workers].map(String)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.on('message', (count: number) => {
      done[worker] = count;
      onRow(done.reduce((a, b) => a + b, 0));
    });
    return child;
  });
  const watch = setInterval(() => {
    if (stop()) for (const child of children) if (child.connected) child.disconnect();
  }, 100);
  try {
    await Promise.all(
      children.map(
        (child) =>
          new Promise<void>((resolve, reject) => {
            let said = '';
            child.stderr!.on('data', (text: Buffer) => {
              said += text.toString();
            });
            child.once('error', reject);
            child.once('close', (code, signal) => {
              if (code === 0) resolve();
              else
                reject(
                  new InputError(
                    `a worker ended with ${signal ?? `code ${code}`}: ${said.trim().split('\n').at(-1) ?? ''}; run the same command again to go on`,
                  ),
                );
            });
          }),
      ),
    );
  } finally {
    clearInterval(watch);
    for (const child of children) if (child.connected) child.disconnect();
  }
  return !stop();
}
