/**
 * The exact likelihood of maps whose law is known, to hold a flow against: Gaussian fields of a family of spectra (ln p is a sum
 * over the power of the shells), and lognormal fields, whose ln(1 + δ) is Gaussian with the counterpart's spectrum (Coles & Jones
 * 1991). In nats with all constants; the k = 0 mode has P(0) := P(k_f).
 */
import { gaussianCounterpart, halfLength, meshTransform, shellPower } from '@equiflow/fft-mesh';
import { gaussianFieldLogProb } from '@equiflow/flows';
import { wasm } from '@equiflow/tensor-wasm';
import { InputError } from './errors.ts';
import type { Model } from './model.ts';
import { type FamilyOptions, type SpectrumFamily, spectrumFamily } from './spectra.ts';

/** ln p(x|θ_i) of one map for many θ [count, P], nats. */
export type ExactLogProb = (thetas: ArrayLike<number>) => Float64Array;

/** A law of maps that is known. */
export interface ExactModel {
  readonly kind: 'grf' | 'lognormal';
  readonly family: SpectrumFamily;
  /** Prepares a map: what θ then costs is a sum over its shells or modes. */
  of(map: Float64Array): ExactLogProb;
  /** P_k = P(k) N^d/L^d at every shell: the variance of a mode. */
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
  const backend = wasm();
  const transform = meshTransform(mesh, backend);
  const lognormal = (map: Float64Array): ExactLogProb => {
    const logs = map.map(Math.log1p);
    const jacobian = -logs.reduce((total, value) => total + value, 0);
    const { re, im } = transform.forward(logs);
    const last = mesh[mesh.length - 1]!;
    const half = halfLength(last);
    // Unitary power of every half-complex mode but k = 0, whose mean −σ²/2 depends on θ.
    const power = re.map((value, mode) => (value * value + im[mode]! ** 2) / pixels);
    const zero = re[0]! / Math.sqrt(pixels);
    return overThetas((theta) => {
      const { spectrum, variance } = gaussianCounterpart(
        family.shells(theta, mesh),
        mesh,
        options.boxSize,
        transform,
      );
      let total = 0;
      for (let mode = 0; mode < power.length; mode++) {
        const column = mode % half;
        const weight = column === 0 || 2 * column === last ? 1 : 2;
        const v = spectrum[mode]! * scale;
        const squared = mode === 0 ? (zero + (variance / 2) * Math.sqrt(pixels)) ** 2 : power[mode]!;
        total += weight * (squared / v + Math.log(2 * Math.PI * v));
      }
      return jacobian - total / 2;
    });
  };
  return {
    kind,
    family,
    variances,
    of(map) {
      if (kind === 'lognormal') return lognormal(map);
      const shells = shellPower(map, mesh, backend);
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
