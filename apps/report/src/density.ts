/**
 * Densities to draw posteriors from: of weighted samples (a Gaussian kernel on a grid) or of values on a grid; marginals,
 * and the density above which a given share of the probability lies.
 */

/** Weighted samples of a posterior. */
export interface PosteriorSamples {
  /** Shape (samples, parameters), row by row. */
  readonly values: ArrayLike<number>;
  /** Shape (samples); equal by default. */
  readonly weights?: ArrayLike<number>;
}

/** A posterior on a rectangular grid. */
export interface PosteriorGrid {
  /** One increasing array of coordinates a parameter. */
  readonly axes: readonly ArrayLike<number>[];
  /** Density (any normalisation), shape (axes[0].length, axes[1].length, …), the last axis fastest. */
  readonly density: ArrayLike<number>;
}

/** A density along one axis: centres and values, normalised to an integral of 1. */
export interface Density1D {
  readonly x: Float64Array;
  readonly density: Float64Array;
}

/** A density over two axes: shape (x.length, y.length), y fastest; `mass` is the probability of each cell. */
export interface Density2D {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly density: Float64Array;
  readonly mass: Float64Array;
}

/** Widths of the cells around increasing points (half way to the neighbours). */
export function cellWidths(points: ArrayLike<number>): Float64Array {
  const n = points.length;
  return Float64Array.from({ length: n }, (_, i) => {
    if (n === 1) return 1;
    const left = i === 0 ? (points[1]! - points[0]!) / 2 : (points[i]! - points[i - 1]!) / 2;
    const right = i === n - 1 ? (points[n - 1]! - points[n - 2]!) / 2 : (points[i + 1]! - points[i]!) / 2;
    return left + right;
  });
}

function weightOf(samples: PosteriorSamples, i: number): number {
  return samples.weights?.[i] ?? 1;
}

/** Weighted mean, standard deviation and effective number of samples (Σw)²/Σw² along parameter p. */
export function moments(
  samples: PosteriorSamples,
  p: number,
  parameters: number,
): { mean: number; sd: number; effective: number } {
  const n = samples.values.length / parameters;
  let sum = 0;
  let sumSquares = 0;
  let mean = 0;
  for (let i = 0; i < n; i++) {
    const w = weightOf(samples, i);
    sum += w;
    sumSquares += w * w;
    mean += w * samples.values[i * parameters + p]!;
  }
  mean /= sum;
  let variance = 0;
  for (let i = 0; i < n; i++)
    variance += weightOf(samples, i) * (samples.values[i * parameters + p]! - mean) ** 2;
  return { mean, sd: Math.sqrt(variance / sum), effective: (sum * sum) / sumSquares };
}

/** Weighted correlation coefficient of two parameters. */
export function correlation(samples: PosteriorSamples, p: number, q: number, parameters: number): number {
  const a = moments(samples, p, parameters);
  const b = moments(samples, q, parameters);
  let sum = 0;
  let covariance = 0;
  for (let i = 0; i < samples.values.length / parameters; i++) {
    const w = weightOf(samples, i);
    sum += w;
    covariance +=
      w * (samples.values[i * parameters + p]! - a.mean) * (samples.values[i * parameters + q]! - b.mean);
  }
  const r = covariance / (sum * a.sd * b.sd);
  return Number.isFinite(r) ? r : 0;
}

const CELLS = 96;

function binCentres([low, high]: readonly [number, number]): Float64Array {
  return Float64Array.from({ length: CELLS }, (_, i) => low + ((i + 0.5) / CELLS) * (high - low));
}

/** A row-normalised Gaussian kernel in cells: mass near the borders stays inside, as for a hard bound. */
function smooth(values: Float64Array, stride: number, offset: number, sigma: number): void {
  if (sigma < 0.3) return;
  const reach = Math.ceil(4 * sigma);
  const out = new Float64Array(CELLS);
  for (let i = 0; i < CELLS; i++) {
    const value = values[offset + i * stride]!;
    if (value === 0) continue;
    let norm = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(CELLS - 1, i + reach); j++)
      norm += Math.exp(-0.5 * ((j - i) / sigma) ** 2);
    for (let j = Math.max(0, i - reach); j <= Math.min(CELLS - 1, i + reach); j++) {
      out[j]! += (value * Math.exp(-0.5 * ((j - i) / sigma) ** 2)) / norm;
    }
  }
  for (let i = 0; i < CELLS; i++) values[offset + i * stride] = out[i]!;
}

/** Kernel width in cells: Scott's rule for d dimensions, n^(−1/(d+4)) σ. */
function bandwidth(
  samples: PosteriorSamples,
  p: number,
  parameters: number,
  range: number,
  dimensions: number,
): number {
  const { sd, effective } = moments(samples, p, parameters);
  return ((sd * effective ** (-1 / (dimensions + 4))) / range) * CELLS;
}

/**
 * Density of weighted samples along parameter p on a regular grid over `domain`.
 * @param parameters - number of parameters a sample
 */
export function sampleDensity1D(
  samples: PosteriorSamples,
  p: number,
  parameters: number,
  domain: readonly [number, number],
): Density1D {
  const [low, high] = domain;
  const bins = new Float64Array(CELLS);
  for (let i = 0; i < samples.values.length / parameters; i++) {
    const cell = Math.floor(((samples.values[i * parameters + p]! - low) / (high - low)) * CELLS);
    if (cell >= 0 && cell < CELLS) bins[cell]! += weightOf(samples, i);
  }
  smooth(bins, 1, 0, bandwidth(samples, p, parameters, high - low, 1));
  return normalised1D(binCentres(domain), bins);
}

