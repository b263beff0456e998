/**
 * The smooth shape of Eisenstein & Hu 1998 (astro-ph/9709112), section 4.2: baryons suppress power below the
 * sound horizon, and no oscillation is left. The paper and the Core Cosmology Library agree on it, so
 * that there is one variant. Numbers of equations below are the paper's.
 */
import { checkedMatterContent, type MatterContent } from './matter-content.ts';
import type { TransferFunction } from './transfer-eh98.ts';

/**
 * T_0(k) = L_0 / (L_0 + C_0 q²) (eq. 29) with the scale-dependent shape Γ_eff(k) (eq. 30).
 *
 * @param content densities; Ω_b may be 0
 * @throws RangeError on densities that make no sense, or outside the reach of the fit (α_Γ ≤ 0)
 */
export function transferEh98NoWiggle(content: MatterContent): TransferFunction {
  const { omegaM, omegaB, h, tCmb } = checkedMatterContent(content);
  const omhh = omegaM * h * h;
  const obhh = omegaB * h * h;
  const baryons = omegaB / omegaM;
  const theta2 = (tCmb / 2.7) ** 2;
  const s = (h * 44.5 * Math.log(9.83 / omhh)) / Math.sqrt(1 + 10 * obhh ** 0.75); // eq. 26, in Mpc/h
  const alpha = 1 - 0.328 * Math.log(431 * omhh) * baryons + 0.38 * Math.log(22.3 * omhh) * baryons ** 2; // eq. 31
  if (!(alpha > 0)) {
    throw new RangeError(
      `omegaM h² = ${omhh}, omegaB / omegaM = ${baryons}: outside the fit of 'eh98-nowiggle' (α_Γ = ${alpha}, must be > 0)`,
    );
  }
  const gamma = omegaM * h;

  const transfer = (k: number): number => {
    const ks2 = (0.43 * k * s) ** 2;
    const gammaEff = gamma * (alpha + (1 - alpha) / (1 + ks2 * ks2)); // eq. 30
    const q = (k * theta2) / gammaEff; // eq. 28, k in h/Mpc
    const l0 = Math.log(2 * Math.E + 1.8 * q); // eq. 29
    const c0 = 14.2 + 731 / (1 + 62.5 * q);
    return l0 / (l0 + c0 * q * q);
  };
  return { transfer, oscillationScale: 0 };
}
