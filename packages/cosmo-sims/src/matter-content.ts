/**
 * The densities that shape the transfer function of matter, and what values of them make sense.
 */

/** Matter, baryons, Hubble constant and CMB temperature. */
export interface MatterContent {
  /** Ω_m, all matter today, in units of the critical density; > 0. */
  omegaM: number;
  /** Ω_b, baryons today; 0 ≤ Ω_b < Ω_m. */
  omegaB: number;
  /** h = H_0 / (100 km/s/Mpc); > 0. */
  h: number;
  /** Temperature of the CMB in K; default {@link T_CMB}. */
  tCmb?: number;
}

/** Default temperature of the CMB, 2.7255 K (Fixsen 2009, arXiv:0911.1955). */
export const T_CMB = 2.7255;

/** @throws RangeError naming the parameter, its value, and what is wanted */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} = ${value}: must be finite and > 0`);
}

/**
 * Checks densities and fills in the default temperature.
 *
 * @throws RangeError naming the parameter, its value, and what is wanted
 */
export function checkedMatterContent(content: MatterContent): Required<MatterContent> {
  const { omegaM, omegaB, h, tCmb = T_CMB } = content;
  requirePositive('omegaM', omegaM);
  requirePositive('h', h);
  requirePositive('tCmb', tCmb);
  if (!(omegaB >= 0)) throw new RangeError(`omegaB = ${omegaB}: must be finite and ≥ 0`);
  if (omegaB >= omegaM) {
    throw new RangeError(`omegaB = ${omegaB}: must be less than omegaM = ${omegaM}, of which it is a part`);
  }
  return { omegaM, omegaB, h, tCmb };
}
