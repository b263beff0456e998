/**
 * Families of spectra by name or formula, as functions of θ. The named ones are linear matter spectra at z = 0 (Eisenstein &
 * Hu 1998): P_3D for cubes, and for maps the full projection of a periodic box, P_2D = P_3D/L. A formula is the spectrum of the
 * maps themselves, in (Mpc/h)^d.
 */
import {
  linearPower,
  type PowerSpectrum,
  parseSpectrumFormula,
  projectBox,
  QUIJOTE_FIXED,
} from '@equiflow/cosmo-sims';
import { shellSpectrum } from '@equiflow/fft-mesh';
import { InputError } from './errors.ts';

/** What a family is made of. */
export interface FamilyOptions {
  /** `eh98`, `eh98-nowiggle`, or a formula of k. */
  readonly spectrum: string;
  /** Parameters that vary, in the order of θ. */
  readonly names: readonly string[];
  /** Parameters that are held. */
  readonly set: Readonly<Record<string, number>>;
  readonly dimensions: number;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
}

/** Spectra as a function of θ. */
export interface SpectrumFamily {
  readonly spectrum: string;
  readonly names: readonly string[];
  /** P(k | θ) of the maps, (Mpc/h)^d. */
  at(theta: ArrayLike<number>): PowerSpectrum;
  /** P at every shell of a mesh with P(0) := P(k_f). */
  shells(theta: ArrayLike<number>, mesh: readonly number[]): Float64Array;
}

const COSMOLOGY: readonly string[] = ['Omega_m', 'Omega_b', 'h', 'n_s', 'sigma_8'];
const FIXED: Readonly<Record<string, number>> = {
  Omega_b: QUIJOTE_FIXED.omegaB,
  h: QUIJOTE_FIXED.h,
  n_s: QUIJOTE_FIXED.ns,
};

/** @throws InputError naming the parameter that is missing, unknown, or both varied and held. */
export function spectrumFamily(options: FamilyOptions): SpectrumFamily {
  const { spectrum, names, set } = options;
  const both = names.find((name) => name in set);
  if (both !== undefined)
    throw new InputError(`--set ${both}: ${both} varies already, by --prior; give it once`);
  return spectrum === 'eh98' || spectrum === 'eh98-nowiggle'
    ? cosmologyFamily(spectrum, options)
    : formulaFamily(options);
}

function cosmologyFamily(
  transfer: 'eh98' | 'eh98-nowiggle',
  { names, set, dimensions, boxSize }: FamilyOptions,
): SpectrumFamily {
  for (const name of [...names, ...Object.keys(set)]) {
    if (!COSMOLOGY.includes(name)) {
      throw new InputError(`--spectrum ${transfer} has no parameter ${name}; it has ${COSMOLOGY.join(', ')}`);
    }
  }
  const held = { ...FIXED, ...set };
  const missing = COSMOLOGY.find((name) => !(name in held) && !names.includes(name));
  if (missing !== undefined) {
    throw new InputError(
      `--spectrum ${transfer} needs ${missing}; vary it with --prior ${missing}:LOW:HIGH or hold it with --set ${missing}=VALUE`,
    );
  }
  const values = (theta: ArrayLike<number>): Record<string, number> => ({
    ...held,
    ...Object.fromEntries(names.map((name, axis) => [name, theta[axis]!])),
  });
  const spectrumOf = (v: Record<string, number>): PowerSpectrum => {
    const matter = linearPower({
      omegaM: v.Omega_m!,
      omegaB: v.Omega_b!,
      h: v.h!,
      ns: v.n_s!,
      sigma8: v.sigma_8!,
      transfer,
    });
    return dimensions === 2 ? projectBox(matter, boxSize) : matter;
  };
  // P is proportional to σ_8²: the shells of a cosmology are computed once for all σ_8.
  const kept = new Map<string, Float64Array>();
  return {
    spectrum: transfer,
    names,
    at: (theta) => spectrumOf(values(theta)),
    shells(theta, mesh) {
      const v = values(theta);
      const key = COSMOLOGY.slice(0, 4)
        .map((name) => v[name])
        .concat(mesh)
        .join(',');
      let unit = kept.get(key);
      if (!unit) {
        unit = shellSpectrum(spectrumOf({ ...v, sigma_8: 1 }).power, mesh, boxSize);
        if (kept.size >= 20_000) kept.clear();
        kept.set(key, unit);
      }
      const variance = v.sigma_8! ** 2;
      return unit.map((power) => power * variance);
    },
  };
}

function formulaFamily({ spectrum, names, set, boxSize }: FamilyOptions): SpectrumFamily {
  const formula = parseSpectrumFormula(spectrum);
  const unknown = names.find((name) => !formula.parameters.includes(name));
  if (unknown !== undefined) {
    throw new InputError(
      `--prior ${unknown}: the formula '${spectrum}' has no such parameter; it has ${formula.parameters.join(', ') || 'none'}`,
    );
  }
  const missing = formula.parameters.find((name) => !names.includes(name) && !(name in set));
  if (missing !== undefined) {
    throw new InputError(
      `--spectrum '${spectrum}' needs ${missing}; vary it with --prior ${missing}:LOW:HIGH or hold it with --set ${missing}=VALUE`,
    );
  }
  const at = (theta: ArrayLike<number>): PowerSpectrum =>
    formula.bind({ ...set, ...Object.fromEntries(names.map((name, axis) => [name, theta[axis]!])) });
  return { spectrum, names, at, shells: (theta, mesh) => shellSpectrum(at(theta).power, mesh, boxSize) };
}
