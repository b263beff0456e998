/**
 * Maps whose mean vanishes by construction (an overdensity of a periodic box) lie on N^d − 1 dimensions, where a density of N^d
 * dimensions has no upper bound. Before the flow they get a seeded draw m of fixed variance, independent of θ, whose
 * log-density is subtracted from what is reported, so that the answer is the density on the N^d − 1 dimensions.
 *
 * - Without the logarithm: x′ = x + m. In unitary coordinates the k = 0 mode is N^{d/2} m, so
 *   ln p(x) = ln p(x′) − ln N(N^{d/2} m; 0, N^d s²).
 * - With ln(1 + δ): 1 + δ′ = (1 + δ) eᵐ stays positive. The k = 0 mode is N^{d/2} eᵐ and the other N^d − 1 coordinates are stretched
 *   by eᵐ: ln p(δ) = ln p(δ′) − ln N(m; 0, s²) + (d/2) ln N + N^d m.
 */
import { foldIn, key, randomNormal } from '@equiflow/tensor';
import type { MapDataset } from './dataset.ts';

/** What a checkpoint remembers of the draws. */
export interface MeanDraw {
  /** Standard deviation s of m. */
  readonly deviation: number;
  readonly seed: number;
}

/** m of map `index`. */
export function drawnMean({ deviation, seed }: MeanDraw, index: number): number {
  return deviation * randomNormal(foldIn(foldIn(key(seed), 7), index), [1], 'float64')[0]!;
}

/** Applies m to a map in place. */
export function applyMean(map: Float32Array | Float64Array, mean: number, logDensity: boolean): void {
  const factor = Math.exp(mean);
  for (let i = 0; i < map.length; i++) map[i] = logDensity ? (1 + map[i]!) * factor - 1 : map[i]! + mean;
}

/** What is added to the flow's ln p of a map with m to get ln p of the map itself, nats. */
export function meanCorrection(
  { deviation }: MeanDraw,
  mean: number,
  pixels: number,
  logDensity: boolean,
): number {
  const logNormal = -0.5 * ((mean / deviation) ** 2 + Math.log(2 * Math.PI * deviation ** 2));
  return 0.5 * Math.log(pixels) - logNormal + (logDensity ? pixels * mean : 0);
}

/** Takes the mean of a generated map away again, in place: δ − ⟨δ⟩, or (1 + δ)/⟨1 + δ⟩ − 1. */
export function removeMean(map: Float32Array | Float64Array, logDensity: boolean): void {
  let sum = 0;
  for (let i = 0; i < map.length; i++) sum += map[i]!;
  const mean = sum / map.length;
  for (let i = 0; i < map.length; i++) map[i] = logDensity ? (1 + map[i]!) / (1 + mean) - 1 : map[i]! - mean;
}

/** The maps with a draw of their mean: the same draw for a map in every epoch. */
export function withDrawnMeans(dataset: MapDataset, draw: MeanDraw, logDensity: boolean): MapDataset {
  const pixels = dataset.shape.reduce((product, length) => product * length, 1);
  return {
    ...dataset,
    async read(index, out, offset) {
      await dataset.read(index, out, offset);
      applyMean(out.subarray(offset, offset + pixels), drawnMean(draw, index), logDensity);
    },
  };
}
