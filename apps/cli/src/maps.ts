/**
 * Maps and their parameters on disk: stacks of square or cubic maps in .npy, .npz or HDF5, folders in the layout of Quijote, and text
 * tables with one row a simulation (one
 * map a row, or several as in the CAMELS multifield dataset: row floor(i/15)).
 */
import { createHash } from 'node:crypto';
import {
  FileFormatError,
  mapLayout,
  type RowSource,
  requireFinite,
  selectColumns,
  squareMaps,
} from '@equiflow/io';
import { openRows, readTable } from '@equiflow/io/node';
import { InputError } from './errors.ts';
import { isHdf5, openHdf5Rows, readHdf5Table } from './hdf5-rows.ts';
import type { NamedPrior } from './options.ts';
import { progressBar } from './progress.ts';

/** An open stack of maps. */
export interface MapStack {
  readonly source: RowSource;
  readonly file: string;
  readonly count: number;
  /** Mesh of one map. */
  readonly shape: readonly number[];
  readonly pixels: number;
}

const FLOATS: readonly string[] = ['f2', 'f4', 'f8'];

/**
 * Opens a stack.
 * @param member array of a .npz that has several
 * @throws FileError where the file is missing, damaged, of a dtype that maps do not have, or no stack of square maps
 */
export function openMaps(file: string, member?: string): MapStack {
  const source = rowsOf(file, member);
  if (!FLOATS.includes(source.dtype)) {
    throw new FileFormatError(
      file,
      `wrong dtype: maps of ${source.dtype}, not of floats`,
      'save them as float32: np.save(file, maps.astype(np.float32))',
    );
  }
  const { side, dimensions } = squareMaps(source.shape, file);
  if (source.rows === 0) throw new FileFormatError(file, 'holds no maps', 'give at least one');
  const shape = Array.from({ length: dimensions }, () => side);
  return { source, file, count: source.rows, shape, pixels: source.rowSize };
}

function rowsOf(file: string, member: string | undefined): RowSource {
  if (isHdf5(file)) return openHdf5Rows(file, member);
  try {
    return openRows(file, member);
  } catch (error) {
    if (member === undefined && error instanceof FileFormatError && /holds \d+ arrays/.test(error.message)) {
      throw new InputError(error.message.replace(/;[^;]*$/, '; say which with --array'));
    }
    throw error;
  }
}

/** Parameters of the simulations. */
export interface ParameterTable {
  readonly file: string;
  readonly rows: number;
  /** [rows, parameters], in the order of the prior's names. */
  readonly values: Float64Array;
}

/** How the columns of a table are found. */
export interface ColumnChoice {
  /** Column numbers or names; by default the columns that are named like the parameters. */
  readonly columns?: readonly (number | string)[];
  /** Names of the columns; by default those of the prior. */
  readonly names?: readonly string[];
}

/**
 * Reads the parameters and orders them like the prior.
 * @throws InputError, FileError where columns are missing or a row is outside the prior
 */
export function readParameters(file: string, prior: NamedPrior, choice: ColumnChoice): ParameterTable {
  const table = isHdf5(file) ? readHdf5Table(file) : readTable(file);
  const names = choice.names ?? prior.names;
  const missing = prior.names.find((name) => !names.includes(name));
  if (missing !== undefined || names.length !== prior.names.length) {
    throw new InputError(
      `--names ${names.join(',')} and the prior of ${prior.names.join(', ')} disagree; name the same parameters`,
    );
  }
  let columns = choice.columns;
  if (columns === undefined) {
    if (table.names !== undefined) columns = names;
    else if (table.columns === names.length) columns = names.map((_, column) => column);
    else {
      throw new InputError(
        `${file}: ${table.columns} columns without names for the parameters ${names.join(', ')}; say which with --columns, such as --columns 0,1`,
      );
    }
  }
  if (columns.length !== names.length) {
    throw new InputError(
      `--columns ${columns.join(',')}: ${columns.length} columns for the ${names.length} parameters ${names.join(', ')}`,
    );
  }
  const chosen = columns;
  const values = selectColumns(
    table,
    prior.names.map((name) => chosen[names.indexOf(name)]!),
  );
  const width = prior.names.length;
  values.forEach((value, i) => {
    const axis = i % width;
    if (!(value >= prior.low[axis]! && value <= prior.high[axis]!)) {
      throw new InputError(
        `${file}: row ${Math.floor(i / width)} has ${prior.names[axis]} = ${value}, outside the prior from ${prior.low[axis]} to ${prior.high[axis]}; widen --prior or remove that simulation`,
      );
    }
  });
  return { file, rows: table.rows, values };
}

