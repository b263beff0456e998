/** Posteriors of θ under a flow and a uniform prior: on a self-refining grid for up to three parameters, else by a sampler. */
import { key, randomUniform } from '@equiflow/tensor';
import { effectiveSampleSize } from '../calibration/autocorrelation.ts';
import { type EnsembleResult, sampleEnsemble } from '../calibration/ensemble.ts';
import { uniformStream } from '../calibration/uniform-stream.ts';
import type { Evaluator } from '../evaluator.ts';
import { type AdaptiveGridOptions, adaptiveGrid, type Box } from './adaptive-grid.ts';
import { type GridPosterior, gridPosterior } from './grid-posterior.ts';

/** The posterior of one map on an adaptive grid, normalised by quadrature over the prior. */
export async function posteriorOnGrid(
  evaluator: Pick<Evaluator, 'logProbOfMap'>,
  map: Float32Array | Float64Array,
  prior: Box,
  options: AdaptiveGridOptions = {},
): Promise<GridPosterior> {
  return gridPosterior(await adaptiveGrid((points) => evaluator.logProbOfMap(map, points), prior, options));
}

/** How to sample a posterior. */
export interface PosteriorSamplingOptions {
  readonly seed: number;
  /** Walkers of the ensemble, even. Default 32. */
  readonly walkers?: number;
  /** Steps forgotten at the start. Default 300. */
  readonly burnIn?: number;
  /** Steps kept. Default 700. */
  readonly steps?: number;
}

/** Samples of a posterior with how many independent ones they are worth, per parameter. */
export interface SampledPosterior extends EnsembleResult {
  readonly effectiveSamples: Float64Array;
}

/**
 * The posterior of one map by the affine-invariant ensemble sampler, for any number of parameters. The walkers start at
 * the best of many draws from the prior.
 * @throws RangeError when the density vanishes at all of them.
 */
export async function samplePosterior(
  evaluator: Pick<Evaluator, 'logProbOfMap'>,
  map: Float32Array | Float64Array,
  prior: Box,
  options: PosteriorSamplingOptions,
): Promise<SampledPosterior> {
  const { seed, walkers = 32, burnIn = 300, steps = 700 } = options;
  const dimension = prior.low.length;
  const candidates = randomUniform(key(seed), [8 * walkers, dimension], 'float64').map((u, i) => {
    const axis = i % dimension;
    return prior.low[axis]! + u * (prior.high[axis]! - prior.low[axis]!);
  });
  const densities = await evaluator.logProbOfMap(map, candidates);
  const order = Array.from(densities, (_, i) => i).sort((a, b) => densities[b]! - densities[a]!);
  const initial = Float64Array.from(
    { length: walkers * dimension },
    (_, i) => candidates[order[Math.floor(i / dimension)]! * dimension + (i % dimension)]!,
  );
  const result = await sampleEnsemble({
    dimension,
    initial,
    burnIn,
    steps,
    random: uniformStream(key(seed + 1)),
    logDensity: (points) =>
      densityInside(points, dimension, prior, (inside) => evaluator.logProbOfMap(map, inside)),
  });
  return { ...result, effectiveSamples: Float64Array.from(effectiveSampleSize(result)) };
}

/** Asks for the density of the points inside the prior alone; −∞ outside. */
async function densityInside(
  points: Float64Array,
  dimension: number,
  { low, high }: Box,
  logDensity: (points: Float64Array) => Promise<Float64Array>,
): Promise<Float64Array> {
  const count = points.length / dimension;
  const result = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const inside: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = points.subarray(i * dimension, (i + 1) * dimension);
    if (row.every((value, axis) => value >= low[axis]! && value <= high[axis]!)) inside.push(i);
  }
  if (inside.length === 0) return result;
  const kept = new Float64Array(inside.length * dimension);
  inside.forEach((from, to) => {
    kept.set(points.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  });
  const values = await logDensity(kept);
  inside.forEach((at, i) => {
    result[at] = values[i]!;
  });
  return result;
}
