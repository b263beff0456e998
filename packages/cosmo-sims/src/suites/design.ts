/**
 * Where in a box of parameters a suite simulates. Row i depends on the seed, the box and i alone (a Latin hypercube also on
 * the number of rows), so that any part of a suite can be made anywhere.
 *
 * Sobol: the sequence of Sobol 1967 with the direction numbers of Joe & Kuo 2008 (new-joe-kuo-6.21201), all digits shifted
 * by a random number a dimension (Cranley & Patterson, in base 2), so that no point lies on an edge; a longer suite begins with a shorter one.
 * Latin hypercube: McKay, Beckman & Conover 1979, one row in each of N slices of every parameter.
 */
import { foldIn, key, permutation, randomBits, randomUniform } from '@equiflow/tensor';

/** How rows are spread. `'uniform'`: independent draws. */
export type DesignKind = 'sobol' | 'latin-hypercube' | 'uniform';

/** A box of parameters and how to fill it. */
export interface DesignOptions {
  readonly kind: DesignKind;
  /** Lower ends, one a parameter. */
  readonly low: readonly number[];
  /** Upper ends. */
  readonly high: readonly number[];
  /** Number of rows. */
  readonly count: number;
  readonly seed: number;
}

/** Degree, coefficients and first direction numbers of the primitive polynomials of dimensions 2, 3, …. */
const JOE_KUO: readonly (readonly [degree: number, coefficients: number, first: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
];

/** The 32 direction numbers of a dimension, as fractions of 2³². */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(32);
  if (dimension === 0) return v.map((_, i) => 2 ** (31 - i));
  const [degree, coefficients, first] = JOE_KUO[dimension - 1]!;
  for (let i = 0; i < 32; i++) {
    if (i < degree) {
      v[i] = first[i]! * 2 ** (31 - i);
      continue;
    }
    let value = v[i - degree]! ^ (v[i - degree]! >>> degree);
    for (let j = 1; j < degree; j++) {
      if ((coefficients >>> (degree - 1 - j)) & 1) value ^= v[i - j]!;
    }
    v[i] = value;
  }
  return v;
}

/** Point i of the Sobol sequence in one dimension, of 2³², before the shift. */
export function sobolInteger(i: number, dimension: number): number {
  const v = directions(dimension);
  let gray = i ^ (i >>> 1);
  let value = 0;
  for (let bit = 0; gray !== 0; bit++, gray >>>= 1) if (gray & 1) value ^= v[bit]!;
  return value >>> 0;
}

/**
 * The rows of a design, made one at a time.
 *
 * @returns row i, 0 ≤ i < count: a value for each parameter
 * @throws RangeError on boxes that are empty, or more than 8 parameters of `'sobol'`
 */
export function parameterDesign({ kind, low, high, count, seed }: DesignOptions): (i: number) => number[] {
  const d = low.length;
  if (kind !== 'sobol' && kind !== 'latin-hypercube' && kind !== 'uniform') {
    throw new RangeError(`design '${String(kind)}': must be 'sobol', 'latin-hypercube' or 'uniform'`);
  }
  if (high.length !== d || d === 0 || low.some((from, axis) => !(from < high[axis]!))) {
    throw new RangeError(`design from [${low}] to [${high}]: give as many of both, low < high`);
  }
  if (!Number.isInteger(count) || count < 1 || count > 2 ** 31) {
    throw new RangeError(`design of ${count} rows: must be a positive whole number below 2^31`);
  }
  if (kind === 'sobol' && d > JOE_KUO.length + 1) {
    throw new RangeError(
      `design 'sobol' of ${d} parameters: at most ${JOE_KUO.length + 1}; use 'latin-hypercube'`,
    );
  }
  const from = foldIn(key(seed), 0x5eed);
  const shifts = randomBits(from, d);
  const slices =
    kind === 'latin-hypercube' ? low.map((_, axis) => permutation(foldIn(from, axis + 1), count)) : [];
  const fraction = (i: number, axis: number): number => {
    // The middle of the cell of 2⁻³²: never an edge.
    if (kind === 'sobol') return (((sobolInteger(i, axis) ^ shifts[axis]!) >>> 0) + 0.5) / 2 ** 32;
    const u = randomUniform(foldIn(foldIn(from, d + 1 + axis), i), [1], 'float64')[0]!;
    return kind === 'uniform' ? u : (slices[axis]![i]! + u) / count;
  };
  return (i) => {
    if (!Number.isInteger(i) || i < 0 || i >= count) {
      throw new RangeError(`design: row ${i} of ${count}; rows are 0 to ${count - 1}`);
    }
    return low.map((start, axis) => start + fraction(i, axis) * (high[axis]! - start));
  };
}
