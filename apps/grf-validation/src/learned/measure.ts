/** What a trained flow is measured by: each function takes the flow's evaluator and the exact family, and gives numbers. */
import { radialFilter } from '@equiflow/fft-mesh';
import {
  type AdaptiveGrid,
  adaptiveGrid,
  type Evaluator,
  fisherMatrix,
  type GridPosterior,
  gridPosterior,
  posteriorRanks,
  sampleGrid,
  simulationBasedCalibration,
  tarp,
  uniformStream,
  uniformsOfRanks,
} from '@equiflow/flows';
import { compile, foldIn, key, randomNormal, type Tensor } from '@equiflow/tensor';
import { directTransform, type ModePower, modePower, powerOf } from '../direct/mode-power.ts';
import { type GaussianFamily, PRIOR } from './gaussian-family.ts';
import { type DrawnMaps, mapsInMemory } from './maps.ts';
import { type FisherDistance, fisherDistance, type WhiteningBins, whiteningBins } from './statistics.ts';

const mapOf = ({ maps, count }: DrawnMaps, index: number): Float32Array => {
  const cells = maps.length / count;
  return maps.subarray(index * cells, (index + 1) * cells);
};

const thetaOf = ({ thetas }: DrawnMaps, index: number): Float64Array =>
  thetas.subarray(2 * index, 2 * index + 2);

/** The power of the modes of every map. */
export function modesOf(family: GaussianFamily, maps: DrawnMaps): ModePower[] {
  return Array.from({ length: maps.count }, (_, i) => modePower(mapOf(maps, i), family.side, 2));
}

/** ln p of every map at its own θ, nats. */
export interface Likelihoods {
  readonly exact: Float64Array;
  readonly flow: Float64Array;
}

/** ln p(x_i|θ_i), exact and by the flow. */
export async function likelihoods(
  family: GaussianFamily,
  evaluator: Evaluator,
  maps: DrawnMaps,
  modes: readonly ModePower[],
): Promise<Likelihoods> {
  return {
    exact: Float64Array.from(modes, (mode, i) => family.logProb(mode, thetaOf(maps, i))[0]!),
    flow: await evaluator.logProb(maps.maps, maps.thetas),
  };
}

/** One map's posteriors on one grid, and draws of each. */
export interface PosteriorPair {
  readonly truth: Float64Array;
  readonly exact: GridPosterior;
  readonly flow: GridPosterior;
}

/** Both posteriors of each of the first `count` maps, on the grid that the exact one refines. */
export async function posteriorPairs(
  family: GaussianFamily,
  evaluator: Evaluator,
  maps: DrawnMaps,
  modes: readonly ModePower[],
  count: number,
  onMap: (done: number) => void,
): Promise<PosteriorPair[]> {
  const pairs: PosteriorPair[] = [];
  for (let i = 0; i < count; i++) {
    const grid = await adaptiveGrid((points) => family.logProb(modes[i]!, points), PRIOR);
    pairs.push({
      truth: thetaOf(maps, i),
      exact: gridPosterior(grid),
      flow: gridPosterior(grid, await flowOnGrid(evaluator, mapOf(maps, i), grid)),
    });
    onMap(i + 1);
  }
  return pairs;
}

/** Nats below the exact peak beyond which the flow is not asked: e⁻³⁰ of the peak's density. */
const DEPTH = 30;

/**
 * The flow's ln p at the points of a grid. Where the exact density is negligible by {@link DEPTH} nats the flow's is
 * asked at one point in eight only, and if it is not negligible there too, everywhere: no mass is lost by looking away.
 */
export async function flowOnGrid(
  evaluator: Pick<Evaluator, 'logProbOfMap'>,
  map: Float32Array,
  grid: AdaptiveGrid,
): Promise<Float64Array> {
  const { points, logDensity, count, dimensions } = grid;
  const peak = logDensity.reduce((a, b) => Math.max(a, b));
  const near: number[] = [];
  const far: number[] = [];
  for (let i = 0; i < count; i++) {
    if (logDensity[i]! > peak - DEPTH) near.push(i);
    else far.push(i);
  }
  const result = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  const ask = async (which: readonly number[]): Promise<void> => {
    if (which.length === 0) return;
    const thetas = new Float64Array(which.length * dimensions);
    which.forEach((i, at) => {
      thetas.set(points.subarray(i * dimensions, (i + 1) * dimensions), at * dimensions);
    });
    const values = await evaluator.logProbOfMap(map, thetas);
    which.forEach((i, at) => {
      result[i] = values[at]!;
    });
  };
  const probes = far.filter((_, at) => at % 8 === 0);
  await ask([...near, ...probes]);
  const flowPeak = result.reduce((a, b) => Math.max(a, b));
  if (probes.some((i) => result[i]! > flowPeak - DEPTH / 2)) await ask(far.filter((_, at) => at % 8 !== 0));
  return result;
}

