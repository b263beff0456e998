/**
 * Maps and parameters out of HDF5 files, such as the `suite.hdf5` of `simulate --hdf5`, read in slices. The library is WebAssembly
 * that has to be compiled first: `loadHdf5` before files are opened.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import {
  FileError,
  FileFormatError,
  type FloatArrays,
  type FloatKind,
  type NpyDtype,
  type NumericTable,
  type RowSource,
} from '@equiflow/io';
import type { Dataset, File } from 'h5wasm/node';

/** True for the name of an HDF5 file. */
export function isHdf5(path: string): boolean {
  return /\.(h5|hdf5)$/i.test(path);
}

let library: typeof import('h5wasm/node').default | undefined;

/** Compiles the library, once. */
export async function loadHdf5(): Promise<void> {
  if (library) return;
  const { default: h5wasm, ready } = await import('h5wasm/node');
  await ready;
  library = h5wasm;
}

/** Opens a file for reading. @throws FileError where it is missing, or no HDF5 */
export function openFile(path: string): File {
  if (!library) throw new Error('loadHdf5 has to be awaited before HDF5 files are opened');
  if (!existsSync(path)) throw new FileError(path, 'no such file or folder', 'check the path');
  if (statSync(path).isDirectory()) throw new FileError(path, 'is a folder', 'name a file');
  // The library itself complains at length, and goes on.
  if (!hasSignature(path)) throw new FileFormatError(path, 'no HDF5 file', 'check where it comes from');
  return new library.File(path, 'r');
}

/** True where a superblock begins, which may be at byte 0, 512, 1024, … (HDF5 file format, II.A). */
function hasSignature(path: string): boolean {
  const wanted = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  const descriptor = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(wanted.length);
    return [0, 512, 1024, 2048].some(
      (at) =>
        readSync(descriptor, bytes, 0, bytes.length, at) === bytes.length &&
        wanted.every((byte, i) => bytes[i] === byte),
    );
  } finally {
    closeSync(descriptor);
  }
}

/** A dataset of a file. @throws FileFormatError naming those that are there */
function datasetOf(file: File, path: string, name: string): Dataset {
  const found = file.get(name);
  if (found === null || !('shape' in found) || !('slice' in found)) {
    throw new FileFormatError(
      path,
      `has no dataset '${name}' (it has ${file.keys().join(', ')})`,
      'say which one with --array',
    );
  }
  return found;
}

const DTYPES: Readonly<Record<string, NpyDtype>> = { '<f': 'f4', '<d': 'f8' };

/**
 * Opens a dataset by rows.
 * @param member name of the dataset, `maps` by default
 * @throws FileFormatError where it is missing, or holds no floats of 32 or 64 bits
 */
export function openHdf5Rows(path: string, member: string = 'maps'): RowSource {
  const file = openFile(path);
  const dataset = datasetOf(file, path, member);
  const dtype = DTYPES[String(dataset.dtype)];
  const shape = dataset.shape ?? [];
  const [rows = 0, ...rowShape] = shape;
  if (dtype === undefined || rowShape.length === 0) {
    throw new FileFormatError(
      path,
      `dataset '${member}' of type ${String(dataset.dtype)} and shape (${shape.join(', ')}) is no stack of maps`,
      'give float32 or float64 of shape (maps, N, N) or (maps, N, N, N)',
    );
  }
  const rowSize = rowShape.reduce((product, n) => product * n, 1);
  function readRowsSync<F extends FloatKind = 'float32'>(
    from: number,
    to: number,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    if (!(from >= 0 && from <= to && to <= rows)) {
      throw new RangeError(`${path}: rows ${from} to ${to} asked for, it has ${rows}`);
    }
    const ranges = shape.map((length, axis): [number, number] => (axis === 0 ? [from, to] : [0, length]));
    const values = from === to ? new Float32Array(0) : (dataset.slice(ranges) as Float32Array);
    return (as === 'float64' ? Float64Array.from(values) : Float32Array.from(values)) as FloatArrays[F];
  }
  function gatherRowsSync<F extends FloatKind = 'float32'>(
    indices: ArrayLike<number>,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    const kind = as === 'float64' ? Float64Array : Float32Array;
    const out = new kind(indices.length * rowSize);
    for (let i = 0; i < indices.length; i++)
      out.set(readRowsSync(indices[i]!, indices[i]! + 1, as), i * rowSize);
    return out as FloatArrays[F];
  }
  return {
    file: `${path}[${member}]`,
    ...{ dtype, shape, rows, rowShape, rowSize, readRowsSync, gatherRowsSync },
    readRows: async (from, to, as) => readRowsSync(from, to, as),
    gatherRows: async (indices, as) => gatherRowsSync(indices, as),
    close: () => {
      file.close();
    },
  };
}

/** Reads the dataset `params` as a table; its columns are named by the attribute `names` of the file, where there is one. */
export function readHdf5Table(path: string): NumericTable {
  const file = openFile(path);
  try {
    const dataset = datasetOf(file, path, 'params');
    const [rows = 0, columns = 0, ...more] = dataset.shape ?? [];
    const values = dataset.value;
    if (columns === 0 || more.length > 0 || !ArrayBuffer.isView(values)) {
      throw new FileFormatError(
        path,
        "dataset 'params' is no table of numbers",
        'give shape (rows, columns)',
      );
    }
    const data = Float64Array.from(values as unknown as ArrayLike<number>);
    const written = file.attrs.names?.value;
    const names = typeof written === 'string' ? (JSON.parse(written) as string[]) : undefined;
    return { file: path, data, rows, columns, names: names?.length === columns ? names : undefined };
  } finally {
    file.close();
  }
}
