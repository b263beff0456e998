/**
 * The energy content of a universe: matter, radiation, curvature, and dark energy with
 * w(a) = w0 + wa (1 − a) (Chevallier & Polarski 2001; Linder 2003).
 */
import { requirePositive, T_CMB } from './matter-content.ts';

/** Densities today in units of the critical density. What matter, curvature and radiation leave is dark energy. */
export interface Expansion {
  /** Ω_m, all matter; > 0. */
  readonly omegaM: number;
  /** Ω_k; default 0. Positive for an open universe. */
  readonly omegaK?: number;
  /** Ω_r, all that is relativistic; default 0. See {@link radiationDensity}. */
  readonly omegaR?: number;
  /** w0; default −1. */
  readonly w0?: number;
  /** wa; default 0. */
  readonly wa?: number;
}

/** An expansion with nothing left out. */
export interface CheckedExpansion extends Required<Expansion> {
  /** Ω_de = 1 − Ω_m − Ω_k − Ω_r. */
  readonly omegaDe: number;
}

/**
 * Fills in what was left out.
 *
 * @throws RangeError naming the parameter that makes no sense: among them dark energy that would not vanish early (w0 + wa ≥ 0)
 */
export function checkedExpansion(expansion: Expansion): CheckedExpansion {
  const { omegaM, omegaK = 0, omegaR = 0, w0 = -1, wa = 0 } = expansion;
  requirePositive('omegaM', omegaM);
  if (!(omegaR >= 0 && omegaR < Infinity)) {
    throw new RangeError(`omegaR = ${omegaR}: must be finite and ≥ 0`);
  }
  for (const [name, value] of Object.entries({ omegaK, w0, wa })) {
    if (!Number.isFinite(value)) throw new RangeError(`${name} = ${value}: must be finite`);
  }
  if (w0 + wa >= 0) {
    throw new RangeError(`w0 + wa = ${w0 + wa}: must be < 0, or dark energy would rule the early universe`);
  }
  return { omegaM, omegaK, omegaR, w0, wa, omegaDe: 1 - omegaM - omegaK - omegaR };
}

/**
 * Ω_r of photons of temperature T and massless neutrinos: Ω_γ h² = 2.47282e-5 (T/2.7255 K)⁴ and
 * Ω_ν = N_eff (7/8) (4/11)^{4/3} Ω_γ.
 *
 * @param content h; T in K, default {@link T_CMB}; N_eff, default 3.046
 */
export function radiationDensity({
  h,
  tCmb = T_CMB,
  nEff = 3.046,
}: {
  h: number;
  tCmb?: number;
  nEff?: number;
}): number {
  requirePositive('h', h);
  requirePositive('tCmb', tCmb);
  const photons = (2.472822e-5 * (tCmb / 2.7255) ** 4) / (h * h);
  return photons * (1 + nEff * (7 / 8) * (4 / 11) ** (4 / 3));
}
