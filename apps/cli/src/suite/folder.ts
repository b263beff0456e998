/**
 * The folder of a suite while it is being made. Every simulation is one file, written whole or not at all, in `rows/`; a run
 * makes those that are missing, so that it goes on where another was stopped, at whatever moment and by whatever means. Several
 * machines may fill one folder. Merging checks that nothing is missing, joins the rows in their order, and ends with
 * `simulation.json`, which tells a complete suite.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteRow } from '@equiflow/cosmo-sims';
import { makeFolder, NpyWriter, readJson, readNpz, writeJsonAtomic, writeNpz } from '@equiflow/io/node';
import { InputError } from '../errors.ts';
import type { HaloChoices } from './catalogues.ts';
import { type LayoutOptions, suiteWriter } from './layouts.ts';

/** What defines a suite's folder. */
export interface SuiteChoices extends LayoutOptions {
  /** Whether the particles of every simulation are kept, in `snapshots/`. */
  readonly snapshots: boolean;
  /** How halos are found, where their catalogues are kept, in `halos/`. */
  readonly halos?: HaloChoices;
}

/** The file of the choices, written before the first row. */
export const CHOICES = 'suite.json';
/** What a complete suite holds. */
export const COMPLETE = 'simulation.json';
/** Linear fields of the maps, in every layout. */
export const LINEAR = 'linear.npy';
const ROWS = 'rows';
const SNAPSHOTS = 'snapshots';
const HALOS = 'halos';

/** True where the suite in the folder is complete. */
export function isComplete(folder: string): boolean {
  return existsSync(join(folder, COMPLETE));
}

/** The choices of the suite in a folder. @throws InputError where there is none */
export function readChoices(folder: string): SuiteChoices {
  const path = join(folder, CHOICES);
  if (!existsSync(path))
    throw new InputError(`${folder} holds no suite (${CHOICES} is missing); simulate one first`);
  return readJson(path) as SuiteChoices;
}

/**
 * Opens a folder for a suite: new, or one with the very same choices.
 * @throws InputError when it holds other files, or a suite of other choices, naming the first that differs
 */
export function openSuite(folder: string, options: SuiteChoices): void {
  const path = join(folder, CHOICES);
  if (!existsSync(path)) {
    if (existsSync(folder)) {
      const other = readdirSync(folder).find(
        (name) => !name.startsWith('.') && name !== CHOICES && ![ROWS, SNAPSHOTS, HALOS].includes(name),
      );
      if (other !== undefined) {
        throw new InputError(`--out ${folder} holds other files (${other}); choose another folder`);
      }
    }
    makeFolder(join(folder, ROWS));
    // Shards that start together write the same bytes.
    writeJsonAtomic(path, options);
  }
  const before = readChoices(folder) as unknown as Record<string, unknown>;
  const now = JSON.parse(JSON.stringify(options)) as Record<string, unknown>;
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (JSON.stringify(before[name]) !== JSON.stringify(now[name])) {
      throw new InputError(
        `--out ${folder} holds a suite with ${name} = ${JSON.stringify(before[name])}, not ${JSON.stringify(now[name])}; give the same choices to go on, or another folder`,
      );
    }
  }
  if (!isComplete(folder)) makeFolder(join(folder, ROWS));
  if (options.snapshots) makeFolder(join(folder, SNAPSHOTS));
  if (options.halos) makeFolder(join(folder, HALOS));
}

/** Where the halos of a row are. */
export function cataloguePath(folder: string, index: number): string {
  return join(folder, HALOS, `${String(index).padStart(7, '0')}.npz`);
}

/** Where the particles of a row are. */
export function snapshotPath(folder: string, index: number): string {
  return join(folder, SNAPSHOTS, `${String(index).padStart(7, '0')}.hdf5`);
}

function rowPath(folder: string, index: number): string {
  return join(folder, ROWS, `${String(index).padStart(7, '0')}.npz`);
}

/** Of the given rows, those that are not there yet. */
export function missingRows(folder: string, rows: readonly number[]): number[] {
  return rows.filter((index) => !existsSync(rowPath(folder, index)));
}

/** How many of a suite's rows are there. */
export function rowsDone(folder: string): number {
  return readdirSync(join(folder, ROWS)).filter((name) => /^\d+\.npz$/.test(name)).length;
}

/** Writes a row, whole or not at all. */
export function writeRow(folder: string, { index, theta, maps, linear }: SuiteRow): void {
  writeNpz(rowPath(folder, index), {
    theta: { data: Float64Array.from(theta), shape: [theta.length] },
    maps: { data: maps, shape: [maps.length] },
    linear: { data: linear, shape: [linear.length] },
  });
}

/**
 * Joins all rows into the files of the suite's layout, `linear.npy` and `simulation.json`, and removes them.
 * @throws InputError naming rows that are missing; nothing is changed then
 */
export function mergeSuite(folder: string): { maps: number } {
  const options = readChoices(folder);
  const { count, mapSize, mapsPerSimulation, dimensions = 2 } = options;
  if (isComplete(folder)) {
    rmSync(join(folder, ROWS), { recursive: true, force: true });
    return { maps: count * mapsPerSimulation };
  }
  const all = Array.from({ length: count }, (_, index) => index);
  const missing = missingRows(folder, all);
  if (missing.length > 0) {
    const shown = missing.slice(0, 8).join(', ') + (missing.length > 8 ? ', …' : '');
    throw new InputError(
      `${folder}: ${missing.length} of ${count} simulations are missing (${shown}); make them with the same command without --merge`,
    );
  }
  const rowShape = Array.from({ length: dimensions }, () => mapSize);
  const suite = suiteWriter(folder, options);
  const linear = new NpyWriter(join(folder, LINEAR), { dtype: 'f4', rowShape });
  try {
    for (const index of all) {
      const row = readNpz(rowPath(folder, index));
      const fields = row.get('linear')!.data as Float32Array;
      suite.add(index, row.get('theta')!.data as Float64Array, row.get('maps')!.data as Float32Array);
      const cells = fields.length / mapsPerSimulation;
      for (let map = 0; map < mapsPerSimulation; map++)
        linear.append(fields.subarray(map * cells, (map + 1) * cells));
    }
    suite.close();
    linear.close();
  } catch (error) {
    suite.abort();
    linear.abort();
    throw error;
  }
  writeJsonAtomic(join(folder, COMPLETE), { kind: 'nbody', ...options });
  rmSync(join(folder, ROWS), { recursive: true, force: true });
  return { maps: count * mapsPerSimulation };
}
