/** The power spectrum of particles: painted, interlaced, compensated, with its shot noise told. */
import {
  type Backend,
  compile,
  type DType,
  referenceBackend,
  type Shape,
  TensorError,
} from '@equiflow/tensor';
import { requireBox, requireMesh } from '../mesh-transform.ts';
import { paintSpectrum } from '../painting/paint.ts';
import type { PaintWindow } from '../painting/window.ts';
import { binnedSpectrum, type MeasuredSpectrum } from './power.ts';

/** How the spectrum of particles is measured. */
export interface ParticleSpectrumOptions {
  readonly mesh: Shape;
  /** Side of the cubic box, in the unit of the positions, Mpc/h. */
  readonly boxSize: number;
  /** Weights of the particles; 1 each when left out. */
  readonly weights?: Float64Array;
  /** Default 'tsc'. */
  readonly window?: PaintWindow;
  /** Default true; see `paintSpectrum`. */
  readonly interlaced?: boolean;
  /** Default true; see `paintSpectrum`. */
  readonly compensated?: boolean;
  /** As in `powerSpectrum`. */
  readonly edges?: ArrayLike<number>;
  readonly empty?: 'drop' | 'nan';
  readonly backend?: Backend;
}

/** A measured spectrum, shot noise included, and that shot noise. */
export interface ParticleSpectrum extends MeasuredSpectrum {
  /** L^d Σw²/(Σw)², (Mpc/h)^d: what independent particles add at every k. */
  readonly shotNoise: number;
}

/**
 * P̂(k) of the overdensity of particles, δ = n/n̄ − 1, with L^d |Σ_p w_p e^(−ik·x_p)|²/(Σ w)². Shot noise is not subtracted.
 * @param positions [P][d], row-major, in the unit of `boxSize`
 * @throws TensorError when there are no particles, or numbers of coordinates, weights and axes do not fit.
 */
export function particlePowerSpectrum(
  positions: Float64Array,
  options: ParticleSpectrumOptions,
): ParticleSpectrum {
  const { mesh, boxSize, window = 'tsc', interlaced = true, compensated = true } = options;
  const { backend = referenceBackend } = options;
  requireMesh('particlePowerSpectrum', mesh);
  requireBox('particlePowerSpectrum', boxSize);
  const count = positions.length / mesh.length;
  const weights = options.weights ?? new Float64Array(Math.floor(count)).fill(1);
  if (!Number.isInteger(count) || count === 0 || weights.length !== count) {
    throw new TensorError(
      `particlePowerSpectrum: ${positions.length} coordinates and ${weights.length} weights for the mesh [${mesh}]; give ${mesh.length} coordinates and one weight a particle`,
    );
  }
  const dtype: DType = 'float64';
  const specs = [
    { shape: [count, mesh.length], dtype },
    { shape: [count], dtype },
  ];
  const executable = compile(
    (x, w) => {
      const { re, im } = paintSpectrum(x, w, { mesh, boxSize, window, interlaced, compensated });
      return [re, im];
    },
    specs,
    { backend },
  );
  const [re, im] = executable.run([positions, weights]);
  const mass = weights.reduce((total, w) => total + w, 0);
  // binnedSpectrum divides by N^d; the overdensity's modes are N^d/Σw times those of the particles.
  const norm = mesh.reduce((product, n) => product * n, 1) / mass;
  const modes = {
    re: Float64Array.from(re!, (value) => value * norm),
    im: Float64Array.from(im!, (value) => value * norm),
  };
  executable.dispose();
  const { edges, empty } = options;
  const spectrum = binnedSpectrum(modes, modes, {
    mesh,
    boxSize,
    ...(edges ? { edges } : {}),
    ...(empty ? { empty } : {}),
  });
  const squares = weights.reduce((total, w) => total + w * w, 0);
  return { ...spectrum, shotNoise: (boxSize ** mesh.length * squares) / mass ** 2 };
}
