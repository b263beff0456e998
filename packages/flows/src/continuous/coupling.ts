/**
 * Which latents belong to which data in flow matching. Independent pairs make crossing paths; pairs of least total squared distance in a
 * batch make straighter ones (Tong et al. 2023, arXiv:2302.00482, section 3.2; Pooladian et al. 2023, arXiv:2304.14772). Where the data and the
 * base density have symmetries, every latent may first be turned, mirrored and its points renumbered so that it comes nearest (Klein,
 * Krämer & Noé 2023, arXiv:2306.15030, section 4): the marginal of the latents stays the base density.
 */
import { assignmentSolver } from './assignment.ts';
import { superpose } from './rotation.ts';

type Floats = Float32Array | Float64Array;

/** Samples of a step and the latents drawn for them, row-major [count, ...shape]. */
export interface CouplingBatch {
  readonly count: number;
  readonly shape: readonly number[];
  readonly x: Floats;
  /** To be rewritten so that row i belongs to row i of x. */
  readonly z: Floats;
  /** θ of every sample, [count, P]. */
  readonly context: Floats;
}

/** Pairs data with latents, by rewriting the latents. */
export type Coupling = (batch: CouplingBatch) => void;

/** Pairs as they were drawn. */
export const independentCoupling: Coupling = () => undefined;

/** Options of couplings that exchange latents between samples. */
export interface TransportOptions {
  /**
   * β of the cost |x_i − z_j|² + β |θ_i − θ_j|², latent j having been drawn with θ_j: needed for flows with parameters, because an exchange
   * between samples of different θ makes the latents depend on θ. Large β exchanges between like θ only (Kerrigan et al. 2024,
   * arXiv:2404.04240).
   */
  readonly conditionWeight?: number;
}

/** Pairs of least total squared distance in the batch. @throws RangeError for samples with parameters and no `conditionWeight`. */
export function optimalTransport(options: TransportOptions = {}): Coupling {
  return ({ count, shape, x, z, context }) => {
    const width = sizeOf(shape);
    const cost = pairCosts(count, context, options, (i, j) =>
      squaredDistance(x, i * width, z, j * width, width),
    );
    exchange(z, assignmentSolver(count)(cost), width);
  };
}

/** Symmetries of samples [points, d]. */
export interface EquivariantTransportOptions extends TransportOptions {
  /** Points may be renumbered. Default true. */
  readonly permutations?: boolean;
  /** Points may be turned about the origin, in 2 or 3 dimensions. Default true. */
  readonly rotations?: boolean;
  /** Points may be mirrored too. Default true. */
  readonly reflections?: boolean;
  /** Renumbering and turning are repeated so often, each with the other held. Default 1, as the paper. */
  readonly rounds?: number;
  /** Latents are also exchanged between the samples of a batch. Default true. */
  readonly exchange?: boolean;
}

/**
 * Brings latents nearest to the data over the symmetries of point sets: renumbering by assignment, then turning by superposition, and
 * pairs of least total cost in the batch.
 * @throws RangeError for samples that are not [points, d], or with parameters and no `conditionWeight`.
 */
export function equivariantTransport(options: EquivariantTransportOptions = {}): Coupling {
  const { exchange: exchanging = true, ...symmetries } = options;
  return ({ count, shape, x, z, context }) => {
    const [points, dimension] = shape;
    if (shape.length !== 2) {
      throw new RangeError(
        `equivariantTransport: samples of [${shape}]; point sets are [points, dimensions]`,
      );
    }
    const width = points! * dimension!;
    const align = aligner(points!, dimension!, symmetries);
    const row = (values: Floats, i: number): Floats => values.subarray(i * width, (i + 1) * width);
    if (exchanging) {
      const cost = pairCosts(count, context, options, (i, j) => align(row(x, i), row(z, j)).cost);
      exchange(z, assignmentSolver(count)(cost), width);
    }
    for (let i = 0; i < count; i++) row(z, i).set(align(row(x, i), row(z, i)).aligned);
  };
}

/** A latent brought nearest to a sample; `aligned` is overwritten by the next call. */
interface Alignment {
  readonly cost: number;
  readonly aligned: Float64Array;
}

function aligner(
  points: number,
  dimension: number,
  { permutations = true, rotations = true, reflections = true, rounds = 1 }: EquivariantTransportOptions,
): (x: Floats, z: Floats) => Alignment {
  const width = points * dimension;
  const assign = assignmentSolver(points);
  const costs = new Float64Array(points * points);
  const moved = new Float64Array(width);
  const held = new Float64Array(width);
  const best = new Float64Array(width);
  const renumber = (x: Floats): void => {
    for (let p = 0; p < points; p++) {
      for (let q = 0; q < points; q++) {
        costs[p * points + q] = squaredDistance(x, p * dimension, moved, q * dimension, dimension);
      }
    }
    const order = assign(costs);
    held.set(moved);
    for (let p = 0; p < points; p++) {
      for (let k = 0; k < dimension; k++) moved[p * dimension + k] = held[order[p]! * dimension + k]!;
    }
  };
  const turn = (x: Floats): void => {
    const { rotation } = superpose(x, moved, dimension);
    held.set(moved);
    for (let start = 0; start < width; start += dimension) {
      for (let i = 0; i < dimension; i++) {
        let sum = 0;
        for (let k = 0; k < dimension; k++) sum += rotation[i * dimension + k]! * held[start + k]!;
        moved[start + i] = sum;
      }
    }
  };
  return (x, z) => {
    let cost = Number.POSITIVE_INFINITY;
    for (let mirror = 0; mirror < (reflections ? 2 : 1); mirror++) {
      moved.set(z);
      if (mirror === 1) for (let i = 0; i < width; i += dimension) moved[i] = -moved[i]!;
      for (let round = 0; round < rounds; round++) {
        if (permutations) renumber(x);
        if (rotations) turn(x);
      }
      const left = squaredDistance(x, 0, moved, 0, width);
      if (left < cost) {
        cost = left;
        best.set(moved);
      }
    }
    return { cost, aligned: best };
  };
}

/** Costs of all pairs, [count, count], with the distance of their parameters. */
function pairCosts(
  count: number,
  context: Floats,
  { conditionWeight }: TransportOptions,
  distance: (i: number, j: number) => number,
): Float64Array {
  const parameters = context.length / count;
  if (parameters > 0 && conditionWeight === undefined) {
    throw new RangeError(
      'flow matching: latents exchanged between samples of different θ would depend on θ; give conditionWeight, or pair without exchange',
    );
  }
  const cost = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const apart = squaredDistance(context, i * parameters, context, j * parameters, parameters);
      cost[i * count + j] = distance(i, j) + (parameters > 0 ? conditionWeight! * apart : 0);
    }
  }
  return cost;
}

/** Row i becomes row order[i]. */
function exchange(z: Floats, order: Int32Array, width: number): void {
  const held = z.slice();
  order.forEach((from, i) => {
    z.set(held.subarray(from * width, (from + 1) * width), i * width);
  });
}

function squaredDistance(a: Floats, fromA: number, b: Floats, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[fromA + i]! - b[fromB + i]!) ** 2;
  return sum;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