/**
 * Density of weighted samples over parameters p (x) and q (y) on a regular grid. The kernel narrows with their
 * correlation, or it would fatten a thin ellipse.
 */
export function sampleDensity2D(
  samples: PosteriorSamples,
  [p, q]: readonly [number, number],
  parameters: number,
  domainX: readonly [number, number],
  domainY: readonly [number, number],
): Density2D {
  const bins = new Float64Array(CELLS * CELLS);
  for (let i = 0; i < samples.values.length / parameters; i++) {
    const cx = Math.floor(
      ((samples.values[i * parameters + p]! - domainX[0]) / (domainX[1] - domainX[0])) * CELLS,
    );
    const cy = Math.floor(
      ((samples.values[i * parameters + q]! - domainY[0]) / (domainY[1] - domainY[0])) * CELLS,
    );
    if (cx >= 0 && cx < CELLS && cy >= 0 && cy < CELLS) bins[cx * CELLS + cy]! += weightOf(samples, i);
  }
  const narrowed = (1 - Math.min(0.99, correlation(samples, p, q, parameters) ** 2)) ** 0.25;
  const sx = narrowed * bandwidth(samples, p, parameters, domainX[1] - domainX[0], 2);
  const sy = narrowed * bandwidth(samples, q, parameters, domainY[1] - domainY[0], 2);
  for (let j = 0; j < CELLS; j++) smooth(bins, CELLS, j, sx);
  for (let i = 0; i < CELLS; i++) smooth(bins, 1, i * CELLS, sy);
  return normalised2D(binCentres(domainX), binCentres(domainY), bins);
}

/** Marginal of a gridded posterior along some axes, in the order given, by summing cells over the others. */
function marginal(grid: PosteriorGrid, keep: readonly number[]): Float64Array {
  const { axes, density } = grid;
  const sizes = axes.map((axis) => axis.length);
  const widths = axes.map((axis) => cellWidths(axis));
  const out = new Float64Array(keep.reduce((product, axis) => product * sizes[axis]!, 1));
  const index = new Array<number>(sizes.length).fill(0);
  for (let i = 0; i < density.length; i++) {
    let weight = 1;
    for (let axis = 0; axis < sizes.length; axis++)
      if (!keep.includes(axis)) weight *= widths[axis]![index[axis]!]!;
    let at = 0;
    for (const axis of keep) at = at * sizes[axis]! + index[axis]!;
    const value = density[i]!;
    if (Number.isFinite(value)) out[at]! += value * weight;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < sizes[axis]!) break;
      index[axis] = 0;
    }
  }
  return out;
}

/** Marginal density of a gridded posterior along parameter p. */
export function gridDensity1D(grid: PosteriorGrid, p: number): Density1D {
  return normalised1D(Float64Array.from(grid.axes[p]!), marginal(grid, [p]));
}

/** Marginal density of a gridded posterior over parameters p (x) and q (y). */
export function gridDensity2D(grid: PosteriorGrid, p: number, q: number): Density2D {
  return normalised2D(
    Float64Array.from(grid.axes[p]!),
    Float64Array.from(grid.axes[q]!),
    marginal(grid, [p, q]),
  );
}

function normalised1D(x: Float64Array, density: Float64Array): Density1D {
  const widths = cellWidths(x);
  const total = density.reduce((sum, value, i) => sum + value * widths[i]!, 0);
  if (!(total > 0)) throw new RangeError('density: no probability inside the drawn range');
  return { x, density: density.map((value) => value / total) };
}

function normalised2D(x: Float64Array, y: Float64Array, density: Float64Array): Density2D {
  const wx = cellWidths(x);
  const wy = cellWidths(y);
  const mass = density.map((value, i) => value * wx[Math.floor(i / y.length)]! * wy[i % y.length]!);
  const total = mass.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) throw new RangeError('density: no probability inside the drawn range');
  return { x, y, density: density.map((value) => value / total), mass: mass.map((value) => value / total) };
}

/**
 * The density above which a share of the probability lies (a highest-density region).
 * @param share - such as 0.68
 */
export function highestDensityLevel(
  density: ArrayLike<number>,
  mass: ArrayLike<number>,
  share: number,
): number {
  const order = Array.from({ length: density.length }, (_, i) => i).sort((a, b) => density[b]! - density[a]!);
  let sum = 0;
  for (const [rank, i] of order.entries()) {
    sum += mass[i]!;
    if (sum >= share) {
      const next = order[rank + 1];
      return next === undefined ? density[i]! : 0.5 * (density[i]! + density[next]!);
    }
  }
  return 0;
}

/** Mean and standard deviation of a one-dimensional density. */
export function densityMoments({ x, density }: Density1D): { mean: number; sd: number } {
  const widths = cellWidths(x);
  let mean = 0;
  for (let i = 0; i < x.length; i++) mean += x[i]! * density[i]! * widths[i]!;
  let variance = 0;
  for (let i = 0; i < x.length; i++) variance += (x[i]! - mean) ** 2 * density[i]! * widths[i]!;
  return { mean, sd: Math.sqrt(variance) };
}
