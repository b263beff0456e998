/**
 * The affine-invariant ensemble sampler of Goodman & Weare 2010 (Comm. App. Math. Comp. Sci. 5, 65): W walkers, each of
 * which moves along the line to another one. No step size to tune, and a stretched or tilted posterior is as easy as a
 * round one. Halves of the ensemble move in turn, so that a half's densities are asked for in one call (Foreman-Mackey
 * et al. 2013, arXiv:1202.3665).
 */
import type { Chain } from './autocorrelation.ts';
import { weightedMoments } from './statistics.ts';

/** What to sample, from where, and for how long. */
export interface EnsembleOptions {
  /**
   * ln p up to a constant, of many points at once: rows [count, dimension] → [count]. −Infinity outside the prior; NaN is an error.
   * The array is used again after the call: copy it to keep it.
   */
  logDensity: (points: Float64Array) => ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Where the walkers start, rows [walkers, dimension]: an even number, at least 2 × dimension, not in a common plane. */
  initial: ArrayLike<number>;
  /** Number of parameters. */
  dimension: number;
  /** Steps that are kept. */
  steps: number;
  /** Steps that are taken first and forgotten; default 0. */
  burnIn?: number;
  /** Moves between two kept steps; default 1. */
  thin?: number;
  /** Uniform in [0, 1), such as `uniformStream(key(seed))`. */
  random: () => number;
  /** The a of the stretch's density g(z) ∝ 1/√z on [1/a, a]; default 2. */
  stretch?: number;
}

/** Chains of all walkers. */
export interface EnsembleResult extends Chain {
  /** Steps × walkers × dimension. */
  values: Float64Array;
  /** ln p of every kept point, steps × walkers. */
  logDensities: Float64Array;
  /** Fraction of moves that each walker accepted after burn-in; 0.2 to 0.5 is healthy. */
  acceptance: Float64Array;
}

/**
 * Samples a density. The same options with the same stream of random numbers give the same chain.
 *
 * @throws RangeError on walkers that are too few, odd, in a common plane, or start where the density vanishes, and on a
 *   density that is NaN or +Infinity, with the point
 */
export async function sampleEnsemble(options: EnsembleOptions): Promise<EnsembleResult> {
  const { logDensity, dimension, steps, burnIn = 0, thin = 1, random, stretch = 2 } = options;
  const walkers = options.initial.length / dimension;
  for (const [name, value, least] of [
    ['dimension', dimension, 1],
    ['steps', steps, 1],
    ['burnIn', burnIn, 0],
    ['thin', thin, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`ensemble: ${name} = ${value} must be an integer, ${least} or more`);
    }
  }
  if (!Number.isInteger(walkers) || walkers % 2 !== 0 || walkers < 2 * dimension) {
    throw new RangeError(
      `ensemble: ${walkers} walkers in ${dimension} dimensions; give an even number, ${2 * dimension} or more`,
    );
  }
  if (!(stretch > 1)) throw new RangeError(`ensemble: stretch = ${stretch} must be > 1`);
  const position = Float64Array.from(options.initial);
  requireSpread(position, dimension);

  const evaluate = async (points: Float64Array): Promise<Float64Array> => {
    const values = Float64Array.from(await logDensity(points));
    if (values.length !== points.length / dimension) {
      throw new RangeError(
        `ensemble: logDensity gave ${values.length} values for ${points.length / dimension} points`,
      );
    }
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i]!) || values[i] === Infinity) {
        const point = Array.from(points.subarray(i * dimension, (i + 1) * dimension)).join(', ');
        throw new RangeError(`ensemble: the log-density is ${values[i]} at (${point})`);
      }
    }
    return values;
  };
  const current = await evaluate(position.slice());
  const outside = current.indexOf(-Infinity);
  if (outside >= 0) throw new RangeError(`ensemble: walker ${outside} starts where the density is 0`);

  const half = walkers / 2;
  const proposal = new Float64Array(half * dimension);
  const logFactor = new Float64Array(half);
  const accepted = new Float64Array(walkers);
  const moveHalf = async (first: number): Promise<void> => {
    const others = first === 0 ? half : 0;
    for (let i = 0; i < half; i++) {
      // z from g(z) ∝ 1/√z on [1/a, a], by inverting its distribution function.
      const z = ((stretch - 1) * random() + 1) ** 2 / stretch;
      const partner = (others + Math.floor(random() * half)) * dimension;
      const walker = (first + i) * dimension;
      for (let a = 0; a < dimension; a++) {
        const anchor = position[partner + a]!;
        proposal[i * dimension + a] = anchor + z * (position[walker + a]! - anchor);
      }
      logFactor[i] = (dimension - 1) * Math.log(z);
    }
    const proposed = await evaluate(proposal);
    for (let i = 0; i < half; i++) {
      const walker = first + i;
      if (Math.log(1 - random()) > logFactor[i]! + proposed[i]! - current[walker]!) continue;
      current[walker] = proposed[i]!;
      position.set(proposal.subarray(i * dimension, (i + 1) * dimension), walker * dimension);
      accepted[walker] = accepted[walker]! + 1;
    }
  };
  const move = async (): Promise<void> => {
    await moveHalf(0);
    await moveHalf(half);
  };

  for (let step = 0; step < burnIn; step++) await move();
  accepted.fill(0);
  const values = new Float64Array(steps * walkers * dimension);
  const logDensities = new Float64Array(steps * walkers);
  for (let step = 0; step < steps; step++) {
    for (let j = 0; j < thin; j++) await move();
    values.set(position, step * walkers * dimension);
    logDensities.set(current, step * walkers);
  }
  return {
    values,
    walkers,
    dimension,
    logDensities,
    acceptance: accepted.map((count) => count / (steps * thin)),
  };
}

/** The moves are combinations of walkers: walkers in a common plane would never leave it. */
function requireSpread(position: Float64Array, dimension: number): void {
  const { covariance } = weightedMoments(position, dimension);
  const scale = Array.from({ length: dimension }, (_, a) => Math.sqrt(covariance[a * dimension + a]!));
  // Gaussian elimination of the correlation matrix: a pivot near 0 is a direction without spread.
  const c = covariance.map((value, i) => value / (scale[Math.floor(i / dimension)]! * scale[i % dimension]!));
  for (let p = 0; p < dimension; p++) {
    const pivot = c[p * dimension + p]!;
    if (!(pivot > 1e-12)) {
      throw new RangeError('ensemble: the walkers start at one value or in a common plane; scatter them');
    }
    for (let i = p + 1; i < dimension; i++) {
      const factor = c[i * dimension + p]! / pivot;
      for (let j = p; j < dimension; j++) {
        c[i * dimension + j] = c[i * dimension + j]! - factor * c[p * dimension + j]!;
      }
    }
  }
}
