/**
 * What the power spectrum alone tells of θ: a likelihood of the binned spectrum of a map, whose mean and covariance as functions of θ
 * are fitted to simulations. A fair opponent for a flow:
 *
 * - the data are the cube roots of P̂ in bins of k, which are nearly Gaussian even where a bin holds few modes (Wilson & Hilferty
 *   1931), and hold the same information;
 * - y_b given the bins before it is Gaussian about Σ_j φ_bj(θ) e_j, e_j the deviation of bin j from what the bins before it say
 *   (Pourahmadi 1999 and Zhang & Leng 2012: Cov = L(θ) D(θ) Lᵀ(θ), positive definite at every θ), with a mean that is a polynomial of
 *   θ, φ linear and ln D quadratic;
 * - the noise of the fit is part of it: each conditional is Student's t of the regression (see `regression.ts`).
 *
 * The degree of the mean, 1 to 4, is the one with the smallest Bayesian information criterion.
 */
import { InputError } from '../errors.ts';
import type { ExactLogProb } from '../exact.ts';
import { type ColumnChoice, fingerprint, type MapStack, readParameters, simulationsOf } from '../maps.ts';
import { type Model, openMapsFor } from '../model.ts';
import { binned, type MeshModes, meshModes, type ShellBins, shellBinning } from '../modes.ts';
import type { NamedPrior } from '../options.ts';
import { fitRegression, monomials, monomialsAt, type Regression } from './regression.ts';

/** How the user says which simulations the likelihood is fitted to. */
export interface SpectrumChoice {
  /** Maps, and their parameters. */
  readonly maps: string;
  readonly params: string;
  readonly array?: string;
  /** Bins of k. */
  readonly bins: number;
}

/** A likelihood of spectra. */
export interface SpectrumLikelihood {
  /** ln p(P̂ | θ) of a map up to a constant, for many θ. */
  of(map: Float64Array): ExactLogProb;
  /** Mean wavenumber of each bin, h/Mpc. */
  readonly k: Float64Array;
  /** Degree of the polynomial of θ. */
  readonly degree: number;
  /** Maps that it was fitted to. */
  readonly maps: number;
}

/** Fewest maps for each coefficient of a regression. */
const MAPS_A_COEFFICIENT = 5;
const DEGREES = [1, 2, 3, 4];

/** A fit of all bins with a polynomial of one degree. */
interface Fit {
  readonly bins: readonly Regression[];
  readonly mean: number[][];
  readonly information: number;
}

/**
 * Fits the likelihood to spectra.
 * @param cubeRoots [count, bins]
 * @param thetas [count, P]
 * @param simulations number of different θ
 * @throws InputError where there are too few maps
 */