/** Row of the parameters for every map. @throws FileFormatError when the numbers of maps and rows disagree. */
export function simulationsOf(maps: MapStack, table: ParameterTable): Int32Array {
  const { mapsPerRow } = mapLayout(maps.count, table.rows, maps.file);
  return Int32Array.from({ length: maps.count }, (_, map) => Math.floor(map / mapsPerRow));
}

/** A short name of some numbers. */
export function digest(values: Float64Array): string {
  return createHash('sha256').update(new Uint8Array(values.slice().buffer)).digest('hex').slice(0, 16);
}

/** A short name of the contents: of the shape, the dtype, and the first, middle and last map. */
export function fingerprint({ source, count }: MapStack): string {
  const hash = createHash('sha256').update(`${source.dtype} ${source.shape.join(',')}`);
  for (const row of new Set([0, count >> 1, count - 1])) {
    hash.update(new Uint8Array(source.readRowsSync(row, row + 1, 'float64').buffer));
  }
  return hash.digest('hex').slice(0, 16);
}

/** What one pass over the maps tells. */
export interface MapSurvey {
  /** Mean and standard deviation of the values (of their ln(1 + δ) where asked for), over the chosen maps. */
  readonly mean: number;
  readonly deviation: number;
  /** Standard deviation of the values themselves. */
  readonly rawDeviation: number;
  /** True when the mean of every map is below 1e-6 standard deviations: it vanishes by construction. */
  readonly meansVanish: boolean;
}

const BLOCK_VALUES = 1 << 20;

/**
 * Reads all maps once: refuses values that are not finite (or no overdensities where the logarithm is wanted), and measures
 * the moments of the chosen ones.
 * @param chosen for every map, whether it counts
 */
export async function surveyMaps(
  maps: MapStack,
  chosen: (map: number) => boolean,
  logDensity: boolean,
): Promise<MapSurvey> {
  const { source, count, pixels, file } = maps;
  const block = Math.max(1, Math.floor(BLOCK_VALUES / pixels));
  const bar = progressBar('reading maps', count);
  const moments = { n: 0, mean: 0, squares: 0 };
  const raw = { n: 0, mean: 0, squares: 0 };
  let largestMean = 0;
  for (let first = 0; first < count; first += block) {
    const last = Math.min(count, first + block);
    const values = await source.readRows(first, last, 'float32');
    requireFinite(values, pixels, first, file);
    for (let map = first; map < last; map++) {
      const own = values.subarray((map - first) * pixels, (map - first + 1) * pixels);
      let sum = 0;
      for (let i = 0; i < pixels; i++) sum += own[i]!;
      largestMean = Math.max(largestMean, Math.abs(sum / pixels));
      if (logDensity) requireOverdensity(own, map, file);
      if (!chosen(map)) continue;
      join(raw, own);
      join(moments, logDensity ? own.map(Math.log1p) : own);
    }
    bar.to(last);
  }
  bar.end();
  const deviation = Math.sqrt(moments.squares / moments.n);
  const rawDeviation = Math.sqrt(raw.squares / raw.n);
  if (!(deviation > 0)) throw new FileFormatError(file, 'all values are the same', 'give maps that vary');
  return { mean: moments.mean, deviation, rawDeviation, meansVanish: largestMean < 1e-6 * rawDeviation };
}

/** Joins the mean and the sum of squared deviations of some values to running ones (Chan et al. 1983). */
function join(total: { n: number; mean: number; squares: number }, values: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  const n = total.n + values.length;
  const shift = mean - total.mean;
  total.squares += squares + (shift * shift * total.n * values.length) / n;
  total.mean += (shift * values.length) / n;
  total.n = n;
}

function requireOverdensity(values: Float32Array, map: number, file: string): void {
  const bad = values.findIndex((value) => !(value > -1));
  if (bad < 0) return;
  throw new FileFormatError(
    file,
    `map ${map} holds ${values[bad]} (cell ${bad}), where ln(1 + δ) does not exist`,
    'give overdensities δ > −1, or leave out --log-density',
  );
}
