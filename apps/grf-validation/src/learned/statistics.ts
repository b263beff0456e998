/** The statistics that the learned limit is judged by, as functions of numbers alone. */

/** Mean and its standard error. @throws RangeError for fewer than two values. */
export function meanWithError(values: ArrayLike<number>): { mean: number; error: number } {
  const count = values.length;
  if (count < 2) throw new RangeError(`meanWithError: ${count} values; give at least 2`);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i]! - mean) ** 2;
  return { mean, error: Math.sqrt(squares / (count - 1) / count) };
}

/** Mean and standard deviations of one posterior. */
export interface Moments {
  readonly mean: ArrayLike<number>;
  /** Row-major [P, P]. */
  readonly covariance: ArrayLike<number>;
}

/** How far the flow's posteriors lie from the exact ones, per parameter. */
export interface PosteriorDistance {
  /** rms over maps of σ_flow/σ_exact − 1. */
  readonly width: number;
  /** Mean over maps of |mean_flow − mean_exact|/σ_exact. */
  readonly shift: number;
  /** Mean of σ_flow/σ_exact − 1: its sign tells over- from under-confidence. */
  readonly bias: number;
}

/** Compares posteriors map by map. @throws RangeError when there are none, or not equally many. */
export function posteriorDistances(
  exact: readonly Moments[],
  flow: readonly Moments[],
  parameters: number,
): PosteriorDistance[] {
  if (exact.length === 0 || exact.length !== flow.length) {
    throw new RangeError(
      `posteriorDistances: ${exact.length} exact posteriors and ${flow.length} of the flow`,
    );
  }
  return Array.from({ length: parameters }, (_, a) => {
    let [squares, shift, bias] = [0, 0, 0];
    exact.forEach((one, i) => {
      const sigma = Math.sqrt(one.covariance[a * parameters + a]!);
      const ratio = Math.sqrt(flow[i]!.covariance[a * parameters + a]!) / sigma - 1;
      squares += ratio ** 2;
      bias += ratio;
      shift += Math.abs(flow[i]!.mean[a]! - one.mean[a]!) / sigma;
    });
    const n = exact.length;
    return { width: Math.sqrt(squares / n), shift: shift / n, bias: bias / n };
  });
}

/** Elements of a Fisher matrix against the analytic ones. */
export interface FisherDistance {
  /** F_ab/F_ab,analytic − 1, row-major. */
  readonly relative: Float64Array;
  /** Standard error of that, from the scatter of the maps. */
  readonly error: Float64Array;
  /** Largest |relative| on the diagonal. */
  readonly diagonal: number;
  /** Largest |F_ab − F_ab,analytic|/√(F_aa F_bb)_analytic of all elements. */
  readonly scaled: number;
}

/** Compares a Fisher matrix [P, P] with the analytic one. */
export function fisherDistance(
  analytic: ArrayLike<number>,
  found: { readonly fisher: ArrayLike<number>; readonly error: ArrayLike<number> },
): FisherDistance {
  const p = Math.sqrt(analytic.length);
  const relative = Float64Array.from(found.fisher, (value, i) => value / analytic[i]! - 1);
  const error = Float64Array.from(found.error, (value, i) => Math.abs(value / analytic[i]!));
  let [diagonal, scaled] = [0, 0];
  for (let a = 0; a < p; a++) {
    diagonal = Math.max(diagonal, Math.abs(relative[a * p + a]!));
    for (let b = 0; b < p; b++) {
      const scale = Math.sqrt(analytic[a * p + a]! * analytic[b * p + b]!);
      scaled = Math.max(scaled, Math.abs(found.fisher[a * p + b]! - analytic[a * p + b]!) / scale);
    }
  }
  return { relative, error, diagonal, scaled };
}

/** Sums of ⟨z w̄⟩, ⟨|z|²⟩ and ⟨|w|²⟩ in bins of ln k. */
export interface WhiteningBins {
  /** Edges of the bins in |n|, one more than bins. */
  readonly edges: Float64Array;
  /** Re Σ z w̄ / Σ |w|² − 1 and Σ |z|²/Σ |w|² − 1 of each bin. */
  readonly cross: Float64Array;
  readonly power: Float64Array;
  /** Modes of one map in each bin. */
  readonly modes: Float64Array;
}

/**
 * Bins sums over shells, uniform in ln k from the fundamental mode to the corner; k = 0 is left out.
 * @throws RangeError when a bin has no modes
 */
export function whiteningBins(
  squares: ArrayLike<number>,
  multiplicity: ArrayLike<number>,
  sums: { readonly cross: ArrayLike<number>; readonly z: ArrayLike<number>; readonly w: ArrayLike<number> },
  bins: number,
): WhiteningBins {
  const corner = Math.sqrt(squares[squares.length - 1]!);
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => corner ** (i / bins));
  const total = { cross: new Float64Array(bins), z: new Float64Array(bins), w: new Float64Array(bins) };
  const modes = new Float64Array(bins);
  for (let shell = 0; shell < squares.length; shell++) {
    if (squares[shell] === 0) continue;
    const place = (bins * Math.log(Math.sqrt(squares[shell]!))) / Math.log(corner);
    // A shell on an edge belongs to the bin above; rounding must not decide.
    const bin = Math.min(bins - 1, Math.floor(place + 1e-9));
    modes[bin]! += multiplicity[shell]!;
    total.cross[bin]! += sums.cross[shell]!;
    total.z[bin]! += sums.z[shell]!;
    total.w[bin]! += sums.w[shell]!;
  }
  const empty = modes.indexOf(0);
  if (empty >= 0)
    throw new RangeError(`whiteningBins: bin ${empty} of ${bins} holds no modes; give fewer bins`);
  return {
    edges,
    modes,
    cross: total.cross.map((value, i) => value / total.w[i]! - 1),
    power: total.z.map((value, i) => value / total.w[i]! - 1),
  };
}

/** Largest absolute value; NaN if one is NaN. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
