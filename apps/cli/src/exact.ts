/**
 * The exact likelihood of maps whose law is known, to hold a flow against: Gaussian fields of a family of spectra, and lognormal
 * fields, whose ln(1 + δ) is Gaussian with the counterpart's spectrum (Coles & Jones 1991). Modes of equal variance enter only
 * through their power, so that θ costs a short sum. In nats with all constants; the k = 0 mode has P(0) := P(k_f).
 */
import { gaussianCounterpart, meshTransform, signedIndex } from '@equiflow/fft-mesh';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from './errors.ts';
import type { Model } from './model.ts';
import { type MeshModes, type Modes, meshModes } from './modes.ts';
import { type FamilyOptions, type SpectrumFamily, spectrumFamily } from './spectra.ts';

/** ln p(x|θ_i) of one map for many θ [count, P], nats. */
export type ExactLogProb = (thetas: ArrayLike<number>) => Float64Array;

/** A law of maps that is known. */
export interface ExactModel {
  readonly kind: 'grf' | 'lognormal';
  readonly family: SpectrumFamily;
  /** Prepares a map: what θ then costs is a sum over the classes of modes. */
  of(map: Float64Array): ExactLogProb;
  /** The modes of a map divided by their own √P_k at θ: exactly white noise. */
  whiten(map: Float64Array, theta: ArrayLike<number>): Modes;
  /** P_k = P(k) N^d/L^d at every shell: the variance of a mode of x, or of ln(1 + δ) for lognormal maps (the mean over the shell). */
  variances(theta: ArrayLike<number>): Float64Array;
}

/** Modes that have one variance, whatever θ. */
interface Classes {
  /** Class of every half-complex mode; class 0 is k = 0. */
  readonly of: Int32Array;
  /** Modes of the full mesh in each. */
  readonly multiplicity: Float64Array;
}

/** The Gaussian law of x, or of ln(1 + δ), at one θ. */
interface Law {
  /** Variance of a mode of each class. */
  readonly variance: Float64Array;
  /** Σ ln 2πP_k over all modes. */
  readonly logDet: number;
  /** Mean of the k = 0 mode: −√N^d σ²/2 for ln(1 + δ). */
  readonly mean: number;
}

/** Bytes of laws kept: the grids of many maps share most of their θ. */
const KEPT_BYTES = 1e8;

