/**
 * Rows of an array: what a training loop reads from, whether the array lies in memory or in a file of tens of GB.
 */
import type { FloatArrays, FloatKind, NpyArray, NpyDtype } from './npy-data.ts';
import { allocateFloats, copyFloats } from './npy-data.ts';

/** An array whose first axis is read a slice at a time; a row is everything behind one index of the first axis. */
export interface RowSource {
  /** Name used in messages: the path, with the member's name for an archive. */
  readonly file: string;
  readonly dtype: NpyDtype;
  /** The whole shape, (rows, …rowShape). */
  readonly shape: readonly number[];
  /** Size of the first axis. */
  readonly rows: number;
  /** Shape of one row. */
  readonly rowShape: readonly number[];
  /** Items a row. */
  readonly rowSize: number;
  /** Rows `from` ≤ i < `to`, shape (to − from, …rowShape), in C order. */
  readRowsSync<F extends FloatKind = 'float32'>(from: number, to: number, as?: F): FloatArrays[F];
  /** Rows `from` ≤ i < `to`, shape (to − from, …rowShape), in C order. */
  readRows<F extends FloatKind = 'float32'>(from: number, to: number, as?: F): Promise<FloatArrays[F]>;
  /** The named rows in the order asked for, shape (indices.length, …rowShape). */
  gatherRowsSync<F extends FloatKind = 'float32'>(indices: ArrayLike<number>, as?: F): FloatArrays[F];
  /** The named rows in the order asked for, shape (indices.length, …rowShape). */
  gatherRows<F extends FloatKind = 'float32'>(indices: ArrayLike<number>, as?: F): Promise<FloatArrays[F]>;
  /** Lets go of the file. */
  close(): void;
}

/**
 * Refuses a range of rows that the array does not have.
 * @throws RangeError
 */
export function checkRowRange(source: RowSource, from: number, to: number): void {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > source.rows) {
    throw new RangeError(`${source.file}: rows ${from} to ${to} asked for, it has ${source.rows}`);
  }
}

/** Runs of consecutive indices as [where in the result, first row, number of rows]: one read each. */
export function consecutiveRuns(indices: ArrayLike<number>): [number, number, number][] {
  const runs: [number, number, number][] = [];
  for (let i = 0; i < indices.length; i++) {
    const last = runs[runs.length - 1];
    if (last !== undefined && indices[i] === last[1] + last[2]) last[2]++;
    else runs.push([i, indices[i]!, 1]);
  }
  return runs;
}

/**
 * Rows of an array in memory (a decoded .npy, or one array of a .npz).
 * @param array - the array in C order
 * @param file - name used in messages
 */
export function memoryRows(array: NpyArray, file: string): RowSource {
  const [rows = 1, ...rowShape] = array.shape;
  const rowSize = rowShape.reduce((product, n) => product * n, 1);
  function gatherRowsSync<F extends FloatKind = 'float32'>(
    indices: ArrayLike<number>,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    const out = allocateFloats(as, indices.length * rowSize);
    for (const [at, from, count] of consecutiveRuns(indices)) {
      checkRowRange(source, from, from + count);
      copyFloats(array.data.subarray(from * rowSize, (from + count) * rowSize), out, at * rowSize);
    }
    return out;
  }
  function readRowsSync<F extends FloatKind = 'float32'>(
    from: number,
    to: number,
    as: F = 'float32' as F,
  ): FloatArrays[F] {
    checkRowRange(source, from, to);
    const out = allocateFloats(as, (to - from) * rowSize);
    copyFloats(array.data.subarray(from * rowSize, to * rowSize), out, 0);
    return out;
  }
  const source: RowSource = {
    file,
    dtype: array.dtype,
    shape: array.shape,
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
