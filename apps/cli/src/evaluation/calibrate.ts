/**
 * Are the posteriors right? Simulation-based calibration and TARP over maps with known θ; where the law of the maps is known, each
 * posterior against the exact one; and, where simulations for it are given, beside that of the power spectrum alone.
 */
import {
  coverageMass,
  type GridPosterior,
  posteriorOnGrid,
  quantiles,
  sampleGrid,
  samplePosterior,
  simulationBasedCalibration,
  testUniformity,
  uniformStream,
  weightedMoments,
} from '@equiflow/flows';
import { foldIn, key, type RandomKey } from '@equiflow/tensor';
import type { ExactModel } from '../exact.ts';
import type { MapStack } from '../maps.ts';
import { type OpenModel, prepareMap } from '../model.ts';
import type { NamedPrior } from '../options.ts';
import { exactPosterior, gridMoments, type Moments, methodFor } from '../posterior.ts';
import { progressBar } from '../progress.ts';
import { type Estimate, estimate } from './likelihood.ts';
import type { SpectrumLikelihood } from './spectrum-likelihood.ts';

/** How well the posteriors of some maps are calibrated. */
export interface Coverage {
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
}

/** Calibration over some maps. */
export interface Calibration extends Coverage {
  readonly maps: number;
  readonly truths: Float64Array;
  readonly exact: PosteriorComparison | null;
  readonly spectrum: SpectrumComparison | null;
}

