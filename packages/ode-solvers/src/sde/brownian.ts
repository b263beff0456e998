/**
 * A Brownian path as a function of time: a virtual tree of midpoints (Li et al. 2020, arXiv:2001.01328, algorithm 1;
 * Kidger et al. 2021, arXiv:2105.13493). W at the middle of an interval is drawn from the bridge between its ends, by
 * a counter-based generator at the coordinate of the interval: the path depends on the key alone, not on the times
 * asked for, their order or their number.
 */
import { normalPair, type RandomKey } from '@equiflow/tensor';
import { OdeError } from '../types.ts';

/** A path of several independent Brownian motions, zero at the start of the span. */
export interface BrownianPath {
  readonly span: readonly [number, number];
  readonly dimension: number;
  /** W(t), written into `out`. @throws OdeError outside the span. */
  evaluate(t: number, out: Float64Array): Float64Array;
}

/** Options of `brownianPath`. */
export interface BrownianPathOptions {
  /** Halvings of the span; below, the path is a line. 1 to 31, default 24: a resolution of 6e-8 of the span. */
  readonly depth?: number;
}

/**
 * The Brownian path of a key.
 * @throws OdeError for a span without length, a dimension that is not positive, or a depth out of range.
 */
export function brownianPath(
  from: RandomKey,
  span: readonly [number, number],
  dimension: number,
  { depth = 24 }: BrownianPathOptions = {},
): BrownianPath {
  const low = Math.min(...span);
  const high = Math.max(...span);
  if (!(high > low)) throw new OdeError(`brownianPath: the span ${span[0]} to ${span[1]} has no length`);
  if (!(Number.isInteger(dimension) && dimension > 0)) {
    throw new OdeError(`brownianPath: a dimension of ${dimension}; give a whole number, 1 or more`);
  }
  if (!(Number.isInteger(depth) && depth >= 1 && depth <= 31)) {
    throw new OdeError(`brownianPath: a depth of ${depth}; give 1 to 31`);
  }
  const pairs = Math.ceil(dimension / 2);
  const normals = new Float64Array(2 * pairs);
  const draw = (level: number, index: number): Float64Array => {
    for (let pair = 0; pair < pairs; pair++) normalPair(from, [level, index, pair], normals, 2 * pair);
    return normals;
  };
  // The intervals that were last descended through: [index, W at the left end, W at the right end] by level.
  const indices = new Int32Array(depth + 1).fill(-1);
  const lefts = Array.from({ length: depth + 1 }, () => new Float64Array(dimension));
  const rights = Array.from({ length: depth + 1 }, () => new Float64Array(dimension));
  const whole = Math.sqrt(high - low);
  draw(0, 0);
  for (let i = 0; i < dimension; i++) rights[0]![i] = whole * normals[i]!;
  indices[0] = 0;
  const cells = 2 ** depth;
  const fromLow = new Float64Array(dimension);
  const evaluateFromLow = (t: number, out: Float64Array): void => {
    const place = ((t - low) / (high - low)) * cells;
    const cell = Math.min(cells - 1, Math.floor(place));
    for (let level = 1; level <= depth; level++) {
      const index = Math.floor(cell / 2 ** (depth - level));
      if (indices[level] === index) continue;
      for (let below = level + 1; below <= depth; below++) indices[below] = -1;
      const [a, b] = [lefts[level - 1]!, rights[level - 1]!];
      const deviation = 0.5 * Math.sqrt((high - low) / 2 ** (level - 1));
      draw(level, index >> 1);
      const [left, right] = [lefts[level]!, rights[level]!];
      for (let i = 0; i < dimension; i++) {
        const middle = 0.5 * (a[i]! + b[i]!) + deviation * normals[i]!;
        left[i] = index % 2 === 0 ? a[i]! : middle;
        right[i] = index % 2 === 0 ? middle : b[i]!;
      }
      indices[level] = index;
    }
    const share = place - cell;
    const [left, right] = [lefts[depth]!, rights[depth]!];
    for (let i = 0; i < dimension; i++) out[i] = left[i]! + share * (right[i]! - left[i]!);
  };
  if (span[1] < span[0]) evaluateFromLow(high, fromLow);
  return {
    span,
    dimension,
    evaluate(t, out) {
      if (!(t >= low && t <= high))
        throw new OdeError(`brownianPath: t = ${t} is outside the span ${low} to ${high}`);
      evaluateFromLow(t, out);
      for (let i = 0; i < dimension; i++) out[i]! -= fromLow[i]!;
      return out;
    },
  };
}
