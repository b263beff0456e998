/**
 * The exact side of the learned limit: Gaussian maps of θ = (Ω_m, σ_8), their density, posterior and Fisher matrix from the
 * power of their modes. P ∝ σ_8² exactly, and the adaptive grids of all maps share their Ω_m, so that spectra are
 * computed once for each Ω_m.
 */
import { type ProjectedFamily, type ProjectedFamilyOptions, projectedFamily } from '@equiflow/cosmo-sims';
import { type Box, gaussianFieldEntropy, gaussianFieldFisher } from '@equiflow/flows';
import { type ModePower, modePower } from '../direct/mode-power.ts';

/** The prior of θ. */
export const PRIOR: Box = { low: [0.1, 0.6], high: [0.5, 1] };

/** Names of θ, as files have them. */
export const PARAMETER_NAMES: readonly string[] = ['Omega_m', 'sigma_8'];

/** Labels of θ, as figures have them. */
export const PARAMETER_LABELS: readonly string[] = ['\\Omega_m', '\\sigma_8'];

/** Maps of one mesh and box. */
export interface GaussianFamily {
  readonly side: number;
  readonly boxSize: number;
  readonly transfer: NonNullable<ProjectedFamilyOptions['transfer']>;
  /** |n|² of the shells, ascending, and their modes. */
  readonly squares: Int32Array;
  readonly multiplicity: Float64Array;
  /** k of the shells in h/Mpc, with k_f in place of 0. */
  readonly wavenumbers: Float64Array;
  /** P_2D(k|θ), (Mpc/h)². */
  power(omegaM: number, sigma8: number): (k: number) => number;
  /** P_k at the shells, dimensionless. */
  variances(omegaM: number, sigma8: number): Float64Array;
  /** ln p(x|θ_i), nats, of a map by its modes, for points [count, 2]. */
  logProb(modes: ModePower, thetas: ArrayLike<number>): Float64Array;
  /** Mean of −ln p(x|θ) over maps of θ, nats. */
  entropy(omegaM: number, sigma8: number): number;
  /** The analytic Fisher matrix, row-major [2, 2]. */
  fisher(omegaM: number, sigma8: number): Float64Array;
}

/** The family on a mesh of side N. */
export function gaussianFamily(
  side: number,
  boxSize: number,
  transfer: GaussianFamily['transfer'],
): GaussianFamily {
  const family: ProjectedFamily = projectedFamily({ boxSize, transfer });
  const { squares, multiplicity } = modePower(new Float64Array(side * side), side, 2);
  const unit = (2 * Math.PI) / boxSize;
  const wavenumbers = Float64Array.from(squares, (square) => unit * Math.sqrt(Math.max(1, square)));
  const cell = (side / boxSize) ** 2;
  /** P_k for σ_8 = 1, and Σ ln 2πP_k over all modes. */
  const shapes = new Map<number, { variances: Float64Array; logSum: number }>();
  const shapeOf = (omegaM: number): { variances: Float64Array; logSum: number } => {
    let shape = shapes.get(omegaM);
    if (!shape) {
      const variances = family
        .spectrum(omegaM, 1)
        .powers(wavenumbers)
        .map((p) => p * cell);
      let logSum = 0;
      for (let i = 0; i < variances.length; i++) {
        logSum += multiplicity[i]! * Math.log(2 * Math.PI * variances[i]!);
      }
      shape = { variances, logSum };
      shapes.set(omegaM, shape);
    }
    return shape;
  };
  const variancesAt = (omegaM: number, sigma8: number): Float64Array =>
    shapeOf(omegaM).variances.map((variance) => variance * sigma8 ** 2);
  return {
    ...{ side, boxSize, transfer, squares, multiplicity, wavenumbers },
    power(omegaM, sigma8) {
      const spectrum = family.spectrum(omegaM, sigma8);
      return (k) => spectrum.power(k);
    },
    variances: variancesAt,
    logProb(modes, thetas) {
      const chiSquares = new Map<number, number>();
      return Float64Array.from({ length: thetas.length / 2 }, (_, i) => {
        const [omegaM, sigma8] = [thetas[2 * i]!, thetas[2 * i + 1]!];
        const { variances, logSum } = shapeOf(omegaM);
        let chiSquare = chiSquares.get(omegaM);
        if (chiSquare === undefined) {
          chiSquare = 0;
          for (let s = 0; s < variances.length; s++) chiSquare += modes.power[s]! / variances[s]!;
          chiSquares.set(omegaM, chiSquare);
        }
        return -0.5 * (chiSquare / sigma8 ** 2 + logSum + 2 * side ** 2 * Math.log(sigma8));
      });
    },
    entropy: (omegaM, sigma8) => gaussianFieldEntropy(multiplicity, variancesAt(omegaM, sigma8)),
    fisher(omegaM, sigma8) {
      const derivatives = family.logDerivatives(omegaM, sigma8, wavenumbers);
      return gaussianFieldFisher(multiplicity, [derivatives.omegaM, derivatives.sigma8]);
    },
  };
}
