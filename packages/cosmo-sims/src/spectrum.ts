/**
 * What every power spectrum of this package is: a function of one wavenumber, and the same over an array.
 *
 * Convention (design of equiflow): k in h/Mpc; a 3-D spectrum in (Mpc/h)^3, a 2-D one in (Mpc/h)^2.
 */

/** A power spectrum P(k), isotropic. */
export interface PowerSpectrum {
  /**
   * @param k wavenumber in h/Mpc, finite, not negative
   * @returns P(k) in (Mpc/h)^d
   * @throws RangeError if k is negative or not finite
   */
  power(k: number): number;
  /**
   * @param k wavenumbers in h/Mpc
   * @returns P at each of them, same length and order
   * @throws RangeError naming the first k that is negative or not finite
   */
  powers(k: ArrayLike<number>): Float64Array;
}

/**
 * Gives a function of k the interface of a spectrum, with its wavenumbers checked.
 *
 * @param power P(k), called only with finite k ≥ 0
 */
export function spectrumFromFunction(power: (k: number) => number): PowerSpectrum {
  const checked = (k: number): number => {
    if (!(k >= 0 && k < Infinity)) throw new RangeError(`wavenumber k = ${k} h/Mpc: must be finite and ≥ 0`);
    return power(k);
  };
  return {
    power: checked,
    powers: (k) => {
      const out = new Float64Array(k.length);
      for (let i = 0; i < out.length; i++) out[i] = checked(k[i]!);
      return out;
    },
  };
}
