/**
 * How many independent draws a chain is worth: the integrated autocorrelation time with Sokal's window (Sokal 1997,
 * "Monte Carlo methods in statistical mechanics", section 3), averaged over walkers as in Goodman & Weare 2010.
 */

/** Chains of several walkers: value a of walker w at step t is `values[(t * walkers + w) * dimension + a]`. */
export interface Chain {
  values: ArrayLike<number>;
  walkers: number;
  dimension: number;
}

/**
 * Integrated autocorrelation time τ = 1 + 2 Σ_{t=1}^{M} ρ(t) of each parameter, in steps, with M the smallest window that is
 * at least `window` τ. ρ is the autocovariance averaged over walkers, about the mean over all of them.
 *
 * Trust it where there are more than some 50 τ steps; from shorter chains it comes out too small.
 *
 * @param window Sokal's c; default 5
 * @returns τ [dimension]; NaN for a parameter that never moved
 * @throws RangeError if the values are not steps of walkers of parameters, or there are fewer than 4 steps
 */
export function autocorrelationTime({ values, walkers, dimension }: Chain, window = 5): Float64Array {
  const row = walkers * dimension;
  const steps = values.length / row;
  if (!Number.isInteger(steps) || steps < 4) {
    throw new RangeError(
      `autocorrelationTime: ${values.length} numbers are not 4 or more steps of ${walkers} walkers of ${dimension}`,
    );
  }
  const times = new Float64Array(dimension);
  const series = new Float64Array(steps * walkers);
  for (let a = 0; a < dimension; a++) {
    let mean = 0;
    let moved = false;
    for (let i = 0; i < series.length; i++) {
      series[i] = values[i * dimension + a]!;
      mean += series[i]! / series.length;
      moved ||= series[i] !== series[0];
    }
    for (let i = 0; i < series.length; i++) series[i] = series[i]! - mean;
    const covariance = (lag: number): number => {
      const shift = lag * walkers;
      let sum = 0;
      for (let i = shift; i < series.length; i++) sum += series[i]! * series[i - shift]!;
      return sum / series.length;
    };
    const variance = covariance(0);
    let time = moved ? 1 : Number.NaN;
    for (let lag = 1; lag < steps && lag < window * time; lag++) time += (2 * covariance(lag)) / variance;
    times[a] = time;
  }
  return times;
}

/**
 * Effective number of independent draws of each parameter, steps × walkers / τ.
 *
 * @returns size [dimension]
 * @throws RangeError as {@link autocorrelationTime}
 */
export function effectiveSampleSize(chain: Chain): Float64Array {
  const draws = chain.values.length / chain.dimension;
  return autocorrelationTime(chain).map((time) => draws / time);
}
