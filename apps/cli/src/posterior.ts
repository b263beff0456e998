/** The posterior of one map in numbers: moments, evidence, draws; on the adaptive grid, or by the ensemble sampler. */
import {
  adaptiveGrid,
  type Evaluator,
  type GridPosterior,
  gridPosterior,
  posteriorOnGrid,
  sampleGrid,
  samplePosterior,
  weightedMoments,
} from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import type { ExactLogProb } from './exact.ts';
import { logPriorVolume, type PreparedMap } from './model.ts';
import type { NamedPrior } from './options.ts';

/** Moments of a posterior. */
export interface Moments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Row-major [P, P]. */
  readonly covariance: Float64Array;
  /** ln p(x) under the uniform prior, nats; absent where a sampler was used. */
  readonly logEvidence?: number;
}

/** A posterior with independent draws. */
export interface MapPosterior extends Moments {
  /** [count, P] */
  readonly draws: Float64Array;
  /** ln p(x|θ) of every draw, nats. */
  readonly logLikelihoods: Float64Array;
  /** How many independent draws they are worth. */
  readonly effectiveSamples: number;
}

/** How a posterior is made. */
export interface PosteriorOptions {
  readonly method: 'grid' | 'sampler';
  /** Draws to keep. */
  readonly samples: number;
  readonly seed: number;
}

/** The grid serves up to three parameters. */
export function methodFor(prior: NamedPrior, asked: 'auto' | 'grid' | 'sampler'): 'grid' | 'sampler' {
  return asked === 'auto' ? (prior.names.length <= 3 ? 'grid' : 'sampler') : asked;
}

/** Moments of a posterior on a grid. */
export function gridMoments(posterior: GridPosterior, prior: NamedPrior, correction = 0): Moments {
  const { mean, covariance, logIntegral } = posterior;
  const n = mean.length;
  return {
    mean,
    covariance,
    std: mean.map((_, axis) => Math.sqrt(covariance[axis * n + axis]!)),
    logEvidence: logIntegral - logPriorVolume(prior) + correction,
  };
}

/** The posterior of a map under a flow. */
export async function mapPosterior(
  evaluator: Evaluator,
  { values, correction }: PreparedMap,
  prior: NamedPrior,
  { method, samples, seed }: PosteriorOptions,
): Promise<MapPosterior> {
  if (method === 'grid') {
    const grid = await posteriorOnGrid(evaluator, values, prior);
    const draws = sampleGrid(grid, foldIn(key(seed), 1), samples);
    const logs = await evaluator.logProbOfMap(values, draws);
    return {
      ...gridMoments(grid, prior, correction),
      draws,
      logLikelihoods: logs.map((value) => value + correction),
      effectiveSamples: samples,
    };
  }
  const walkers = 32;
  const chain = await samplePosterior(evaluator, values, prior, {
    seed,
    walkers,
    steps: Math.max(200, Math.ceil(samples / walkers)),
  });
  const { mean, covariance } = weightedMoments(chain.values, prior.names.length);
  return {
    mean,
    covariance,
    std: mean.map((_, axis) => Math.sqrt(covariance[axis * mean.length + axis]!)),
    draws: chain.values,
    logLikelihoods: chain.logDensities.map((value) => value + correction),
    effectiveSamples: Math.min(...chain.effectiveSamples),
  };
}

/** The exact posterior of a map on a grid of its own. */
export async function exactPosterior(logProb: ExactLogProb, prior: NamedPrior): Promise<GridPosterior> {
  return gridPosterior(await adaptiveGrid((points) => logProb(points), prior));
}
