/**
 * Which row of the parameter file belongs to a map. In the CAMELS Multifield Dataset (Villaescusa-Navarro et al. 2021,
 * arXiv:2109.10915) `Maps_…_LH_z=0.00.npy` holds 15 maps a simulation and `params_LH_….txt` one row a simulation: row
 * floor(i / 15). One map a row is the same rule with 1.
 */
import { FileFormatError } from './errors.ts';

/** How maps and rows of parameters belong together. */
export interface MapLayout {
  readonly maps: number;
  /** Rows of parameters = simulations. */
  readonly rows: number;
  readonly mapsPerRow: number;
}

/**
 * Works out how many maps share a row of parameters.
 * @param maps - number of maps
 * @param rows - number of rows of parameters
 * @param file - name used in messages, the maps' file
 * @throws FileFormatError if the maps are not a whole multiple of the rows
 */
export function mapLayout(maps: number, rows: number, file = 'maps'): MapLayout {
  const mapsPerRow = maps / rows;
  if (!Number.isInteger(mapsPerRow) || mapsPerRow < 1) {
    throw new FileFormatError(
      file,
      `count of maps and rows disagree: ${maps} maps, ${rows} rows of parameters`,
      'give one row for each map, or one for each simulation with the same number of maps',
    );
  }
  return { maps, rows, mapsPerRow };
}

/** The row of parameters of map `i`: floor(i / mapsPerRow). */
export function rowOfMap(layout: MapLayout, i: number): number {
  if (!Number.isInteger(i) || i < 0 || i >= layout.maps) throw new RangeError(`map ${i} of ${layout.maps}`);
  return Math.floor(i / layout.mapsPerRow);
}

/**
 * Checks that maps are square (or cubic) and tells their sides.
 * @param shape - of the whole array, (maps, N, N) or (maps, N, N, N)
 * @param file - name used in messages
 * @returns cells a side N and number of dimensions d
 * @throws FileFormatError if the array is no stack of square or cubic maps
 */
export function squareMaps(shape: readonly number[], file = 'maps'): { side: number; dimensions: 2 | 3 } {
  const [, side = 0, ...rest] = shape;
  const dimensions = shape.length - 1;
  const text = `(${shape.join(', ')})`;
  if (dimensions !== 2 && dimensions !== 3) {
    throw new FileFormatError(
      file,
      `shape ${text} is no stack of maps`,
      'give shape (maps, N, N) or (maps, N, N, N)',
    );
  }
  if (side < 1 || rest.some((n) => n !== side)) {
    throw new FileFormatError(
      file,
      `maps not square: shape ${text}`,
      'give shape (maps, N, N) or (maps, N, N, N)',
    );
  }
  return { side, dimensions };
}

/**
 * Refuses values that are not finite, naming the first.
 * @param values - rows in C order
 * @param rowSize - items a row
 * @param firstRow - index of the first row, for the message
 * @param file - name used in messages
 * @throws FileFormatError
 */
export function requireFinite(
  values: ArrayLike<number>,
  rowSize: number,
  firstRow: number,
  file: string,
): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) {
      const row = firstRow + Math.floor(i / rowSize);
      throw new FileFormatError(
        file,
        `map ${row} holds ${Number.isNaN(values[i]!) ? 'NaN' : 'an infinite value'} (cell ${i % rowSize})`,
        'remove or repair that map',
      );
    }
  }
}