/** Calibration of posteriors: fractions for figures, p-values for limits. */
export interface Calibration {
  /** Ranks of the true values as fractions, [parameter][map]. */
  readonly ranks: readonly Float64Array[];
  readonly rankPValues: readonly number[];
  /** TARP's fractions, [map]. */
  readonly coverage: Float64Array;
  /** Smallest p-value of all tests of the ranks, multiplied by their number. */
  readonly sbc: number;
  /** Smaller p-value of the Kolmogorov-Smirnov and the χ² test of TARP's fractions, multiplied by two. */
  readonly tarp: number;
}

const DRAWS = 499;

/** SBC with {@link DRAWS} draws a map, and TARP with the whole weighted grid. */
export function calibration(
  truths: readonly Float64Array[],
  posteriors: readonly GridPosterior[],
  seed: number,
): Calibration {
  const parameters = PRIOR.low.length;
  const random = uniformStream(key(seed));
  const ranks = posteriors.map((posterior, i) =>
    posteriorRanks(sampleGrid(posterior, foldIn(key(seed + 1), i), DRAWS), truths[i]!),
  );
  const uniforms = Array.from({ length: parameters }, (_, a) =>
    uniformsOfRanks(
      ranks.map((row) => row[a]!),
      DRAWS,
      random,
    ),
  );
  const sbc = simulationBasedCalibration(uniforms);
  const expected = tarp({
    truths: Float64Array.from(truths.flatMap((truth) => [...truth])),
    lower: PRIOR.low,
    upper: PRIOR.high,
    posterior: (i) => ({ points: sampleGrid(posteriors[i]!, foldIn(key(seed + 2), i), DRAWS) }),
    random,
  });
  const { kolmogorovSmirnov, chiSquare } = expected.test;
  return {
    ranks: uniforms,
    rankPValues: sbc.parameters.map((test) => test.kolmogorovSmirnov.pValue),
    coverage: expected.coverage,
    sbc: sbc.pValue,
    tarp: Math.min(1, 2 * Math.min(kolmogorovSmirnov.pValue, chiSquare.pValue)),
  };
}

/** A Fisher matrix of the flow beside the analytic one. */
export interface FisherComparison extends FisherDistance {
  readonly theta: readonly number[];
  readonly analytic: Float64Array;
  readonly flow: Float64Array;
}

/** The mean negative Hessian of the flow over maps drawn at θ. */
export async function fisherAt(
  family: GaussianFamily,
  evaluator: Evaluator,
  theta: readonly [number, number],
  count: number,
  seed: number,
): Promise<FisherComparison> {
  const repeat = (at: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: 2 * count }, (_, i) => at[i % 2]!);
  const { maps } = mapsInMemory(family, repeat(theta), seed);
  const analytic = family.fisher(...theta);
  const steps = [0, 1].map((axis) => 0.1 / Math.sqrt(analytic[3 * axis]!));
  const found = await fisherMatrix((at) => evaluator.thetaGradient(maps, repeat(at)), theta, steps);
  return { theta, analytic, flow: found.fisher, ...fisherDistance(analytic, found) };
}

/** Whiteness of the latents, in bins of ln k, and of the k = 0 mode. */
export interface Whitening extends WhiteningBins {
  /** Σ z₀ w₀/Σ w₀² − 1 of the mean of the map. */
  readonly mean: number;
}

