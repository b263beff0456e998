/**
 * The expanding background: E(a) = H/H_0 of the Friedmann equation, distances (Hogg 1999, astro-ph/9905116) and ages.
 * Lengths in Mpc/h, so that H_0 = 100 h km/s/Mpc drops out; times in units of 1/H_0, or in Gyr given h.
 */
import { type CheckedExpansion, checkedExpansion, type Expansion } from './cosmology.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import { requirePositive } from './matter-content.ts';

/** c/H_0 in Mpc/h. */
export const HUBBLE_DISTANCE = 2997.92458;
/** 1/H_0 in Gyr for h = 1: 3.085677581491367e19 km/Mpc over 100 km/s, and years of 365.25 days. */
export const HUBBLE_TIME: number = 3.085677581491367e19 / 100 / (365.25 * 86400 * 1e9);

/** What an expansion determines. Scale factors a = 1/(1 + z); every function throws a RangeError unless its z ≥ 0 or a > 0 is finite. */
export interface Background {
  readonly content: CheckedExpansion;
  /** E(a) = H(a)/H_0. */
  expansionRate(a: number): number;
  /** d ln E/d ln a. */
  expansionSlope(a: number): number;
  /** Ω_m(a). */
  matterFraction(a: number): number;
  /** Line-of-sight comoving distance to redshift z, Mpc/h. */
  comovingDistance(z: number): number;
  /** Transverse comoving distance, Mpc/h: sin or sinh of the above where space is curved. */
  transverseDistance(z: number): number;
  /** Luminosity distance (1 + z) d_M, Mpc/h. */
  luminosityDistance(z: number): number;
  /** Angular diameter distance d_M/(1 + z), Mpc/h. */
  angularDiameterDistance(z: number): number;
  /** Age of the universe at z, Gyr. @param h Hubble constant over 100 km/s/Mpc */
  age(z: number, h: number): number;
  /** ∫ da / (a^n E) between two scale factors: n = 1 time, 2 conformal time, 3 the drift of a particle. */
  timeIntegral(from: number, to: number, n: number): number;
}

const RULE = gaussLegendre(16);

/**
 * The background of an expansion.
 *
 * @throws RangeError on densities that make no sense, and, from E, where E² would not be positive (a universe that bounces)
 * @example
 * ```ts
 * background({ omegaM: 0.3 }).comovingDistance(1); // 2312.68 Mpc/h
 * ```
 */
export function background(expansion: Expansion): Background {
  const content = checkedExpansion(expansion);
  const { omegaM, omegaK, omegaR, omegaDe, w0, wa } = content;
  const darkEnergy = (a: number): number => omegaDe * a ** (-3 * (1 + w0 + wa)) * Math.exp(-3 * wa * (1 - a));

  const squared = (a: number): number => {
    if (!(a > 0 && a < Infinity)) throw new RangeError(`scale factor a = ${a}: must be finite and > 0`);
    const value = omegaR / a ** 4 + omegaM / a ** 3 + omegaK / a ** 2 + darkEnergy(a);
    if (!(value > 0)) throw new RangeError(`E² = ${value} at a = ${a}: there was no such universe`);
    return value;
  };
  const expansionRate = (a: number): number => Math.sqrt(squared(a));

  const timeIntegral = (from: number, to: number, n: number): number => {
    // Panels of at most 0.35 in ln a: the integrand is smooth there, to rounding with 16 nodes.
    const width = Math.log(to / from);
    const panels = Math.max(1, Math.ceil(Math.abs(width) / 0.35));
    let total = 0;
    for (let panel = 0; panel < panels; panel++) {
      for (let i = 0; i < RULE.nodes.length; i++) {
        const a = from * Math.exp((width * (panel + (1 + RULE.nodes[i]!) / 2)) / panels);
        total += RULE.weights[i]! * (a ** (1 - n) / expansionRate(a));
      }
    }
    return (total * width) / (2 * panels);
  };
  const scaleFactor = (z: number): number => {
    if (!(z >= 0 && z < Infinity)) throw new RangeError(`redshift z = ${z}: must be finite and ≥ 0`);
    return 1 / (1 + z);
  };
  const comovingDistance = (z: number): number => HUBBLE_DISTANCE * timeIntegral(scaleFactor(z), 1, 2);
  const transverseDistance = (z: number): number => {
    const chi = comovingDistance(z);
    const curvature = Math.sqrt(Math.abs(omegaK)) / HUBBLE_DISTANCE;
    if (omegaK === 0) return chi;
    return (omegaK > 0 ? Math.sinh(curvature * chi) : Math.sin(curvature * chi)) / curvature;
  };
  return {
    content,
    expansionRate,
    expansionSlope: (a) => {
      const de = darkEnergy(a);
      const slope = -4 * (omegaR / a ** 4) - 3 * (omegaM / a ** 3) - 2 * (omegaK / a ** 2);
      return (slope - 3 * (1 + w0 + wa * (1 - a)) * de) / (2 * squared(a));
    },
    matterFraction: (a) => omegaM / a ** 3 / squared(a),
    comovingDistance,
    transverseDistance,
    luminosityDistance: (z) => (1 + z) * transverseDistance(z),
    angularDiameterDistance: (z) => transverseDistance(z) / (1 + z),
    age: (z, h) => {
      requirePositive('h', h);
      // Below a = 1e-10 radiation or matter alone: a/E is a power, of which 1e-10 times its own integrand is more than enough.
      return (HUBBLE_TIME / h) * timeIntegral(1e-10, scaleFactor(z), 1);
    },
    timeIntegral,
  };
}
