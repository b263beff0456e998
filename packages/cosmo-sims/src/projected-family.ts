/**
 * The family of Gaussian maps θ = (Ω_m, σ_8) on which equiflow is proved: the full projection of a periodic box,
 * P_2D(k) = P_3D(k | θ)/L, where P_3D is linear at z = 0 and the other parameters are those of the Quijote suite's
 * fiducial cosmology (Villaescusa-Navarro et al. 2020, arXiv:1909.05273): Ω_b = 0.049, h = 0.6711, n_s = 0.9624.
 */
import { linearPower } from './linear-power.ts';
import { projectBox } from './projection.ts';
import type { PowerSpectrum } from './spectrum.ts';

/** What the family holds fixed. */
export const QUIJOTE_FIXED: { readonly omegaB: number; readonly h: number; readonly ns: number } =
  Object.freeze({
    omegaB: 0.049,
    h: 0.6711,
    ns: 0.9624,
  });

/** Choices of a {@link projectedFamily}. */
export interface ProjectedFamilyOptions {
  /** Side L of the periodic box, Mpc/h; default 1000. */
  boxSize?: number;
  /** Transfer function; default `'eh98-nowiggle'`. */
  transfer?: 'eh98' | 'eh98-nowiggle';
}

/** Spectra of projected maps as a function of (Ω_m, σ_8). */
export interface ProjectedFamily {
  /** Side L in Mpc/h. */
  readonly boxSize: number;
  /** @returns P_2D(k | θ) in (Mpc/h)²; P_2D(0) = 0 */
  spectrum(omegaM: number, sigma8: number): PowerSpectrum;
  /**
   * Derivatives of ln P_2D, what a Fisher matrix is made of: ∂ ln P/∂Ω_m by the central difference of fourth order with
   * a step of 1e-3 Ω_m (to about 1e-8), and ∂ ln P/∂σ_8 = 2/σ_8 exactly.
   *
   * @param k wavenumbers in h/Mpc, all > 0
   * @throws RangeError if a k is not positive
   */
  logDerivatives(
    omegaM: number,
    sigma8: number,
    k: ArrayLike<number>,
  ): { omegaM: Float64Array; sigma8: Float64Array };
}

/** The family of maps; see {@link ProjectedFamilyOptions}. */
export function projectedFamily({
  boxSize = 1000,
  transfer = 'eh98-nowiggle',
}: ProjectedFamilyOptions = {}): ProjectedFamily {
  const spectrum = (omegaM: number, sigma8: number): PowerSpectrum =>
    projectBox(linearPower({ ...QUIJOTE_FIXED, omegaM, sigma8, transfer }), boxSize);
  return {
    boxSize,
    spectrum,
    logDerivatives: (omegaM, sigma8, k) => {
      for (let i = 0; i < k.length; i++) {
        if (!(k[i]! > 0)) throw new RangeError(`wavenumber k = ${k[i]} h/Mpc: must be > 0, for P(0) = 0`);
      }
      const step = 1e-3 * omegaM;
      const [below2, below1, above1, above2] = [-2, -1, 1, 2].map((j) =>
        spectrum(omegaM + j * step, sigma8).powers(k),
      ) as [Float64Array, Float64Array, Float64Array, Float64Array];
      const alongOmega = new Float64Array(k.length);
      for (let i = 0; i < alongOmega.length; i++) {
        const near = Math.log(above1[i]! / below1[i]!);
        const far = Math.log(above2[i]! / below2[i]!);
        alongOmega[i] = (8 * near - far) / (12 * step);
      }
      return { omegaM: alongOmega, sigma8: new Float64Array(k.length).fill(2 / sigma8) };
    },
  };
}
