/**
 * The transfer function of cold dark matter and baryons of Eisenstein & Hu 1998 (astro-ph/9709112), with
 * acoustic oscillations: their section 3. Numbers of equations below are the paper's.
 */
import { checkedMatterContent, type MatterContent } from './matter-content.ts';

/**
 * `'paper'`: as printed, R(z) = 31.5 Ω_b h² Θ⁻⁴ (z/10³)⁻¹ (eq. 5) at z_d, and G((1+z_eq)/(1+z_d)) (eq. 14).
 * `'ccl'`: as LSST DESC's Core Cosmology Library and the authors' own code have it, where z_eq stands for
 * 1 + z_eq: R at 1 + z_d, and G(z_eq/(1+z_d)). T differs by less than 2e-4 absolute, s by 7e-4.
 */
export type Eh98Variant = 'paper' | 'ccl';

/** A transfer function: T(k) → 1 as k → 0. */
export interface TransferFunction {
  /** @param k wavenumber in h/Mpc, ≥ 0 @returns T(k), dimensionless; may change sign */
  transfer(k: number): number;
  /** Comoving length in Mpc/h whose sin(k s) modulates T: the sound horizon at the drag epoch; 0 if smooth. */
  oscillationScale: number;
}

/**
 * T(k) of Eisenstein & Hu 1998 with baryon oscillations,
 * T = (Ω_b/Ω_0) T_b(k) + (Ω_c/Ω_0) T_c(k)  (eq. 16).
 *
 * @param content densities; here Ω_b must be > 0
 * @param variant see {@link Eh98Variant}
 * @throws RangeError on densities that make no sense
 */
export function transferEh98(content: MatterContent, variant: Eh98Variant = 'paper'): TransferFunction {
  const { omegaM, omegaB, h, tCmb } = checkedMatterContent(content);
  if (omegaB === 0) {
    throw new RangeError("omegaB = 0: 'eh98' has baryons; use 'eh98-nowiggle' for a universe without");
  }
  if (variant !== 'paper' && variant !== 'ccl') {
    throw new RangeError(`variant '${String(variant)}': must be 'paper' or 'ccl'`);
  }
  const omhh = omegaM * h * h;
  const obhh = omegaB * h * h;
  const theta = tCmb / 2.7;
  const baryons = omegaB / omegaM;
  const shift = variant === 'paper' ? 0 : 1;

  const zEq = (2.5e4 * omhh) / theta ** 4; // eq. 2
  const kEq = (7.46e-2 * omhh) / (h * theta ** 2); // eq. 3, in h/Mpc
  const b1 = 0.313 * omhh ** -0.419 * (1 + 0.607 * omhh ** 0.674); // eq. 4
  const b2 = 0.238 * omhh ** 0.223;
  const zDrag = ((1291 * omhh ** 0.251) / (1 + 0.659 * omhh ** 0.828)) * (1 + b1 * obhh ** b2);
  const rEq = (31.5e3 * obhh) / (theta ** 4 * zEq); // eq. 5
  const rDrag = (31.5e3 * obhh) / (theta ** 4 * (zDrag + shift));
  // eq. 6, in Mpc/h
  const s =
    (2 / (3 * kEq)) *
    Math.sqrt(6 / rEq) *
    Math.log((Math.sqrt(1 + rDrag) + Math.sqrt(rDrag + rEq)) / (1 + Math.sqrt(rEq)));
  const kSilk = (1.6 * obhh ** 0.52 * omhh ** 0.73 * (1 + (10.4 * omhh) ** -0.95)) / h; // eq. 7, in h/Mpc

  const a1 = (46.9 * omhh) ** 0.67 * (1 + (32.1 * omhh) ** -0.532); // eq. 11
  const a2 = (12 * omhh) ** 0.424 * (1 + (45 * omhh) ** -0.582);
  const alphaC = a1 ** -baryons * a2 ** -(baryons ** 3);
  const c1 = 0.944 / (1 + (458 * omhh) ** -0.708); // eq. 12
  const c2 = (0.395 * omhh) ** -0.0266;
  const betaC = 1 / (1 + c1 * ((1 - baryons) ** c2 - 1));

  const y = (zEq + 1 - shift) / (1 + zDrag);
  const root = Math.sqrt(1 + y);
  const g = y * (-6 * root + (2 + 3 * y) * Math.log((root + 1) / (root - 1))); // eq. 15
  const alphaB = 2.07 * kEq * s * (1 + rDrag) ** -0.75 * g; // eq. 14
  const betaNode = 8.41 * omhh ** 0.435; // eq. 23
  const betaB = 0.5 + baryons + (3 - 2 * baryons) * Math.sqrt((17.2 * omhh) ** 2 + 1); // eq. 24

  const transfer = (k: number): number => {
    if (k === 0) return 1;
    const q = k / (13.41 * kEq); // eq. 10
    const q2 = q * q;
    const bend = 386 / (1 + 69.9 * q ** 1.08); // eq. 20
    const logBetaC = Math.log(Math.E + 1.8 * betaC * q);
    const logOne = Math.log(Math.E + 1.8 * q);
    const smallScale = logBetaC / (logBetaC + (14.2 / alphaC + bend) * q2); // T̃_0(k, α_c, β_c), eq. 19
    const largeScale = logBetaC / (logBetaC + (14.2 + bend) * q2); // T̃_0(k, 1, β_c)
    const ks = k * s;
    const early2 = (ks / 5.4) * (ks / 5.4);
    const f = 1 / (1 + early2 * early2); // eq. 18
    const tC = f * largeScale + (1 - f) * smallScale; // eq. 17

    const node = betaNode / ks;
    const ksShifted = ks / Math.cbrt(1 + node * node * node); // eq. 22
    const j0 = ksShifted < 1e-3 ? 1 - (ksShifted * ksShifted) / 6 : Math.sin(ksShifted) / ksShifted;
    const early = logOne / (logOne + (14.2 + bend) * q2) / (1 + (ks * ks) / 27.04);
    const envelope = betaB / ks;
    const acoustic = (alphaB / (1 + envelope * envelope * envelope)) * Math.exp(-((k / kSilk) ** 1.4));
    return baryons * (early + acoustic) * j0 + (1 - baryons) * tC; // eqs. 21 and 16
  };
  return { transfer, oscillationScale: s };
}
