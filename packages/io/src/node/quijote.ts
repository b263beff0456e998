/**
 * Density fields in the layout of the Quijote simulations (Villaescusa-Navarro et al. 2020, arXiv:1909.05273; documentation, "Density
 * fields"): a folder of numbered realisations, each with a cube `df_m_N_MAS_z=Z.npy` of the overdensity (`df_m_N_z=Z.npy` in older
 * releases); parameters are rows of `latin_hypercube_params.txt`. Read a realisation at a time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileFormatError } from '../errors.ts';
import type { FloatArrays, FloatKind } from '../npy-data.ts';
import { allocateFloats } from '../npy-data.ts';
import { checkRowRange, type RowSource } from '../rows.ts';
import { openNpy } from './npy-file.ts';

const CUBE = /^df_m_\d+(_[A-Z]+)?_z=[\d.]+\.npy$/;

/**
 * Opens the realisations 0, 1, 2, … of a folder as rows.
 * @param folder - such as `3D_cubes/latin_hypercube`
 * @param member - file of each realisation; needed only where there are several cubes
 * @throws FileFormatError where there is none, one is missing in between, or cubes differ in shape
 */
export function openQuijote(folder: string, member?: string): RowSource {
  const numbers = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  if (numbers.length === 0) {
    throw new FileFormatError(
      folder,
      'is a folder without numbered realisations',
      'give a file of maps, or a folder like 3D_cubes/latin_hypercube of Quijote',
    );
  }
  const gap = numbers.findIndex((number, i) => number !== i);
  if (gap >= 0) {
    throw new FileFormatError(
      folder,
      `realisation ${gap} is missing`,
      'complete it: rows of the parameters are counted from realisation 0',
    );
  }
  const cubes = readdirSync(join(folder, '0')).filter((name) => CUBE.test(name));
  const name = member ?? (cubes.length === 1 ? cubes[0] : undefined);
  if (name === undefined) {
    throw new FileFormatError(
      folder,
      `holds ${cubes.length} arrays in realisation 0${cubes.length > 0 ? ` (${cubes.join(', ')})` : ''}`,
      cubes.length > 0 ? 'say which one to use' : 'give files named like df_m_128_CIC_z=0.npy',
    );
  }
  const path = (row: number): string => join(folder, String(row), name);
  const absent = numbers.find((row) => !existsSync(path(row)));
  if (absent !== undefined)
    throw new FileFormatError(path(absent), 'is missing', 'complete the realisations');
  const first = openNpy(path(0));
  const { shape: rowShape, dtype } = first;
  first.close();
  const rowSize = rowShape.reduce((product, n) => product * n, 1);
  const rows = numbers.length;

  function gatherRowsSync<F extends FloatKind = 'float32'>(
    indices: ArrayLike<number>,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    const out = allocateFloats(as, indices.length * rowSize);
    for (let i = 0; i < indices.length; i++) {
      checkRowRange(source, indices[i]!, indices[i]! + 1);
      const cube = openNpy(path(indices[i]!));
      try {
        if (cube.shape.join() !== rowShape.join()) {
          throw new FileFormatError(
            path(indices[i]!),
            `has shape (${cube.shape.join(', ')}), realisation 0 has (${rowShape.join(', ')})`,
            'give cubes of one mesh',
          );
        }
        out.set(cube.readRowsSync(0, cube.rows, as), i * rowSize);
      } finally {
        cube.close();
      }
    }
    return out;
  }
  function readRowsSync<F extends FloatKind = 'float32'>(
    from: number,
    to: number,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    checkRowRange(source, from, to);
    return gatherRowsSync(
      Array.from({ length: to - from }, (_, i) => from + i),
      as,
    );
  }
  const source: RowSource = {
    file: folder,
    dtype,
    shape: [rows, ...rowShape],
    rows,
    rowShape,
    rowSize,
    readRowsSync,
    gatherRowsSync,
    readRows: async (from, to, as) => readRowsSync(from, to, as),
    gatherRows: async (indices, as) => gatherRowsSync(indices, as),
    close: () => {},
  };
  return source;
}
