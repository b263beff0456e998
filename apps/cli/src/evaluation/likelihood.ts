/**
 * One pass over the maps: the flow's likelihood and latents, how white the latents are, and the exact likelihood of the same maps
 * where it is known (a gap must be paired: the likelihood itself scatters by tens of nats from map to map).
 */
import type { ExactModel } from '../exact.ts';
import type { MapStack } from '../maps.ts';
import { type OpenModel, prepareMap } from '../model.ts';
import { binned, type MeshModes, type ShellBins, shellBinning } from '../modes.ts';
import { progressBar } from '../progress.ts';
import { Histogram, type HistogramData } from './histogram.ts';

/** A mean and its standard error. */
export interface Estimate {
  readonly mean: number;
  /** Not a number for a single value. */
  readonly error: number;
}

/** What the pass gives. */
export interface Likelihoods {
  /** −ln p(x|θ), nats a map. */
  readonly nll: Estimate;
  /** ln p(x_i|θ_i) of the flow. */
  readonly flow: Float64Array;
  /** The same, exactly. */
  readonly exact: Float64Array | null;
  /** ln p_exact − ln p_flow over the same maps: KL(exact | flow), nats a map. */
  readonly gap: Estimate | null;
  readonly latent: {
    readonly k: Float64Array;
    readonly modes: Float64Array;
    /** ⟨|z_k|²⟩ in each bin: 1 for white noise. */
    readonly power: Float64Array;
    /** √(2/N) of it, N the modes of all maps. */
    readonly error: Float64Array;
    /** Against the exact whitening w of the same maps: ⟨|w|²⟩, ⟨z w*⟩/⟨|w|²⟩ and ⟨|z|²⟩/⟨|w|²⟩ in each bin. */
    readonly exact: {
      readonly power: Float64Array;
      readonly crossRatio: Float64Array;
      readonly powerRatio: Float64Array;
    } | null;
    readonly mean: number;
    readonly variance: number;
    readonly skewness: number;
    readonly excessKurtosis: number;
    readonly onePoint: HistogramData;
  };
}

const BLOCK_VALUES = 1 << 19;

/** Runs the pass over the maps of the given numbers, with their θ [count, P]. */
export async function likelihoods(
  model: OpenModel,
  maps: MapStack,
  chosen: Int32Array,
  thetas: Float64Array,
  modes: MeshModes,
  exact: ExactModel | null,
): Promise<Likelihoods> {
  const { evaluator, prior, checkpoint } = model;
  const width = prior.names.length;
  const { pixels } = maps;
  const bins = shellBinning(modes, checkpoint.spec.boxSize, 12);
  const count = chosen.length;
  const flow = new Float64Array(count);
  const exactly = exact ? new Float64Array(count) : null;
  const sums = {
    zz: new Float64Array(bins.count),
    zw: new Float64Array(bins.count),
    ww: new Float64Array(bins.count),
  };
  const onePoint = new Histogram(-5, 5, 80);
  const block = Math.max(1, Math.floor(BLOCK_VALUES / pixels));
  const bar = progressBar('likelihoods', count);
  for (let first = 0; first < count; first += block) {
    const size = Math.min(block, count - first);
    const values = new Float64Array(size * pixels);
    const corrections = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const prepared = prepareMap(model, maps, chosen[first + i]!);
      values.set(prepared.values, i * pixels);
      corrections[i] = prepared.correction;
    }
    const theta = thetas.subarray(first * width, (first + size) * width);
    const logs = await evaluator.logProb(values, theta);
    const latents = await evaluator.latent(values, theta);
    for (let i = 0; i < size; i++) {
      flow[first + i] = logs[i]! + corrections[i]!;
      const z = latents.subarray(i * pixels, (i + 1) * pixels);
      const own = modes.modes(z);
      addTo(sums.zz, binned(modes.cross(own, own), bins));
      onePoint.add(z);
      if (exactly) {
        const map = values.subarray(i * pixels, (i + 1) * pixels);
        const point = theta.subarray(i * width, (i + 1) * width);
        exactly[first + i] = exact!.of(map)(point)[0]!;
        const w = exact!.whiten(map, point);
        addTo(sums.zw, binned(modes.cross(own, w), bins));
        addTo(sums.ww, binned(modes.cross(w, w), bins));
      }
    }
    bar.to(first + size);
  }
  bar.end();
  return {
    nll: estimate(flow.map((value) => -value)),
    flow,
    exact: exactly,
    gap: exactly ? estimate(exactly.map((value, i) => value - flow[i]!)) : null,
    latent: latentOf(sums, bins, onePoint, count, exact !== null),
  };
}

function addTo(total: Float64Array, values: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i]! += values[i]!;
}

function latentOf(
  { zz, zw, ww }: { readonly zz: Float64Array; readonly zw: Float64Array; readonly ww: Float64Array },
  bins: ShellBins,
  onePoint: Histogram,
  count: number,
  exact: boolean,
): Likelihoods['latent'] {
  const mean = (sum: Float64Array): Float64Array =>
    sum.map((value, bin) => value / (bins.modes[bin]! * count));
  return {
    k: bins.k,
    modes: bins.modes,
    power: mean(zz),
    error: bins.modes.map((modes) => Math.sqrt(2 / (modes * count))),
    exact: exact
      ? {
          power: mean(ww),
          crossRatio: zw.map((value, bin) => value / ww[bin]!),
          powerRatio: zz.map((value, bin) => value / ww[bin]!),
        }
      : null,
    ...onePoint.moments(),
    onePoint: onePoint.data(),
  };
}

/** How far from white the latents are: the worst bin, paired with the exact whitening where it is known. */
export function whiteness({ power, error, exact }: Likelihoods['latent']): {
  /** Largest |⟨|z_k|²⟩ − 1| in standard errors. */
  readonly worstInErrors: number;
  /** Largest |ratio − 1| of the paired ratios. */
  readonly worstPaired: number | null;
} {
  const worst = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    worstInErrors: worst(power.map((value, bin) => (value - 1) / error[bin]!)),
    worstPaired: exact
      ? Math.max(worst(exact.crossRatio.map((r) => r - 1)), worst(exact.powerRatio.map((r) => r - 1)))
      : null,
  };
}

/** Mean and standard error of some values. */
export function estimate(values: ArrayLike<number>): Estimate {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.NaN };
}

/** `mean ± error`, or the mean alone where one value gives no error. */
export function withError({ mean, error }: Estimate, digits: number): string {
  const known = Number.isFinite(error) ? ` ± ${error.toFixed(digits)}` : '';
  return `${mean.toFixed(digits).replace('-', '−')}${known}`;
}
