/**
 * Shells of Fourier modes: modes of a periodic box with the same |n|², n the integer wave vector. A function of
 * |k| alone, k = 2π|n|/L for a cubic box of side L, has one value a shell.
 */
import { type Shape, TensorError } from '@equiflow/tensor';

/** The distinct |n|² of a mesh and where they are. */
export interface Shells {
  /** Sorted distinct |n|²; shell 0 is n = 0. */
  readonly squares: Float64Array;
  /** Shell of every mode of the half-complex layout [..., n_last/2 + 1], row-major. */
  readonly index: Int32Array;
  /** Number of the modes of the full mesh (k and −k both) in each shell; they sum to the number of cells. */
  readonly multiplicity: Float64Array;
}

/** Signed wave number of index i on an axis of n cells: −n/2 … (n − 1)/2, the Nyquist index of an even n negative. */
export function signedIndex(i: number, n: number): number {
  return 2 * i < n ? i : i - n;
}

/** Length of the half-complex last axis. */
export function halfLength(n: number): number {
  return Math.floor(n / 2) + 1;
}

const kept = new Map<string, Shells>();

/**
 * Shells of a mesh of any number of axes; made once for each shape and kept.
 * @throws TensorError when a length is not a positive integer.
 */
export function shells(shape: Shape): Shells {
  const key = shape.join(',');
  let found = kept.get(key);
  if (!found) {
    found = makeShells(shape);
    kept.set(key, found);
  }
  return found;
}

/** |n|² of every mode of the half-complex layout. */
export function squaredIndices(shape: Shape): Float64Array {
  let squares: Float64Array = new Float64Array(1);
  shape.forEach((n, axis) => {
    if (!Number.isInteger(n) || n < 1)
      throw new TensorError(`shells: axis ${axis} of the mesh has length ${n}; give a positive integer`);
    const length = axis === shape.length - 1 ? halfLength(n) : n;
    const next = new Float64Array(squares.length * length);
    let at = 0;
    for (const square of squares) {
      for (let i = 0; i < length; i++) next[at++] = square + signedIndex(i, n) ** 2;
    }
    squares = next;
  });
  return squares;
}

/** Weight of the half-complex modes of one column in sums over all modes: 1 in column 0 and, for even n, n/2; else 2. */
export function columnWeight(column: number, n: number): number {
  return column === 0 || 2 * column === n ? 1 : 2;
}

function makeShells(shape: Shape): Shells {
  const all = squaredIndices(shape);
  const squares = Float64Array.from(new Set(all)).sort();
  const position = new Map(Array.from(squares, (square, shell) => [square, shell]));
  const index = Int32Array.from(all, (square) => position.get(square)!);
  const multiplicity = new Float64Array(squares.length);
  const last = shape[shape.length - 1]!;
  const half = halfLength(last);
  index.forEach((shell, mode) => {
    multiplicity[shell]! += columnWeight(mode % half, last);
  });
  return { squares, index, multiplicity };
}
