/** Spectra of the analytic cases: P_k = P(k) N^d/L^d at |n|², dimensionless, with P(0) := P(k_f). */
import { linearPower, projectedFamily, QUIJOTE_FIXED } from '@equiflow/cosmo-sims';
import { visitModes } from '../direct/mode-power.ts';

/** Side of a cell, Mpc/h: that of 64 cells in a box of 1000 Mpc/h. Boxes grow with N, the variance of a cell hardly changes. */
export const CELL: number = 1000 / 64;

/** A spectrum that fields are drawn from. */
export interface MeshSpectrum {
  readonly name: string;
  /** P_k at each |n|² of a mesh of side N in d dimensions. */
  variances(squares: ArrayLike<number>, side: number, dimensions: number): Float64Array;
}

/**
 * P_k ∝ |n|^index with mean variance 1 over the modes: ln T̂ is linear in ln k, which the spline of a TRENF layer holds
 * exactly.
 */
export function powerLaw(index: number): MeshSpectrum {
  return {
    name: `power law k^${index}`,
    variances(squares, side, dimensions) {
      const shape = (square: number): number => Math.max(1, square) ** (index / 2);
      let total = 0;
      visitModes(side, dimensions, (_, square, weight) => {
        total += weight * shape(square);
      });
      return Float64Array.from(squares, (square) => (shape(square) * side ** dimensions) / total);
    },
  };
}

/**
 * Matter at z = 0 with Ω_m = 0.3175, σ_8 = 0.834: in three dimensions EH98 with its wiggles, in two its projection
 * without.
 */
export const cosmological: MeshSpectrum = {
  name: 'cosmological',
  variances(squares, side, dimensions) {
    const spectrum =
      dimensions === 2
        ? projectedFamily({ boxSize: CELL * side }).spectrum(0.3175, 0.834)
        : linearPower({ ...QUIJOTE_FIXED, omegaM: 0.3175, sigma8: 0.834, transfer: 'eh98' });
    const unit = (2 * Math.PI) / (CELL * side);
    const scale = CELL ** -dimensions;
    return Float64Array.from(
      squares,
      (square) => spectrum.power(unit * Math.sqrt(Math.max(1, square))) * scale,
    );
  },
};