export function fitSpectra(
  cubeRoots: Float64Array,
  thetas: Float64Array,
  simulations: number,
  bins: number,
  prior: NamedPrior,
): { degree: number; logDensity(y: ArrayLike<number>, theta: ArrayLike<number>, from?: number): number } {
  const width = prior.names.length;
  const count = cubeRoots.length / bins;
  const unit = (theta: ArrayLike<number>, from: number): Float64Array =>
    Float64Array.from(
      { length: width },
      (_, axis) =>
        (2 * (theta[from + axis]! - prior.low[axis]!)) / (prior.high[axis]! - prior.low[axis]!) - 1,
    );
  const linear = monomials(width, 1);
  const quadratic = monomials(width, 2);
  const points = Array.from({ length: count }, (_, i) => unit(thetas, i * width));
  const linearAt = points.map((point) => monomialsAt(linear, point));
  const varianceRows = new Float64Array(count * quadratic.length);
  points.forEach((point, i) => {
    varianceRows.set(monomialsAt(quadratic, point), i * quadratic.length);
  });
  const column = (bin: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => cubeRoots[i * bins + bin]!);

  const fitDegree = (degree: number): Fit => {
    const mean = monomials(width, degree);
    const means = points.map((point) => monomialsAt(mean, point));
    const fits: Regression[] = [];
    let information = 0;
    for (let bin = 0; bin < bins; bin++) {
      const n = mean.length + bin * linear.length;
      const rows = new Float64Array(count * n);
      for (let i = 0; i < count; i++) {
        rows.set(means[i]!, i * n);
        for (let j = 0; j < bin; j++) {
          linearAt[i]!.forEach((value, a) => {
            rows[i * n + mean.length + j * linear.length + a] = value * fits[j]!.residuals[i]!;
          });
        }
      }
      const fit = fitRegression(column(bin), rows, varianceRows);
      fits.push(fit);
      for (let i = 0; i < count; i++) {
        let log = 0;
        quadratic.forEach((_, a) => {
          log += fit.logVariance[a]! * varianceRows[i * quadratic.length + a]!;
        });
        information += log + fit.residuals[i]! ** 2 / Math.exp(log);
      }
      information += mean.length * Math.log(count);
    }
    return { bins: fits, mean, information };
  };

  const enough = (degree: number): boolean => {
    const terms = monomials(width, degree).length;
    return simulations >= 3 * terms && count >= MAPS_A_COEFFICIENT * (terms + (bins - 1) * linear.length);
  };
  const degrees = DEGREES.filter(enough);
  if (degrees.length === 0) {
    const [terms] = [linear.length];
    throw new InputError(
      `${count} maps of ${simulations} simulations are too few for a likelihood of ${bins} bins of the power spectrum; give at least ${MAPS_A_COEFFICIENT * bins * terms} maps of ${3 * terms} simulations, or fewer bins`,
    );
  }
  const fits = degrees.map((degree) => ({ degree, fit: fitDegree(degree) }));
  const best = fits.reduce((a, b) => (b.fit.information < a.fit.information ? b : a));
  const { bins: regressions, mean } = best.fit;
  return {
    degree: best.degree,
    logDensity(y, theta, from = 0) {
      const point = unit(theta, from);
      const means = monomialsAt(mean, point);
      const slopes = monomialsAt(linear, point);
      const variance = monomialsAt(quadratic, point);
      const deviations = new Float64Array(bins);
      let total = 0;
      for (let bin = 0; bin < bins; bin++) {
        const at = new Float64Array(mean.length + bin * linear.length);
        at.set(means);
        for (let j = 0; j < bin; j++) {
          for (let a = 0; a < slopes.length; a++)
            at[mean.length + j * linear.length + a] = slopes[a]! * deviations[j]!;
        }
        const fit = regressions[bin]!;
        let expected = 0;
        for (let a = 0; a < at.length; a++) expected += fit.coefficients[a]! * at[a]!;
        deviations[bin] = y[bin]! - expected;
        total += fit.logDensity(y[bin]!, at, variance);
      }
      return total;
    },
  };
}

/** Cube roots of the spectrum of a map in bins; the units do not matter. */
function cubeRootsOf(map: Float64Array, modes: MeshModes, bins: ShellBins): Float64Array {
  const own = modes.modes(map);
  return binned(modes.cross(own, own), bins).map((sum, bin) => Math.cbrt(sum / bins.modes[bin]!));
}

/**
 * Fits the likelihood to simulations for the maps that a model is asked about.
 * @param columns where the parameters are in their table
 * @param asked the maps that it will be used on
 * @throws InputError where these are the same maps, or too few
 */
export function spectrumLikelihood(
  model: Model,
  choice: SpectrumChoice,
  columns: ColumnChoice,
  asked: MapStack,
): SpectrumLikelihood {
  const { prior } = model;
  if (prior.names.length > 3) {
    throw new InputError(
      `--spectrum-maps: posteriors of the power spectrum are made on a grid of up to 3 parameters, here are ${prior.names.length}; leave it out`,
    );
  }
  const maps = openMapsFor(model, choice.maps, choice.array);
  if (fingerprint(maps) === fingerprint(asked)) {
    throw new InputError(
      `--spectrum-maps ${choice.maps}: these are the maps that are asked about; give others, such as those of the training`,
    );
  }
  const table = readParameters(choice.params, prior, columns);
  const simulations = simulationsOf(maps, table);
  const width = prior.names.length;
  const { shape, boxSize } = model.checkpoint.spec;
  const modes = meshModes(shape);
  const bins = shellBinning(modes, boxSize, choice.bins);
  const cubeRoots = new Float64Array(maps.count * bins.count);
  const thetas = new Float64Array(maps.count * width);
  for (let map = 0; map < maps.count; map++) {
    const values = maps.source.readRowsSync(map, map + 1, 'float64');
    cubeRoots.set(cubeRootsOf(values, modes, bins), map * bins.count);
    const row = simulations[map]! * width;
    thetas.set(table.values.subarray(row, row + width), map * width);
  }
  const fit = fitSpectra(cubeRoots, thetas, table.rows, bins.count, prior);
  return {
    k: bins.k,
    degree: fit.degree,
    maps: maps.count,
    of(map) {
      const y = cubeRootsOf(map, modes, bins);
      return (points) =>
        Float64Array.from({ length: points.length / width }, (_, i) => fit.logDensity(y, points, i * width));
    },
  };
}
