/**
 * Snapshots in Gadget's HDF5 layout (Gadget-2's users' guide, format 3), as `simulate --snapshots` writes them and Gadget, Arepo and
 * FastPM do: dark matter particles, PartType1. Lengths in kpc/h as usual, or in another unit that the user names.
 */
import { FileFormatError } from '@equiflow/io';
import type { Dataset, File } from 'h5wasm/node';
import { openFile } from '../hdf5-rows.ts';
import type { Particles, SpectrumParameters } from './catalogues.ts';

/** Particles, and what the file says of their linear spectrum. */
export interface GadgetSnapshot extends Particles {
  readonly h: number;
  readonly parameters: Partial<SpectrumParameters>;
}

/**
 * Reads a snapshot.
 * @param unit Mpc/h in a unit of length of the file
 * @throws FileFormatError where it is none, or one of several files
 */
export function readGadget(path: string, unit: number): GadgetSnapshot {
  const file = openFile(path);
  try {
    return read(file, path, unit);
  } finally {
    file.close();
  }
}

function read(file: File, path: string, unit: number): GadgetSnapshot {
  const wrong = (what: string): FileFormatError =>
    new FileFormatError(path, `no snapshot in Gadget's layout: ${what}`, 'give an HDF5 snapshot of Gadget');
  const header = file.get('Header');
  if (header === null || !('attrs' in header)) throw wrong('it has no group Header');
  const number = (name: string): number => {
    const value = Number(header.attrs[name]?.value);
    if (!Number.isFinite(value)) throw wrong(`Header has no ${name}`);
    return value;
  };
  if (number('NumFilesPerSnapshot') !== 1) {
    throw new FileFormatError(
      path,
      `one of ${number('NumFilesPerSnapshot')} files of a snapshot`,
      'join them first, into one file',
    );
  }
  const floats = (name: string): Float32Array | Float64Array => {
    const dataset = file.get(`PartType1/${name}`) as Dataset | null;
    const values = dataset?.value;
    if (!(values instanceof Float32Array) && !(values instanceof Float64Array)) {
      throw wrong(`it has no PartType1/${name} of floats`);
    }
    return values;
  };
  const scaleFactor = number('Time');
  // Gadget's velocities are v/√a.
  const speed = Math.sqrt(scaleFactor);
  const positions = floats('Coordinates').map((x) => x * unit);
  const velocities = floats('Velocities').map((v) => v * speed);
  if (positions.length === 0 || positions.length % 3 !== 0 || velocities.length !== positions.length) {
    throw wrong(`${positions.length} coordinates and ${velocities.length} velocities`);
  }
  const group = file.get('Parameters');
  const found = group !== null && 'attrs' in group ? group.attrs : {};
  const parameters = Object.fromEntries(
    ['omegaB', 'h', 'ns', 'sigma8', 'transfer'].flatMap((name) => {
      const value = found[name]?.value;
      return typeof value === 'number' || typeof value === 'string' ? [[name, value]] : [];
    }),
  ) as Partial<SpectrumParameters>;
  return {
    ...{ positions, velocities, scaleFactor, parameters },
    boxSize: number('BoxSize') * unit,
    omegaM: number('Omega0'),
    h: number('HubbleParam'),
  };
}
