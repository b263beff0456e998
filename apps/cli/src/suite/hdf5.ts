/**
 * Suites and snapshots as HDF5, through h5wasm. A snapshot has Gadget's layout (Springel 2005 and the users' guide of Gadget-2,
 * format 3): group Header with attributes, group PartType1 with Coordinates, Velocities and ParticleIDs, in kpc/h, km/s √a and
 * 1e10 M☉/h, which yt, Pylians, nbodykit and others read. Files appear whole or not at all.
 */
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  background,
  particleMass,
  type Snapshot,
  type SuiteOptions,
  wrapPositions,
} from '@equiflow/cosmo-sims';
import type { RowSource } from '@equiflow/io';
import type { File, Group } from 'h5wasm/node';
import { InputError } from '../errors.ts';
import type { SpectrumParameters } from './catalogues.ts';

/** Writes a file under another name beside it, and renames it. */
export async function writeHdf5(path: string, fill: (file: File) => void): Promise<void> {
  const { default: h5wasm, ready } = await import('h5wasm/node');
  await ready;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    const file = new h5wasm.File(temporary, 'w');
    try {
      fill(file);
    } finally {
      file.close();
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new InputError(
      `${path}: could not be written (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** Attributes of a group or a file: numbers as double, lists of numbers as arrays, text as text. */
function attributes(of: File | Group, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') of.create_attribute(name, value, null, '<d');
    else if (typeof value === 'string') of.create_attribute(name, value);
    else if (Array.isArray(value) && value.every((v) => typeof v === 'number')) {
      of.create_attribute(name, value, [value.length], '<d');
    } else of.create_attribute(name, JSON.stringify(value));
  }
}

/** The cosmology of a snapshot. */
export interface SnapshotCosmology {
  readonly omegaM: number;
  readonly h: number;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** What its linear spectrum was made with, kept in the group Parameters. */
  readonly parameters?: SpectrumParameters;
}

/** Writes one snapshot in Gadget's layout. */
export async function writeGadget(
  path: string,
  snapshot: Snapshot,
  cosmology: SnapshotCosmology,
): Promise<void> {
  const { positions, momenta, scaleFactor: a } = snapshot;
  const { omegaM, h, boxSize, parameters } = cosmology;
  const count = positions.length / 3;
  // Gadget's velocity is v/√a with v = a dx/dt = 100 p/a km/s.
  const speed = 100 / a ** 1.5;
  const coordinates = Float32Array.from(wrapPositions(positions, boxSize), (x) => 1000 * x);
  await writeHdf5(path, (file) => {
    const header = file.create_group('Header');
    const only = (value: number): number[] => [0, value, 0, 0, 0, 0];
    for (const name of ['NumPart_ThisFile', 'NumPart_Total'])
      header.create_attribute(name, only(count), [6], '<I');
    header.create_attribute('NumPart_Total_HighWord', only(0), [6], '<I');
    header.create_attribute('MassTable', only(particleMass(omegaM, boxSize, count) / 1e10), [6], '<d');
    const universe = background({ omegaM });
    const numbers = { Time: a, Redshift: 1 / a - 1, BoxSize: 1000 * boxSize, Omega0: omegaM };
    attributes(header, { ...numbers, OmegaLambda: universe.content.omegaDe, HubbleParam: h });
    for (const flag of ['Sfr', 'Cooling', 'StellarAge', 'Metals', 'Feedback', 'DoublePrecision']) {
      header.create_attribute(`Flag_${flag}`, 0, null, '<i');
    }
    header.create_attribute('NumFilesPerSnapshot', 1, null, '<i');
    if (parameters) attributes(file.create_group('Parameters'), { ...parameters });
    const particles = file.create_group('PartType1');
    const shape = [count, 3];
    particles.create_dataset({ name: 'Coordinates', data: coordinates, shape, dtype: '<f' });
    const velocities = Float32Array.from(momenta, (p) => speed * p);
    particles.create_dataset({ name: 'Velocities', data: velocities, shape, dtype: '<f' });
    const ids = Uint32Array.from({ length: count }, (_, i) => i + 1);
    particles.create_dataset({ name: 'ParticleIDs', data: ids, shape: [count], dtype: '<I' });
  });
}

/** A whole suite: its arrays as they lie on the disk, and the parameters. */
export interface SuiteArrays {
  readonly maps: RowSource;
  readonly linear: RowSource;
  /** θ of every simulation, row-major. */
  readonly theta: Float64Array;
}

/** Values that are in memory at a time. */
const BLOCK_VALUES = 1 << 22;

/** Writes rows as a dataset, a block at a time. */
function copyRows(file: File, name: string, source: RowSource, values: number): void {
  const { rows, rowSize, rowShape, shape } = source;
  const block = Math.max(1, Math.min(rows, Math.floor(values / rowSize)));
  const read = (from: number): Float32Array =>
    source.readRowsSync(from, Math.min(rows, from + block), 'float32');
  const first = { data: read(0), shape: [block, ...rowShape], dtype: '<f' as const };
  const size = [...shape];
  const dataset = file.create_dataset({ name, ...first, maxshape: size, chunks: [1, ...rowShape] });
  if (block === rows) return;
  dataset.resize(size);
  for (let from = block; from < rows; from += block) {
    const ranges = shape.map((length, axis): [number, number] =>
      axis === 0 ? [from, Math.min(rows, from + block)] : [0, length],
    );
    dataset.write_slice(ranges, read(from));
  }
}

/** Writes a suite as datasets `maps`, `linear` and `params`, its choices as attributes of the file; memory does not grow with it. @param blockValues values in memory at a time */
export async function writeSuiteHdf5(
  path: string,
  arrays: SuiteArrays,
  options: SuiteOptions,
  blockValues: number = BLOCK_VALUES,
): Promise<void> {
  const { count, names } = options;
  await writeHdf5(path, (file) => {
    attributes(file, { ...options });
    copyRows(file, 'maps', arrays.maps, blockValues);
    copyRows(file, 'linear', arrays.linear, blockValues);
    file.create_dataset({ name: 'params', data: arrays.theta, shape: [count, names.length], dtype: '<d' });
  });
}
