/**
 * The exact likelihood of maps whose law is known, to hold a flow against: Gaussian fields of a family of spectra (ln p is a sum
 * over the power of the shells), and lognormal fields, whose ln(1 + δ) is Gaussian with the counterpart's spectrum (Coles & Jones
 * 1991). In nats with all constants; the k = 0 mode has P(0) := P(k_f).
 */
import { gaussianCounterpart, meshTransform } from '@equiflow/fft-mesh';
import { gaussianFieldLogProb } from '@equiflow/flows';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from './errors.ts';
import type { Model } from './model.ts';
import { type Modes, meshModes } from './modes.ts';
import { type FamilyOptions, type SpectrumFamily, spectrumFamily } from './spectra.ts';

/** ln p(x|θ_i) of one map for many θ [count, P], nats. */
export type ExactLogProb = (thetas: ArrayLike<number>) => Float64Array;

/** A law of maps that is known. */
export interface ExactModel {
  readonly kind: 'grf' | 'lognormal';
  readonly family: SpectrumFamily;
  /** Prepares a map: what θ then costs is a sum over its shells or modes. */
  of(map: Float64Array): ExactLogProb;
  /** The modes of a map divided by their own √P_k at θ: exactly white noise. */
  whiten(map: Float64Array, theta: ArrayLike<number>): Modes;
  /** P_k = P(k) N^d/L^d at every shell: the variance of a mode of x, or of ln(1 + δ) for lognormal maps. */
  variances(theta: ArrayLike<number>): Float64Array;
}

/** The law of maps that `simulate` makes. */
export function exactModel(
  kind: 'grf' | 'lognormal',
  mesh: readonly number[],
  options: FamilyOptions,
): ExactModel {
  const family = spectrumFamily(options);
  const pixels = mesh.reduce((product, length) => product * length, 1);
  const scale = pixels / options.boxSize ** mesh.length;
  const width = options.names.length;
  const variances = (theta: ArrayLike<number>): Float64Array =>
    family.shells(theta, mesh).map((power) => power * scale);
  const overThetas =
    (logProb: (theta: Float64Array) => number): ExactLogProb =>
    (thetas) =>
      Float64Array.from({ length: thetas.length / width }, (_, i) =>
        logProb(Float64Array.from({ length: width }, (_, axis) => thetas[i * width + axis]!)),
      );
  const modes = meshModes(mesh);
  const transform = meshTransform(mesh, wasm());
  const counterpart = (theta: ArrayLike<number>): { spectrum: Float64Array; variance: number } => {
    const { spectrum, variance } = gaussianCounterpart(
      family.shells(theta, mesh),
      mesh,
      options.boxSize,
      transform,
    );
    return { spectrum: spectrum.map((power) => power * scale), variance };
  };
  const lognormal = (map: Float64Array): ExactLogProb => {
    const logs = map.map(Math.log1p);
    const jacobian = -logs.reduce((total, value) => total + value, 0);
    const { re, im } = modes.modes(logs);
    return overThetas((theta) => {
      const { spectrum, variance } = counterpart(theta);
      let total = 0;
      for (let mode = 0; mode < spectrum.length; mode++) {
        // The mean of ln(1 + δ) is −σ²/2.
        const real = re[mode]! + (mode === 0 ? (variance / 2) * Math.sqrt(pixels) : 0);
        const v = spectrum[mode]!;
        total += modes.weights[mode]! * ((real * real + im[mode]! ** 2) / v + Math.log(2 * Math.PI * v));
      }
      return jacobian - total / 2;
    });
  };
  return {
    kind,
    family,
    variances(theta) {
      if (kind === 'grf') return variances(theta);
      const { spectrum } = counterpart(theta);
      const sums = new Float64Array(modes.radii.length);
      spectrum.forEach((v, mode) => {
        sums[modes.shellOf[mode]!]! += modes.weights[mode]! * v;
      });
      return sums.map((sum, shell) => sum / modes.multiplicity[shell]!);
    },
    whiten(map, theta) {
      const { re, im } = modes.modes(kind === 'grf' ? map : map.map(Math.log1p));
      const law = kind === 'lognormal' ? counterpart(theta) : null;
      if (law) re[0]! += (law.variance / 2) * Math.sqrt(pixels);
      const byShell = law ? null : variances(theta);
      for (let mode = 0; mode < re.length; mode++) {
        const factor = 1 / Math.sqrt(law ? law.spectrum[mode]! : byShell![modes.shellOf[mode]!]!);
        re[mode]! *= factor;
        im[mode]! *= factor;
      }
      return { re, im };
    },
    of(map) {
      if (kind === 'lognormal') return lognormal(map);
      const own = modes.modes(map);
      const shells = { power: modes.cross(own, own), multiplicity: modes.multiplicity };
      return overThetas((theta) => gaussianFieldLogProb(shells, variances(theta)));
    },
  };
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
