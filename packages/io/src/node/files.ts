/**
 * The formats of this package as files on disk: readers that name the file in their messages, writers that write it
 * whole or not at all.
 */
import { existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { FileFormatError } from '../errors.ts';
import type { Chain } from '../getdist.ts';
import { encodeGetDist, parseGetDist } from '../getdist.ts';
import type { NpyArray } from '../npy-data.ts';
import type { ArrayToWrite } from '../npz.ts';
import { decodeNpz, encodeNpz, npzNames } from '../npz.ts';
import type { RowSource } from '../rows.ts';
import { memoryRows } from '../rows.ts';
import type { Safetensors, StoredTensor } from '../safetensors.ts';
import { decodeSafetensors, encodeSafetensors } from '../safetensors.ts';
import type { NumericTable } from '../tables.ts';
import { formatTable, parseTable } from '../tables.ts';
import { readFile, writeFileAtomic } from './atomic.ts';
import { openNpy } from './npy-file.ts';
import { openQuijote } from './quijote.ts';

/**
 * Opens maps for reading by rows: .npy stays on disk, a .npz is decoded into memory, a folder in the layout of Quijote is read a
 * realisation at a time.
 * @param path - `.npy`, `.npz` or a folder
 * @param member - which array of a .npz, or file of a realisation; needed only where there are several
 * @throws FileError, FileFormatError as `openNpy`; also for another ending, or an archive of several arrays and no name
 */
export function openRows(path: string, member?: string): RowSource {
  const ending = extname(path).toLowerCase();
  if (ending === '.npy') return openNpy(path);
  if (ending !== '.npz' && existsSync(path) && statSync(path).isDirectory()) return openQuijote(path, member);
  if (ending !== '.npz')
    throw new FileFormatError(path, `ending '${ending}' is not read`, 'give a .npy or .npz file');
  const bytes = readFile(path);
  const names = npzNames(bytes, path);
  const name = member ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) {
    throw new FileFormatError(
      path,
      `holds ${names.length} arrays (${names.join(', ')})`,
      'say which one to use',
    );
  }
  return memoryRows(decodeNpz(bytes, path, [name]).get(name)!, `${path}[${name}]`);
}

/** Reads all arrays (or the named ones) of a .npz file. */
export function readNpz(path: string, only?: readonly string[]): Map<string, NpyArray> {
  return decodeNpz(readFile(path), path, only);
}

/** Writes a .npz file, whole or not at all. */
export function writeNpz(
  path: string,
  arrays: Readonly<Record<string, ArrayToWrite>>,
  options: { readonly compress?: boolean } = {},
): void {
  writeFileAtomic(path, encodeNpz(arrays, options));
}

/** Reads a table of numbers; errors name the file and the line. */
export function readTable(path: string): NumericTable {
  return parseTable(new TextDecoder().decode(readFile(path)), path);
}

/** Writes a table of numbers, shape (rows, names.length), whole or not at all. */
export function writeTable(path: string, data: ArrayLike<number>, names: readonly string[]): void {
  writeFileAtomic(path, formatTable(data, names));
}

/** Reads a safetensors file. */
export function readSafetensors(path: string): Safetensors {
  return decodeSafetensors(readFile(path), path);
}

/** Writes a safetensors file, whole or not at all. */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor> | Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** Writes `root.txt`, `root.paramnames` and `root.ranges`, each whole or not at all. */
export function writeGetDist(root: string, chain: Chain): void {
  const files = encodeGetDist(chain);
  writeFileAtomic(`${root}.paramnames`, files.paramnames);
  writeFileAtomic(`${root}.ranges`, files.ranges);
  writeFileAtomic(`${root}.txt`, files.txt);
}

/** Reads `root.txt`, `root.paramnames` and `root.ranges`. */
export function readGetDist(root: string): Chain {
  const text = (ending: string): string => new TextDecoder().decode(readFile(`${root}${ending}`));
  return parseGetDist({ txt: text('.txt'), paramnames: text('.paramnames'), ranges: text('.ranges') }, root);
}
