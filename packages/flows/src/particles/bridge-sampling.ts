/**
 * ln Z by bridges between neighbouring rungs: Bennett's acceptance ratio (Bennett 1976, J. Comp. Phys. 22, 245; Meng & Wong 1996),
 * the root in Δ of Σ_{x ~ k} σ(Δ − w(x)) = Σ_{x ~ k+1} σ(w(x) − Δ), for as many draws of either, with w = E_{k+1} − E_k, σ the
 * logistic function, and Δ = −ln Z_{k+1}/Z_k. The error is from the jackknife over independent groups.
 */
import type { ParticleEnergy } from './energy.ts';
import { gaussianLogZ, type Ladder, rungEnergy } from './ladder.ts';
import type { TemperingResult } from './parallel-tempering.ts';

/** An estimate with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * ln Z of the last rung from chains on all of them.
 * @throws RangeError for a ladder that does not begin with a Gaussian.
 */
export function bridgeLogZ(energy: ParticleEnergy, ladder: Ladder, chains: TemperingResult): Estimate {
  const { groups } = chains;
  const start = gaussianLogZ(energy, ladder[0]!);
  const work = ladder.slice(1).map((upper, k) => {
    const lower = ladder[k]!;
    const along = (rung: number): Float64Array =>
      chains.energies[rung]!.map((value, row) => {
        const half = chains.halfSquares[rung]![row]!;
        return rungEnergy(upper, half, value) - rungEnergy(lower, half, value);
      });
    return { forward: along(k), backward: along(k + 1) };
  });
  const without = (group: number): number => {
    const keep = (values: Float64Array): Float64Array => values.filter((_, row) => row % groups !== group);
    return work.reduce(
      (sum, { forward, backward }) => sum - acceptanceRatio(keep(forward), keep(backward)),
      start,
    );
  };
  const value = without(-1);
  if (groups === 1) return { value, error: Number.NaN };
  const left = Array.from({ length: groups }, (_, group) => without(group));
  const mean = left.reduce((sum, one) => sum + one, 0) / groups;
  const variance = (left.reduce((sum, one) => sum + (one - mean) ** 2, 0) * (groups - 1)) / groups;
  return { value, error: Math.sqrt(variance) };
}

/**
 * Bennett's Δ = −ln Z_1/Z_0, from as many w = E_1 − E_0 of draws of 0 (`forward`) as of draws of 1 (`backward`).
 * @throws RangeError when the counts differ, or the two have no overlap.
 */
export function acceptanceRatio(forward: Float64Array, backward: Float64Array): number {
  if (forward.length !== backward.length || forward.length === 0) {
    throw new RangeError(
      `acceptanceRatio: ${forward.length} and ${backward.length} draws; give as many of both`,
    );
  }
  const excess = (delta: number): number => {
    let total = 0;
    for (const w of forward) total += 1 / (1 + Math.exp(w - delta));
    for (const w of backward) total -= 1 / (1 + Math.exp(delta - w));
    return total;
  };
  // The excess rises with Δ.
  let [low, high] = [-1, 1];
  while (excess(low) > 0) low *= 2;
  while (excess(high) < 0) high *= 2;
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw new RangeError('acceptanceRatio: the two densities have no overlap; take more rungs');
  }
  while (high - low > 1e-9 * Math.max(1, Math.abs(low))) {
    const middle = (low + high) / 2;
    if (excess(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