/** The law of maps that `simulate` makes. */
export function exactModel(
  kind: 'grf' | 'lognormal',
  mesh: readonly number[],
  options: FamilyOptions,
): ExactModel {
  const family = spectrumFamily(options);
  const modes = meshModes(mesh);
  const transform = meshTransform(mesh, wasm());
  const { pixels } = modes;
  const scale = pixels / options.boxSize ** mesh.length;
  const width = options.names.length;
  const classes =
    kind === 'grf' ? { of: modes.shellOf, multiplicity: modes.multiplicity } : octahedral(modes);
  const count = classes.multiplicity.length;
  const kept = new Map<string, Law>();
  const lawAt = (theta: ArrayLike<number>): Law => {
    const key = Array.from(theta).join(',');
    let law = kept.get(key);
    if (!law) {
      law = makeLaw(theta);
      if (kept.size * count * 8 > KEPT_BYTES) kept.clear();
      kept.set(key, law);
    }
    return law;
  };
  const makeLaw = (theta: ArrayLike<number>): Law => {
    const power = family.shells(theta, mesh);
    const variance = new Float64Array(count);
    let mean = 0;
    if (kind === 'grf') for (let at = 0; at < count; at++) variance[at] = power[at]! * scale;
    else {
      const counterpart = gaussianCounterpart(power, mesh, options.boxSize, transform);
      classes.of.forEach((at, mode) => {
        variance[at] = counterpart.spectrum[mode]! * scale;
      });
      mean = -Math.sqrt(pixels) * (counterpart.variance / 2);
    }
    let logDet = 0;
    for (let at = 0; at < count; at++) {
      if (!(variance[at]! > 0)) {
        throw new InputError(
          `--exact: the spectrum vanishes at a mode of the mesh for θ = (${Array.from(theta).join(', ')}); such maps have no density`,
        );
      }
      logDet += classes.multiplicity[at]! * Math.log(2 * Math.PI * variance[at]!);
    }
    return { variance, logDet, mean };
  };
  const gaussianOf = (map: Float64Array): Float64Array => (kind === 'grf' ? map : map.map(Math.log1p));
  return {
    kind,
    family,
    variances(theta) {
      const { variance } = lawAt(theta);
      const sums = new Float64Array(modes.radii.length);
      classes.of.forEach((at, mode) => {
        sums[modes.shellOf[mode]!]! += modes.weights[mode]! * variance[at]!;
      });
      return sums.map((sum, shell) => sum / modes.multiplicity[shell]!);
    },
    whiten(map, theta) {
      const { re, im } = modes.modes(gaussianOf(map));
      const { variance, mean } = lawAt(theta);
      re[0]! -= mean;
      for (let mode = 0; mode < re.length; mode++) {
        const factor = 1 / Math.sqrt(variance[classes.of[mode]!]!);
        re[mode]! *= factor;
        im[mode]! *= factor;
      }
      return { re, im };
    },
    of(map) {
      const field = gaussianOf(map);
      const jacobian = kind === 'grf' ? 0 : -field.reduce((total, value) => total + value, 0);
      const { re, im } = modes.modes(field);
      const power = new Float64Array(count);
      classes.of.forEach((at, mode) => {
        if (mode > 0) power[at]! += modes.weights[mode]! * (re[mode]! ** 2 + im[mode]! ** 2);
      });
      return (thetas) =>
        Float64Array.from({ length: thetas.length / width }, (_, i) => {
          const { variance, logDet, mean } = lawAt(
            Float64Array.from({ length: width }, (_value, axis) => thetas[i * width + axis]!),
          );
          let total = (re[0]! - mean) ** 2 / variance[0]!;
          for (let at = 1; at < count; at++) total += power[at]! / variance[at]!;
          return jacobian - (total + logDet) / 2;
        });
    },
  };
}

/** Modes whose components differ by order and sign alone: a spectrum on the mesh with the symmetries of the cube is one value each. */
function octahedral({ mesh, weights }: MeshModes): Classes {
  const found = new Map<string, number>();
  const lengths = mesh.map((n, axis) => (axis === mesh.length - 1 ? Math.floor(n / 2) + 1 : n));
  const of = Int32Array.from(weights, (_, mode) => {
    const components: number[] = [];
    let rest = mode;
    for (let axis = mesh.length - 1; axis >= 0; axis--) {
      components.push(Math.abs(signedIndex(rest % lengths[axis]!, mesh[axis]!)));
      rest = Math.floor(rest / lengths[axis]!);
    }
    const name = components.sort((a, b) => a - b).join(',');
    const at = found.get(name) ?? found.size;
    found.set(name, at);
    return at;
  });
  const multiplicity = new Float64Array(found.size);
  of.forEach((at, mode) => {
    multiplicity[at]! += weights[mode]!;
  });
  return { of, multiplicity };
}

/** How the user says which law the maps follow. */
export interface ExactChoice {
  readonly kind: 'grf' | 'lognormal';
  readonly spectrum: string;
  readonly set: Readonly<Record<string, number>>;
}

/** The law for the maps of a model. @throws InputError where the model draws means: then the maps have no k = 0 mode. */
export function exactFor({ checkpoint, notes, prior }: Model, choice: ExactChoice): ExactModel {
  if (notes.meanDraw) {
    throw new InputError('--exact: these maps have no k = 0 mode (the model has --mean-draw); leave it out');
  }
  const { shape, boxSize } = checkpoint.spec;
  return exactModel(choice.kind, shape, {
    spectrum: choice.spectrum,
    set: choice.set,
    names: prior.names,
    dimensions: shape.length,
    boxSize,
  });
}
