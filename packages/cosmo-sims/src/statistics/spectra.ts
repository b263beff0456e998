/**
 * Spectra of particles and of pairs of fields: interlaced and compensated auto spectra, multipoles in redshift space, and how a
 * field follows another (transfer function, cross-correlation coefficient).
 */
import {
  columnWeight,
  crossPowerSpectrum,
  halfLength,
  linearEdges,
  type PaintWindow,
  type PowerSpectrumOptions,
  paintSpectrum,
  powerSpectrum,
  shellBins,
  shells,
  wavenumbers,
} from '@equiflow/fft-mesh';
import {
  type Backend,
  compile,
  constant,
  multiply,
  referenceBackend,
  type Shape,
  sizeOf,
} from '@equiflow/tensor';
import type { Background } from '../background.ts';
import type { Floats, Snapshot } from '../nbody/particle-mesh.ts';

/** How the spectrum of particles is measured. */
export interface ParticleSpectrumOptions {
  readonly mesh: Shape;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Default `'tsc'`. */
  readonly window?: PaintWindow;
  /** With a second mesh shifted by half a cell, against aliases. Default true. */
  readonly interlaced?: boolean;
  /** Divides out the window. Default true. */
  readonly compensated?: boolean;
  /** Rising edges of the bins, h/Mpc; default of width k_f from k_f/2. */
  readonly edges?: ArrayLike<number>;
  /** Multipoles ℓ: 0, 2, 4; default [0]. */
  readonly multipoles?: readonly (0 | 2 | 4)[];
  /** Line of sight of the multipoles; default 2, the last axis. */
  readonly axis?: number;
  readonly backend?: Backend;
}

/** A measured spectrum of particles. */
export interface ParticleSpectrum {
  readonly k: Float64Array;
  /** P_ℓ(k) of each multipole asked for, (Mpc/h)^d, shot noise not subtracted. */
  readonly multipoles: readonly Float64Array[];
  /** Number of modes, k and −k both. */
  readonly modes: Float64Array;
  /** L^d/P: the shot noise of P_0. */
  readonly shotNoise: number;
}

const LEGENDRE: Readonly<Record<0 | 2 | 4, (mu2: number) => number>> = {
  0: () => 1,
  2: (mu2) => (3 * mu2 - 1) / 2,
  4: (mu2) => (35 * mu2 * mu2 - 30 * mu2 + 3) / 8,
};

/**
 * P_ℓ(k) = (2ℓ + 1) ⟨|δ_k|² L_ℓ(μ)⟩ of particles, μ the cosine with the line of sight. Bins without modes are left out.
 *
 * @param positions [P, d], Mpc/h
 */
export function particleSpectrum(positions: Floats, options: ParticleSpectrumOptions): ParticleSpectrum {
  const { mesh, boxSize, window = 'tsc', interlaced = true, compensated = true } = options;
  const { edges = linearEdges(options), multipoles = [0], axis = 2, backend = referenceBackend } = options;
  const d = mesh.length;
  const count = positions.length / d;
  if (!multipoles.every((l) => l in LEGENDRE)) {
    throw new RangeError(`multipoles [${multipoles}]: must be among 0, 2 and 4`);
  }
  if (multipoles.some((l) => l > 0) && !(Number.isInteger(axis) && axis >= 0 && axis < d)) {
    throw new RangeError(`line of sight along axis ${axis} of ${d}`);
  }
  const scale = 1 / count;
  const executable = compile(
    (x) => {
      const { re, im } = paintSpectrum(x, undefined, { mesh, boxSize, window, interlaced, compensated });
      const factor = constant(scale, [], 'float64');
      return [multiply(re, factor), multiply(im, factor)];
    },
    [{ shape: [count, d], dtype: 'float64' }],
    { backend },
  );
  const [re, im] = executable.run([Float64Array.from(positions)]) as [Float64Array, Float64Array];
  executable.dispose();

  const { index, squares } = shells(mesh);
  const bins = shellBins({ mesh, boxSize }, edges);
  const { components } = wavenumbers(mesh, boxSize);
  const half = halfLength(mesh[d - 1]!);
  const alongAxis = components[axis];
  const stride = sizeOf([...mesh.slice(axis + 1, -1), axis === d - 1 ? 1 : half]);
  const length = axis === d - 1 ? half : (mesh[axis] ?? 1);
  const total = Math.max(0, edges.length - 1);
  const sums = multipoles.map(() => new Float64Array(total));
  const k = new Float64Array(total);
  const modes = new Float64Array(total);
  const unit = (2 * Math.PI) / boxSize;
  const volume = boxSize ** d;
  for (let mode = 0; mode < re.length; mode++) {
    const bin = bins[index[mode]!]!;
    if (bin < 0) continue;
    const magnitude = unit * Math.sqrt(squares[index[mode]!]!);
    const weight = columnWeight(mode % half, mesh[d - 1]!);
    const power = weight * volume * (re[mode]! ** 2 + im[mode]! ** 2);
    const component = alongAxis ? alongAxis[Math.floor(mode / stride) % length]! : 0;
    const mu2 = magnitude === 0 ? 0 : (component / magnitude) ** 2;
    multipoles.forEach((l, i) => {
      sums[i]![bin]! += (2 * l + 1) * power * LEGENDRE[l](mu2);
    });
    k[bin]! += weight * magnitude;
    modes[bin]! += weight;
  }
  const kept = Array.from(modes.keys()).filter((bin) => modes[bin]! > 0);
  const mean = (sum: Float64Array): Float64Array => Float64Array.from(kept, (bin) => sum[bin]! / modes[bin]!);
  return {
    k: mean(k),
    multipoles: sums.map(mean),
    modes: Float64Array.from(kept, (bin) => modes[bin]!),
    shotNoise: volume / count,
  };
}

/**
 * Positions in redshift space for a distant observer: s = x + v/(aH) along the line of sight, with v = a dx/dt, so that
 * s = x + p/(a²E).
 *
 * @param axis line of sight; default 2
 * @returns a copy of the positions, moved
 */
export function redshiftSpacePositions(
  { positions, momenta, scaleFactor }: Pick<Snapshot, 'positions' | 'momenta' | 'scaleFactor'>,
  universe: Background,
  { axis = 2, dimensions = 3 }: { axis?: number; dimensions?: 2 | 3 } = {},
): Floats {
  const factor = 1 / (scaleFactor ** 2 * universe.expansionRate(scaleFactor));
  const moved = positions.slice() as Floats;
  for (let i = axis; i < moved.length; i += dimensions) moved[i] = moved[i]! + factor * momenta[i]!;
  return moved;
}

/** How one field follows another, one entry a bin. */
export interface Following {
  readonly k: Float64Array;
  /** √(P_yy/P_xx), the transfer function from x to y. */
  readonly transfer: Float64Array;
  /** r = P_xy/√(P_xx P_yy), from −1 to 1. */
  readonly correlation: Float64Array;
  readonly modes: Float64Array;
}

/** Transfer function and cross-correlation coefficient of two fields on one mesh, such as linear and evolved density. */
export function compareFields(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: PowerSpectrumOptions,
): Following {
  const xx = powerSpectrum(x, options);
  const yy = powerSpectrum(y, options).power;
  const xy = crossPowerSpectrum(x, y, options).power;
  return {
    k: xx.k,
    transfer: yy.map((value, bin) => Math.sqrt(value / xx.power[bin]!)),
    correlation: xy.map((value, bin) => value / Math.sqrt(xx.power[bin]! * yy[bin]!)),
    modes: xx.modes,
  };
}
