/**
 * Are the posteriors right? Simulation-based calibration and TARP over maps with known θ, and, where the law of the maps is known,
 * each posterior against the exact one.
 */
import {
  coverageMass,
  type GridPosterior,
  posteriorOnGrid,
  sampleGrid,
  samplePosterior,
  simulationBasedCalibration,
  testUniformity,
  uniformStream,
  weightedMoments,
} from '@equiflow/flows';
import { foldIn, key } from '@equiflow/tensor';
import type { ExactModel } from '../exact.ts';
import type { MapStack } from '../maps.ts';
import { type OpenModel, prepareMap } from '../model.ts';
import { exactPosterior, gridMoments, type Moments, methodFor } from '../posterior.ts';
import { progressBar } from '../progress.ts';

/** Calibration over some maps. */
export interface Calibration {
  readonly maps: number;
  /** For each parameter and map the posterior's distribution function at the truth. */
  readonly ranks: readonly Float64Array[];
  /** p-value of each parameter: the smaller of Kolmogorov-Smirnov's and the χ² test's, doubled. */
  readonly rankPValues: readonly number[];
  /** Smallest of all, multiplied by their number. */
  readonly sbcPValue: number;
  /** Mass nearer to a random point than the truth, for each map. */
  readonly tarp: Float64Array;
  readonly tarpPValue: number;
  readonly posteriors: readonly Moments[];
  readonly truths: Float64Array;
  readonly exact: PosteriorComparison | null;
}

/** Flow posteriors against exact ones, for each parameter. */
export interface PosteriorComparison {
  readonly posteriors: readonly Moments[];
  /** rms of σ_flow/σ_exact − 1. */
  readonly widthError: readonly number[];
  /** Mean of |mean_flow − mean_exact|/σ_exact. */
  readonly meanShift: readonly number[];
}

const DRAWS = 400;

/** Posteriors of `chosen` maps with their θ [count, P]; at least 10 maps. */
export async function calibrate(
  model: OpenModel,
  maps: MapStack,
  chosen: Int32Array,
  truths: Float64Array,
  exact: ExactModel | null,
  seed: number,
): Promise<Calibration> {
  const { prior, evaluator } = model;
  const width = prior.names.length;
  const method = methodFor(prior, 'auto');
  const random = uniformStream(foldIn(key(seed), 8));
  const scale = prior.low.map((low, axis) => prior.high[axis]! - low);
  const ranks = prior.names.map(() => new Float64Array(chosen.length));
  const tarp = new Float64Array(chosen.length);
  const posteriors: Moments[] = [];
  const exacts: Moments[] = [];
  const bar = progressBar('calibration', chosen.length);
  for (const [i, map] of chosen.entries()) {
    const prepared = prepareMap(model, maps, map);
    const truth = truths.subarray(i * width, (i + 1) * width);
    let draws: Float64Array;
    if (method === 'grid') {
      const grid = await posteriorOnGrid(evaluator, prepared.values, prior);
      posteriors.push(gridMoments(grid, prior, prepared.correction));
      ranks.forEach((rank, axis) => {
        rank[i] = distributionAt(grid, axis, truth[axis]!);
      });
      draws = sampleGrid(grid, foldIn(foldIn(key(seed), 9), i), DRAWS);
    } else {
      const chain = await samplePosterior(evaluator, prepared.values, prior, { seed: seed + i });
      const { mean, covariance } = weightedMoments(chain.values, width);
      posteriors.push({ mean, covariance, std: mean.map((_, a) => Math.sqrt(covariance[a * width + a]!)) });
      draws = chain.values;
      ranks.forEach((rank, axis) => {
        let below = 0;
        for (let at = axis; at < draws.length; at += width) if (draws[at]! < truth[axis]!) below++;
        rank[i] = (below + random()) / (draws.length / width + 1);
      });
    }
    const reference = prior.low.map((low, axis) => low + scale[axis]! * random());
    tarp[i] = coverageMass({ points: draws }, truth, reference, scale, random());
    if (exact) exacts.push(gridMoments(await exactPosterior(exact.of(prepared.values), prior), prior));
    bar.to(i + 1);
  }
  bar.end();
  const sbc = simulationBasedCalibration(ranks);
  const test = testUniformity(tarp);
  return {
    maps: chosen.length,
    ranks,
    rankPValues: sbc.parameters.map(({ kolmogorovSmirnov, chiSquare }) =>
      Math.min(1, 2 * Math.min(kolmogorovSmirnov.pValue, chiSquare.pValue)),
    ),
    sbcPValue: sbc.pValue,
    tarp,
    tarpPValue: Math.min(1, 2 * Math.min(test.kolmogorovSmirnov.pValue, test.chiSquare.pValue)),
    posteriors,
    truths,
    exact: exact ? compare(posteriors, exacts, width) : null,
  };
}

/** P(θ_a < value) of a posterior on a grid: each point's mass is spread evenly over its own box. */
function distributionAt({ grid, mass }: GridPosterior, axis: number, value: number): number {
  const { low, high, dimensions } = grid;
  let total = 0;
  for (let i = 0; i < mass.length; i++) {
    const [from, to] = [low[i * dimensions + axis]!, high[i * dimensions + axis]!];
    total += mass[i]! * Math.min(1, Math.max(0, (value - from) / (to - from)));
  }
  return Math.min(1, total);
}

function compare(flow: readonly Moments[], exact: readonly Moments[], width: number): PosteriorComparison {
  const mean = (of: (i: number) => number): number =>
    flow.reduce((total, _, i) => total + of(i), 0) / flow.length;
  const axes = Array.from({ length: width }, (_, axis) => axis);
  return {
    posteriors: exact,
    widthError: axes.map((a) => Math.sqrt(mean((i) => (flow[i]!.std[a]! / exact[i]!.std[a]! - 1) ** 2))),
    meanShift: axes.map((a) =>
      mean((i) => Math.abs(flow[i]!.mean[a]! - exact[i]!.mean[a]!) / exact[i]!.std[a]!),
    ),
  };
}
