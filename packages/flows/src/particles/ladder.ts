/**
 * Ladders of densities from one whose normalisation is known to the one that is asked for,
 *
 *   p_k(x) ∝ exp(−E_k(x)),  E_k(x) = ½ a_k |x|² + b_k U(x),
 *
 * on configurations with their centre of mass at 0. The first rung is Gaussian (b = 0), the last is exp(−U).
 */
import { degreesOfFreedom, type ParticleEnergy } from './energy.ts';

/** One density of a ladder. */
export interface Rung {
  /** a_k, of ½ |x|². */
  readonly stiffness: number;
  /** b_k, of U. */
  readonly weight: number;
}

/** Rungs from a Gaussian to exp(−U). */
export type Ladder = readonly Rung[];

/** How a ladder rises. */
export interface LadderOptions {
  /** Number of rungs, 3 or more. */
  readonly count: number;
  /** Variance of a coordinate under the first rung. */
  readonly variance: number;
  /** λ of the second rung. */
  readonly lowest: number;
  /** Above 1: finer towards the target. */
  readonly power: number;
}

/**
 * a_k = (1 − λ_k)/variance, b_k = λ_k, with λ_0 = 0 and ln λ_k = (1 − s)^power ln lowest where s goes from 0 to 1 over the other
 * rungs. A small `lowest` is what energies need that are infinite where particles coincide.
 */
export function gaussianLadder({ count, variance, lowest, power }: LadderOptions): Ladder {
  if (!Number.isInteger(count) || count < 3) {
    throw new RangeError(`gaussianLadder: ${count} rungs; give a whole number, 3 or more`);
  }
  if (!(variance > 0 && lowest > 0 && lowest < 1 && power > 0)) {
    throw new RangeError(
      `gaussianLadder: variance ${variance}, lowest ${lowest}, power ${power}; give positive numbers, lowest below 1`,
    );
  }
  return Array.from({ length: count }, (_, k) => {
    const lambda = k === 0 ? 0 : lowest ** ((1 - (k - 1) / (count - 2)) ** power);
    return { stiffness: (1 - lambda) / variance, weight: lambda };
  });
}

/** ln Z of a Gaussian rung: ½ D ln(2π/a). @throws RangeError for a rung that holds U. */
export function gaussianLogZ(energy: ParticleEnergy, { stiffness, weight }: Rung): number {
  if (weight !== 0 || !(stiffness > 0)) {
    throw new RangeError('a ladder must begin with a Gaussian: weight 0 and a positive stiffness');
  }
  return 0.5 * degreesOfFreedom(energy) * Math.log((2 * Math.PI) / stiffness);
}

/** E_k out of ½ |x|² and U. */
export function rungEnergy({ stiffness, weight }: Rung, halfSquare: number, energy: number): number {
  return stiffness * halfSquare + (weight === 0 ? 0 : weight * energy);
}
