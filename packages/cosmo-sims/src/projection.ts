/**
 * Spectra of projected maps: the mean overdensity along one axis of a periodic box of side L.
 *
 * A map is δ_2D(x) = (1/Δ) ∫ δ_3D(x, z) dz over a depth Δ. In a periodic box the line of sight has the wavenumbers
 * k_z = 2πm/L only, so that
 *
 *   P_2D(k) = (1/L) Σ_m P_3D(√(k² + k_z²)) sinc²(k_z Δ/2),   sinc x = sin x / x,
 *
 * and for the full depth, Δ = L, every term but m = 0 vanishes: P_2D(k) = P_3D(k)/L.
 */
import { requirePositive } from './matter-content.ts';
import { type PowerSpectrum, spectrumFromFunction } from './spectrum.ts';

/**
 * Spectrum of a map projected through the whole of a periodic box, P_2D(k) = P_3D(k)/L.
 *
 * @param spectrum P_3D in (Mpc/h)³
 * @param boxSize L in Mpc/h
 * @returns P_2D in (Mpc/h)²
 * @throws RangeError if L is not positive
 */
export function projectBox(spectrum: PowerSpectrum, boxSize: number): PowerSpectrum {
  requirePositive('boxSize', boxSize);
  return spectrumFromFunction((k) => spectrum.power(k) / boxSize);
}

/** A slab of a periodic box, and how far to sum its modes. */
export interface SlabOptions {
  /** Side L of the periodic box, Mpc/h. */
  boxSize: number;
  /** Depth Δ of the slab, 0 < Δ ≤ L, Mpc/h. */
  depth: number;
  /** Where the sum over m stops: when what is left is below this fraction of it. Default 1e-8. */
  tolerance?: number;
}

const MOST_TERMS = 2 ** 22;

/**
 * Spectrum of a slab of depth Δ of a periodic box.
 *
 * The sum goes over m = ±1 … ±M, M doubling from 64. With the envelope e(m) = P_3D / (k_z Δ/2)² of its terms falling
 * as m^{−p} between M/2 and M, and no slower after, what is left is at most 2 M e(M)/(p − 1); the sum stops
 * when that is below `tolerance` of what was added up. So P_3D has to be smooth, and to fall (or grow slower
 * than k) at large k.
 *
 * @param spectrum P_3D in (Mpc/h)³
 * @returns P_2D in (Mpc/h)²; finite at k = 0, where modes along the line of sight remain
 * @throws RangeError on lengths that make no sense, and, from `power`, if 2^22 terms do not reach the tolerance
 */
export function projectSlab(
  spectrum: PowerSpectrum,
  { boxSize, depth, tolerance = 1e-8 }: SlabOptions,
): PowerSpectrum {
  requirePositive('boxSize', boxSize);
  requirePositive('depth', depth);
  requirePositive('tolerance', tolerance);
  if (depth > boxSize) {
    throw new RangeError(`depth = ${depth} Mpc/h: must be at most boxSize = ${boxSize} Mpc/h`);
  }
  if (depth === boxSize) return projectBox(spectrum, boxSize);
  const fundamental = (2 * Math.PI) / boxSize;
  const halfPhase = (Math.PI * depth) / boxSize;
  const envelope = (k: number, m: number): number =>
    spectrum.power(Math.hypot(k, fundamental * m)) / (halfPhase * m) ** 2;

  return spectrumFromFunction((k) => {
    let sum = spectrum.power(k);
    let m = 1;
    for (let last = 64; last <= MOST_TERMS; last *= 2) {
      for (; m <= last; m++) sum += 2 * envelope(k, m) * Math.sin(halfPhase * m) ** 2;
      if (fundamental * last < 4 * k) continue;
      const end = envelope(k, last);
      const exponent = Math.log2(envelope(k, last / 2) / end);
      if (end === 0 || (exponent > 1 && (2 * last * end) / (exponent - 1) <= tolerance * sum)) {
        return sum / boxSize;
      }
    }
    throw new RangeError(
      `slab of ${depth} Mpc/h in a box of ${boxSize} Mpc/h, k = ${k} h/Mpc: ${MOST_TERMS} modes do not reach the tolerance ${tolerance}; give a larger one, or a spectrum that falls faster`,
    );
  });
}