/** The posteriors of the power spectrum alone, of the same maps. */
export interface SpectrumComparison extends Coverage {
  /** Bins of k, and maps that its likelihood was fitted to. */
  readonly bins: number;
  readonly fittedTo: number;
  /** Mean over the maps of ln p(θ_true | map), nats: flow − spectrum; positive where the flow tells more. */
  readonly information: Estimate;
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

/** One posterior, as far as calibration wants it. */
interface Judged {
  readonly moments: Moments;
  /** The posterior's distribution function at the truth, one a parameter. */
  readonly ranks: readonly number[];
  readonly draws: Float64Array;
}

/** A posterior on a grid. */
function judgeGrid(
  grid: GridPosterior,
  truth: Float64Array,
  prior: NamedPrior,
  from: RandomKey,
  correction = 0,
): Judged {
  return {
    moments: gridMoments(grid, prior, correction),
    ranks: Array.from(truth, (value, axis) => distributionAt(grid, axis, value)),
    draws: sampleGrid(grid, from, DRAWS),
  };
}

/** A posterior as draws; ties are broken at random. */
function judgeDraws(draws: Float64Array, truth: Float64Array, random: () => number): Judged {
  const width = truth.length;
  const { mean, covariance } = weightedMoments(draws, width);
  return {
    moments: { mean, covariance, std: mean.map((_, a) => Math.sqrt(covariance[a * width + a]!)) },
    ranks: Array.from(truth, (value, axis) => {
      let below = 0;
      for (let at = axis; at < draws.length; at += width) if (draws[at]! < value) below++;
      return (below + random()) / (draws.length / width + 1);
    }),
    draws,
  };
}

/** Joins what was found map by map. @param tarp coverage of each map's posterior around a random point */
function coverageOf(judged: readonly Judged[], tarp: Float64Array, width: number): Coverage {
  const ranks = Array.from({ length: width }, (_, axis) =>
    Float64Array.from(judged, (one) => one.ranks[axis]!),
  );
  const sbc = simulationBasedCalibration(ranks);
  const test = testUniformity(tarp);
  return {
    ranks,
    rankPValues: sbc.parameters.map(({ kolmogorovSmirnov, chiSquare }) =>
      Math.min(1, 2 * Math.min(kolmogorovSmirnov.pValue, chiSquare.pValue)),
    ),
    sbcPValue: sbc.pValue,
    tarp,
    tarpPValue: Math.min(1, 2 * Math.min(test.kolmogorovSmirnov.pValue, test.chiSquare.pValue)),
    posteriors: judged.map(({ moments }) => moments),
  };
}

/** Posteriors of `chosen` maps with their θ [count, P]; at least 10 maps. */
export async function calibrate(
  model: OpenModel,
  maps: MapStack,
  chosen: Int32Array,
  truths: Float64Array,
  { exact, spectrum }: { readonly exact: ExactModel | null; readonly spectrum: SpectrumLikelihood | null },
  seed: number,
): Promise<Calibration> {
  const { prior, evaluator } = model;
  const width = prior.names.length;
  const method = methodFor(prior, 'auto');
  const random = uniformStream(foldIn(key(seed), 8));
  const scale = prior.low.map((low, axis) => prior.high[axis]! - low);
  const flow: Judged[] = [];
  const other: Judged[] = [];
  const tarp = { flow: new Float64Array(chosen.length), other: new Float64Array(chosen.length) };
  const gains = new Float64Array(chosen.length);
  const exacts: Moments[] = [];
  const bar = progressBar('calibration', chosen.length);
  for (const [i, map] of chosen.entries()) {
    const { values, correction } = prepareMap(model, maps, map);
    const truth = truths.slice(i * width, (i + 1) * width);
    const drawKey = foldIn(foldIn(key(seed), 9), i);
    let logFlow = Number.NaN;
    if (method === 'grid') {
      const grid = await posteriorOnGrid(evaluator, values, prior);
      flow.push(judgeGrid(grid, truth, prior, drawKey, correction));
      if (spectrum) logFlow = (await evaluator.logProbOfMap(values, truth))[0]! - grid.logIntegral;
    } else {
      const chain = await samplePosterior(evaluator, values, prior, { seed: seed + i });
      flow.push(judgeDraws(chain.values, truth, random));
    }
    const reference = prior.low.map((low, axis) => low + scale[axis]! * random());
    const tie = random();
    const coverage = ({ draws }: Judged): number =>
      coverageMass({ points: draws }, truth, reference, scale, tie);
    tarp.flow[i] = coverage(flow[i]!);
    if (exact) exacts.push(gridMoments(await exactPosterior(exact.of(values), prior), prior));
    if (spectrum) {
      const logProb = spectrum.of(maps.source.readRowsSync(map, map + 1, 'float64'));
      const grid = await exactPosterior(logProb, prior);
      other.push(judgeGrid(grid, truth, prior, drawKey));
      tarp.other[i] = coverage(other[i]!);
      gains[i] = logFlow - (logProb(truth)[0]! - grid.logIntegral);
    }
    bar.to(i + 1);
  }
  bar.end();
  const own = coverageOf(flow, tarp.flow, width);
  return {
    maps: chosen.length,
    truths,
    ...own,
    exact: exact ? compare(own.posteriors, exacts, width) : null,
    spectrum: spectrum
      ? {
          ...coverageOf(other, tarp.other, width),
          bins: spectrum.k.length,
          fittedTo: spectrum.maps,
          information: estimate(gains),
        }
      : null,
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

/** What posteriors of known truths amount to, one entry a parameter. */
export interface PosteriorQuality {
  /** Median over the maps of the standard deviations. */
  readonly sigma: readonly number[];
  /** Root mean square of mean − truth. */
  readonly error: readonly number[];
  /** Root mean square of (mean − truth)/σ: 1 for Gaussian posteriors that are right. */
  readonly pull: readonly number[];
}

/** @param truths [maps, P] */
export function posteriorQuality(posteriors: readonly Moments[], truths: Float64Array): PosteriorQuality {
  const width = truths.length / posteriors.length;
  const axes = Array.from({ length: width }, (_, axis) => axis);
  const difference = (i: number, axis: number): number =>
    posteriors[i]!.mean[axis]! - truths[i * width + axis]!;
  const rms = (of: (i: number) => number): number =>
    Math.sqrt(posteriors.reduce((sum, _, i) => sum + of(i) ** 2, 0) / posteriors.length);
  return {
    sigma: axes.map(
      (axis) =>
        quantiles(
          posteriors.map(({ std }) => std[axis]!),
          [0.5],
        )[0]!,
    ),
    error: axes.map((axis) => rms((i) => difference(i, axis))),
    pull: axes.map((axis) => rms((i) => difference(i, axis) / posteriors[i]!.std[axis]!)),
  };
}
