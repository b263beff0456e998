/**
 * The amplitude of the primordial curvature, A_s at k_p = 0.05/Mpc, and σ_8: from P_R = 2π²/k³ A_s (k/k_p)^{n_s − 1} and
 * Poisson's equation, δ_m = (2/5) k² c²/(Ω_m H_0²) D₁ T R (e.g. Dodelson & Schmidt 2020, eq. 8.8), so that
 * P = (8π²/25) A_s k (c/H_0)⁴ (D₁/Ω_m)² T² (k/k_p)^{n_s − 1} with D₁ = a early in the matter era.
 *
 * It is exact for the transfer function given: EH98 gives σ_8 to about 2 %, a Boltzmann code's table to its own accuracy.
 */
import { HUBBLE_DISTANCE } from './background.ts';
import type { Expansion } from './cosmology.ts';
import { growth } from './growth.ts';
import { type LinearPowerOptions, linearPower } from './linear-power.ts';
import { requirePositive } from './matter-content.ts';

/** A cosmology without its amplitude, and its dark energy and curvature where they are not flat ΛCDM's. */
export type PrimordialOptions = DistributiveOmit<LinearPowerOptions, 'sigma8'> & Omit<Expansion, 'omegaM'>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** k_p in 1/Mpc. */
export const PIVOT = 0.05;

function amplitudePerAs(options: PrimordialOptions): number {
  const { omegaM, omegaK = 0, omegaR = 0, w0 = -1, wa = 0, h, ns } = options;
  const today = growth({ omegaM, omegaK, omegaR, w0, wa }, 'matter-era').factor(1);
  return ((8 * Math.PI ** 2) / 25) * HUBBLE_DISTANCE ** 4 * (today / omegaM) ** 2 * (h / PIVOT) ** (ns - 1);
}

/** σ_8 at z = 0 of a universe with A_s. @param as A_s at 0.05/Mpc, about 2.1e-9 @throws RangeError on values that make no sense */
export function sigma8OfPrimordial(as: number, options: PrimordialOptions): number {
  requirePositive('A_s', as);
  return Math.sqrt((as * amplitudePerAs(options)) / linearPower({ ...options, sigma8: 1 }).amplitude);
}

/** A_s at 0.05/Mpc of a universe with σ_8; the inverse of {@link sigma8OfPrimordial}. @throws RangeError on values that make no sense */
export function primordialOfSigma8(sigma8: number, options: PrimordialOptions): number {
  requirePositive('sigma8', sigma8);
  return (sigma8 ** 2 * linearPower({ ...options, sigma8: 1 }).amplitude) / amplitudePerAs(options);
}
