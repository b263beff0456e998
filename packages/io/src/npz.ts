/**
 * NumPy's .npz: a ZIP archive with one .npy file an array (`np.savez`, `np.savez_compressed`).
 */
import { zipSync } from 'fflate';
import { FileFormatError } from './errors.ts';
import { decodeNpy, encodeNpy } from './npy.ts';
import type { NpyArray, NpyData } from './npy-data.ts';
import { listZip, readZipMember } from './zip.ts';

/** Names of the arrays in a .npz, in the order of the archive. */
export function npzNames(bytes: Uint8Array, file = 'arrays.npz'): string[] {
  return listZip(bytes, file).map((member) => member.name.replace(/\.npy$/, ''));
}

/**
 * Decodes arrays of a .npz.
 * @param bytes - the whole archive
 * @param file - name used in messages
 * @param only - names of the arrays that are wanted; all by default
 * @returns arrays by name, in C order
 * @throws FileFormatError if the archive or an array in it is damaged or not supported, or a wanted name is missing
 */
export function decodeNpz(
  bytes: Uint8Array,
  file = 'arrays.npz',
  only?: readonly string[],
): Map<string, NpyArray> {
  const members = new Map(listZip(bytes, file).map((member) => [member.name.replace(/\.npy$/, ''), member]));
  const arrays = new Map<string, NpyArray>();
  for (const name of only ?? members.keys()) {
    const member = members.get(name);
    if (member === undefined) {
      throw new FileFormatError(file, `has no array '${name}'`, `it has ${[...members.keys()].join(', ')}`);
    }
    arrays.set(name, decodeNpy(readZipMember(bytes, member, file), `${file}[${name}]`));
  }
  return arrays;
}

/** An array to be written: typed array in C order, and its shape. */
export interface ArrayToWrite {
  readonly data: NpyData;
  readonly shape?: readonly number[];
}

/**
 * Encodes arrays as .npz.
 * @param arrays - by name
 * @param options - `compress`: deflate, as `np.savez_compressed` does (default false: stored)
 */
export function encodeNpz(
  arrays: Readonly<Record<string, ArrayToWrite>>,
  options: { readonly compress?: boolean } = {},
): Uint8Array {
  const members: Record<string, Uint8Array> = {};
  for (const [name, { data, shape }] of Object.entries(arrays))
    members[`${name}.npy`] = encodeNpy(data, shape);
  return zipSync(members, { level: options.compress ? 6 : 0, mtime: new Date(1980, 0, 1) });
}
