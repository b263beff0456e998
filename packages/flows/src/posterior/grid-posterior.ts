/** What a posterior on an adaptive grid tells: evidence, moments, marginals, samples. */
import { type RandomKey, randomUniform } from '@equiflow/tensor';
import type { AdaptiveGrid } from './adaptive-grid.ts';

/** A normalised posterior on the points of a grid. */
export interface GridPosterior {
  readonly grid: AdaptiveGrid;
  /** Probability of each point's sub-box; they add to 1. */
  readonly mass: Float64Array;
  /** ln ∫ density dθ over the box, nats (the evidence times the prior's volume). */
  readonly logIntegral: number;
  readonly mean: Float64Array;
  /** Row-major [dimensions, dimensions]. */
  readonly covariance: Float64Array;
}

/**
 * Normalises a density on a grid. `logDensity` replaces the one that the grid was refined for, so that two
 * posteriors can be compared on the same points.
 */
export function gridPosterior(grid: AdaptiveGrid, logDensity: Float64Array = grid.logDensity): GridPosterior {
  const { count, dimensions, points, volumes } = grid;
  let peak = -Infinity;
  for (const value of logDensity) peak = Math.max(peak, value);
  const mass = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    mass[i] = volumes[i]! * Math.exp(logDensity[i]! - peak);
    total += mass[i]!;
  }
  if (!(total > 0)) throw new RangeError('gridPosterior: the density vanishes at every point of the grid');
  const mean = new Float64Array(dimensions);
  for (let i = 0; i < count; i++) {
    mass[i]! /= total;
    for (let a = 0; a < dimensions; a++) mean[a]! += mass[i]! * points[i * dimensions + a]!;
  }
  const covariance = new Float64Array(dimensions * dimensions);
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < dimensions; a++) {
      for (let b = 0; b < dimensions; b++) {
        covariance[a * dimensions + b]! +=
          mass[i]! * (points[i * dimensions + a]! - mean[a]!) * (points[i * dimensions + b]! - mean[b]!);
      }
    }
  }
  return { grid, mass, logIntegral: peak + Math.log(total), mean, covariance };
}

/** Draws from the posterior, [count, dimensions]: a point by its mass, then a place in its sub-box. */
export function sampleGrid({ grid, mass }: GridPosterior, key: RandomKey, count: number): Float64Array {
  const { dimensions, low, high } = grid;
  const cumulative = new Float64Array(mass.length);
  let sum = 0;
  mass.forEach((value, i) => {
    sum += value;
    cumulative[i] = sum;
  });
  const uniform = randomUniform(key, [count, dimensions + 1], 'float64');
  const samples = new Float64Array(count * dimensions);
  for (let draw = 0; draw < count; draw++) {
    const target = uniform[draw * (dimensions + 1)]! * sum;
    let [left, right] = [0, cumulative.length - 1];
    while (left < right) {
      const middle = (left + right) >> 1;
      if (cumulative[middle]! > target) right = middle;
      else left = middle + 1;
    }
    for (let axis = 0; axis < dimensions; axis++) {
      const at = left * dimensions + axis;
      samples[draw * dimensions + axis] =
        low[at]! + uniform[draw * (dimensions + 1) + axis + 1]! * (high[at]! - low[at]!);
    }
  }
  return samples;
}

/** Density of one parameter, averaged over `bins` equal bins from `low` to `high`. */
export function marginal(
  { grid, mass }: GridPosterior,
  axis: number,
  range: readonly [number, number],
  bins: number,
): { readonly centres: Float64Array; readonly density: Float64Array } {
  const { dimensions, low, high, count } = grid;
  const width = (range[1] - range[0]) / bins;
  const density = new Float64Array(bins);
  for (let i = 0; i < count; i++) {
    spread(
      density,
      (low[i * dimensions + axis]! - range[0]) / width,
      (high[i * dimensions + axis]! - range[0]) / width,
      mass[i]! / width,
    );
  }
  return { centres: Float64Array.from({ length: bins }, (_, i) => range[0] + (i + 0.5) * width), density };
}

/** Joint density of two parameters over equal bins, row-major [bins of b, bins of a]. */
export function jointMarginal(
  { grid, mass }: GridPosterior,
  [a, b]: readonly [number, number],
  ranges: readonly [readonly [number, number], readonly [number, number]],
  bins: number,
): Float64Array {
  const { dimensions, low, high, count } = grid;
  const [wa, wb] = ranges.map(([from, to]) => (to - from) / bins) as [number, number];
  const density = new Float64Array(bins * bins);
  const row = new Float64Array(bins);
  for (let i = 0; i < count; i++) {
    if (mass[i] === 0) continue;
    row.fill(0);
    spread(
      row,
      (low[i * dimensions + b]! - ranges[1][0]) / wb,
      (high[i * dimensions + b]! - ranges[1][0]) / wb,
      mass[i]! / (wa * wb),
    );
    for (let j = 0; j < bins; j++) {
      if (row[j] === 0) continue;
      spread(
        density.subarray(j * bins, (j + 1) * bins),
        (low[i * dimensions + a]! - ranges[0][0]) / wa,
        (high[i * dimensions + a]! - ranges[0][0]) / wa,
        row[j]!,
      );
    }
  }
  return density;
}

/** Spreads an amount evenly over the bins between two places, measured in bins; what lies outside is left out. */
function spread(bins: Float64Array, from: number, to: number, amount: number): void {
  const perBin = amount / (to - from);
  for (let bin = Math.max(0, Math.floor(from)); bin < Math.min(bins.length, Math.ceil(to)); bin++) {
    bins[bin]! += perBin * (Math.min(to, bin + 1) - Math.max(from, bin));
  }
}
