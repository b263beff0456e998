/**
 * The Gaussian random field, the analytic limit that proves the machinery: with x_k the modes in unitary
 * normalisation and P_k = P(k) N^d/L^d, ln p(x|θ) = −½ Σ_k [|x_k|²/P_k + ln 2πP_k] over all N^d modes. A map enters only
 * through the power of its shells, so that the exact posterior costs nothing.
 */

/** Σ |x_k|² over the modes of every shell (unitary normalisation), and how many modes each has. */
export interface ShellPower {
  readonly power: Float64Array;
  readonly multiplicity: ArrayLike<number>;
}

/** ln p(x|θ) in nats. `variances` is P_k at every shell, dimensionless and positive. */
export function gaussianFieldLogProb(
  { power, multiplicity }: ShellPower,
  variances: ArrayLike<number>,
): number {
  let total = 0;
  for (let shell = 0; shell < power.length; shell++) {
    const variance = variances[shell]!;
    if (!(variance > 0)) {
      throw new RangeError(
        `gaussianFieldLogProb: variance ${variance} of shell ${shell}; every mode needs a positive one (draw k = 0 with P(k_f))`,
      );
    }
    total += power[shell]! / variance + multiplicity[shell]! * Math.log(2 * Math.PI * variance);
  }
  return -total / 2;
}

/** Floor of the mean negative log-likelihood, the entropy ½ Σ ln(2πe P_k), nats. */
export function gaussianFieldEntropy(multiplicity: ArrayLike<number>, variances: ArrayLike<number>): number {
  let total = 0;
  for (let shell = 0; shell < variances.length; shell++) {
    total += multiplicity[shell]! * Math.log(2 * Math.PI * Math.E * variances[shell]!);
  }
  return total / 2;
}

/** Fisher matrix F_ab = ½ Σ_k ∂_a ln P ∂_b ln P, row-major; `derivatives[a]` is ∂ ln P/∂θ_a at every shell. */
export function gaussianFieldFisher(
  multiplicity: ArrayLike<number>,
  derivatives: readonly ArrayLike<number>[],
): Float64Array {
  const n = derivatives.length;
  const fisher = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let total = 0;
      for (let shell = 0; shell < multiplicity.length; shell++) {
        total += multiplicity[shell]! * derivatives[a]![shell]! * derivatives[b]![shell]!;
      }
      fisher[a * n + b] = total / 2;
    }
  }
  return fisher;
}
