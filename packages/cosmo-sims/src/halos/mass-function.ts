/**
 * How many halos there are of each mass, by the formulas that catalogues are compared with:
 *
 *   dn/d ln M = f(σ) ρ̄/M |d ln σ/d ln M|,   M = 4π/3 ρ̄ R³,
 *
 * with f of Press & Schechter 1974, Sheth & Tormen 1999 (friends of friends of b = 0.2), or Tinker et al. 2008 (arXiv:0803.2706,
 * spherical overdensity of 200 times the mean, eqs. 3 and 5 to 8).
 */
import type { LinearPower } from '../linear-power.ts';
import { requirePositive } from '../matter-content.ts';
import { CRITICAL_DENSITY } from './friends-of-friends.ts';

/** Names of the formulas. */
export type MassFunctionModel = 'press-schechter' | 'sheth-tormen' | 'tinker08';

/** Which mass function, in which universe. */
export interface MassFunctionOptions {
  readonly model: MassFunctionModel;
  readonly omegaM: number;
  readonly matter: Pick<LinearPower, 'sigmaR'>;
  /** Redshift; default 0. Enters Tinker's parameters. */
  readonly redshift?: number;
  /** D₁(z)/D₁(0), which scales σ; default 1. */
  readonly growthFactor?: number;
}

/** Collapse threshold of linear theory in an Einstein-de Sitter universe, 3/20 (12π)^{2/3}. */
const COLLAPSE = (3 / 20) * (12 * Math.PI) ** (2 / 3);

/** Step of ln M of the derivative. */
const STEP = 1e-3;

/** f(σ). */
function multiplicity(model: MassFunctionModel, sigma: number, z: number): number {
  const nu = COLLAPSE / sigma;
  switch (model) {
    case 'press-schechter':
      return Math.sqrt(2 / Math.PI) * nu * Math.exp(-(nu * nu) / 2);
    case 'sheth-tormen': {
      // biome-ignore lint/suspicious/noApproximativeNumericConstant: the paper's a, which is not 1/√2
      const square = 0.707 * nu * nu;
      return 0.3222 * Math.sqrt((2 * square) / Math.PI) * (1 + square ** -0.3) * Math.exp(-square / 2);
    }
    case 'tinker08': {
      const slope = 10 ** -((0.75 / Math.log10(200 / 75)) ** 1.2);
      const amplitude = 0.186 * (1 + z) ** -0.14;
      const a = 1.47 * (1 + z) ** -0.06;
      const b = 2.57 * (1 + z) ** -slope;
      return amplitude * ((sigma / b) ** -a + 1) * Math.exp(-1.19 / sigma ** 2);
    }
    default:
      throw new RangeError(
        `mass function '${String(model)}': must be 'press-schechter', 'sheth-tormen' or 'tinker08'`,
      );
  }
}

/**
 * The mass function of a universe.
 *
 * @returns from M in M☉/h to dn/d ln M in (h/Mpc)³, comoving
 * @throws RangeError on masses or parameters that make no sense
 */
export function massFunction(options: MassFunctionOptions): (mass: number) => number {
  const { model, omegaM, matter, redshift = 0, growthFactor = 1 } = options;
  requirePositive('omegaM', omegaM);
  requirePositive('growthFactor', growthFactor);
  const density = omegaM * CRITICAL_DENSITY;
  const sigma = (logMass: number): number =>
    growthFactor * matter.sigmaR(Math.cbrt((3 * Math.exp(logMass)) / (4 * Math.PI * density)));
  return (mass) => {
    requirePositive('mass', mass);
    const log = Math.log(mass);
    const slope = Math.log(sigma(log - STEP) / sigma(log + STEP)) / (2 * STEP);
    return (multiplicity(model, sigma(log), redshift) * density * slope) / mass;
  };
}

/** A measured mass function. */
export interface MeasuredMassFunction {
  /** Edges of the bins, M☉/h. */
  readonly edges: Float64Array;
  /** Halos in each. */
  readonly counts: Float64Array;
  /** dn/d ln M, (h/Mpc)³. */
  readonly density: Float64Array;
}

/**
 * Counts halos in bins uniform in ln M.
 *
 * @param masses M☉/h
 * @param boxSize side of the box, Mpc/h
 * @param range lowest and highest mass
 */
export function measureMassFunction(
  masses: ArrayLike<number>,
  boxSize: number,
  range: readonly [number, number],
  bins: number,
): MeasuredMassFunction {
  const [low, high] = range;
  if (!(low > 0 && high > low) || !Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`mass function in ${bins} bins from ${low} to ${high}: give 0 < low < high`);
  }
  const width = Math.log(high / low) / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => low * Math.exp(i * width));
  const counts = new Float64Array(bins);
  for (let i = 0; i < masses.length; i++) {
    const bin = Math.floor(Math.log(masses[i]! / low) / width);
    if (bin >= 0 && bin < bins) counts[bin]!++;
  }
  return { edges, counts, density: counts.map((count) => count / width / boxSize ** 3) };
}