/** The flow's latents z against the exact whitening w of the same maps. */
export async function whitening(
  family: GaussianFamily,
  evaluator: Evaluator,
  maps: DrawnMaps,
  count: number,
  bins: number,
): Promise<Whitening> {
  const { side, squares, multiplicity } = family;
  const cells = side ** 2;
  const latents = await evaluator.latent(
    maps.maps.subarray(0, count * cells),
    maps.thetas.subarray(0, 2 * count),
  );
  const sums = {
    cross: new Float64Array(squares.length),
    z: new Float64Array(squares.length),
    w: new Float64Array(squares.length),
  };
  for (let i = 0; i < count; i++) {
    const x = directTransform(mapOf(maps, i), side, 2);
    const z = directTransform(latents.subarray(i * cells, (i + 1) * cells), side, 2);
    const [omegaM, sigma8] = thetaOf(maps, i);
    const variances = family.variances(omegaM!, sigma8!);
    const cross = powerOf(z, x, side, 2).power;
    const zPower = powerOf(z, null, side, 2).power;
    const xPower = powerOf(x, null, side, 2).power;
    for (let s = 0; s < squares.length; s++) {
      sums.cross[s]! += cross[s]! / Math.sqrt(variances[s]!);
      sums.z[s]! += zPower[s]!;
      sums.w[s]! += xPower[s]! / variances[s]!;
    }
  }
  return {
    ...whiteningBins(squares, multiplicity, sums, bins),
    mean: sums.cross[0]! / sums.w[0]! - 1,
  };
}

/** Maps made from the same white noise, one at each θ, by the flow and by the exact √P_k. */
export interface SampledMaps {
  readonly side: number;
  readonly thetas: readonly (readonly number[])[];
  readonly exact: readonly Float64Array[];
  readonly flow: readonly Float64Array[];
}

/** One map at each θ: f⁻¹(w) of the flow beside F⁻¹ √P_k F w. */
export async function sampledMaps(
  family: GaussianFamily,
  evaluator: Evaluator,
  thetas: readonly (readonly [number, number])[],
): Promise<SampledMaps> {
  const { side } = family;
  const cells = side ** 2;
  const white = randomNormal(key(5001), [thetas.length * cells], 'float64');
  const generated = await evaluator.generate(white, Float64Array.from(thetas.flat()));
  const program = compile(
    (w: Tensor, deviations: Tensor) => radialFilter(w, deviations),
    [
      { shape: [1, side, side], dtype: 'float64' },
      { shape: [1, family.squares.length], dtype: 'float64' },
    ],
  );
  const exact = thetas.map((theta, i) => {
    const deviations = family.variances(...theta).map(Math.sqrt);
    return program.run([white.subarray(i * cells, (i + 1) * cells), deviations])[0]!.slice() as Float64Array;
  });
  program.dispose();
  return { side, thetas, exact, flow: thetas.map((_, i) => generated.slice(i * cells, (i + 1) * cells)) };
}

/** Both posteriors of one map on a regular grid, to be drawn. */
export interface PosteriorPicture {
  readonly truth: readonly number[];
  readonly axes: readonly Float64Array[];
  /** Density on the scale of its peak, [Ω_m, σ_8], σ_8 fastest. */
  readonly exact: Float64Array;
  readonly flow: Float64Array;
}

/** Evaluates both posteriors on 56 × 56 points over ±4.5 σ of the exact one, inside the prior. */
export async function posteriorPicture(
  family: GaussianFamily,
  evaluator: Pick<Evaluator, 'logProbOfMap'>,
  maps: DrawnMaps,
  modes: readonly ModePower[],
  index: number,
  exact: GridPosterior,
): Promise<PosteriorPicture> {
  const points = 56;
  const axes = [0, 1].map((a) => {
    const sigma = Math.sqrt(exact.covariance[3 * a]!);
    const from = Math.max(PRIOR.low[a]!, exact.mean[a]! - 4.5 * sigma);
    const to = Math.min(PRIOR.high[a]!, exact.mean[a]! + 4.5 * sigma);
    return Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  });
  const thetas = Float64Array.from({ length: 2 * points ** 2 }, (_, i) => {
    const at = i >> 1;
    return i % 2 === 0 ? axes[0]![Math.floor(at / points)]! : axes[1]![at % points]!;
  });
  const relative = (logDensity: Float64Array): Float64Array => {
    const peak = logDensity.reduce((a, b) => Math.max(a, b));
    return logDensity.map((value) => Math.exp(value - peak));
  };
  return {
    truth: [...thetaOf(maps, index)],
    axes,
    exact: relative(family.logProb(modes[index]!, thetas)),
    flow: relative(await evaluator.logProbOfMap(mapOf(maps, index), thetas)),
  };
}
