/** What a particle-mesh simulation is asked, and what it gives back. */
import type { PaintWindow } from '@equiflow/fft-mesh';
import { type Backend, referenceBackend } from '@equiflow/tensor';
import type { Growth } from '../growth.ts';
import { LPT_TERMS, type LptOrder } from '../initial-conditions/displacement.ts';
import type { GradientKernel } from '../initial-conditions/mesh-operators.ts';
import type { StepOptions } from './time-steps.ts';

/** Values of a float tensor. */
export type Floats = Float32Array | Float64Array;

/** What is fixed for many runs. */
export interface ParticleMeshOptions {
  /** Particles along an axis; there are particles^dimensions of them. */
  readonly particles: number;
  /** Side of the box, Mpc/h. */
  readonly boxSize: number;
  /** Default 3. */
  readonly dimensions?: 2 | 3;
  /** Mesh cells of the force along an axis, in units of `particles`: 1 (default), 2 or 3. */
  readonly meshFactor?: 1 | 2 | 3;
  /** Default `'cic'`. */
  readonly window?: PaintWindow;
  /** Default `'spectral'`. */
  readonly gradient?: GradientKernel;
  /**
   * Whether the window is divided out of the force; default yes. On a finer mesh the particles' own lattice has images there,
   * around twice its Nyquist frequency k_Ny, which the division would amplify: modes of which a component reaches 4/3 k_Ny do not
   * act, and so no image of a mode below 2/3 k_Ny does. Linear modes then grow as D₁; without division and cutoff ('false') a
   * spectral gradient on a mesh of factor 2 makes them grow by up to 6 % too much, for the image lies where i k has its jump.
   */
  readonly compensated?: boolean;
  /** Order of the initial conditions; default 2. COLA needs 2. */
  readonly order?: LptOrder;
  /** Whether the products of second and third order are taken on a padded mesh: see `displacements`. Default no. */
  readonly dealiased?: boolean;
  /** Default `'fastpm'`. */
  readonly scheme?: 'fastpm' | 'cola';
  /** Default `'float32'`. */
  readonly dtype?: 'float32' | 'float64';
  /** Runs the graphs: `wasm()` of `@equiflow/tensor-wasm`. Default the reference backend, which is slow. */
  readonly backend?: Backend;
}

/** What one run starts from. */
export interface RunOptions extends StepOptions {
  /** White noise of unit variance a cell, particles^dimensions values: see `whiteNoise`. */
  readonly noise: ArrayLike<number>;
  /** Linear spectrum where D₁ = 1, (Mpc/h)^d: for growth normalised today, that of z = 0. */
  readonly power: (k: number) => number;
  readonly growth: Growth;
  /** Called after every stage. */
  readonly onStep?: (done: number, total: number) => void;
}

/** Particles at one time. */
export interface Snapshot {
  readonly scaleFactor: number;
  /** [P, d], Mpc/h, wherever particles went: wrap them with {@link wrapPositions}. */
  readonly positions: Floats;
  /** p = a² dx/dt / H_0, [P, d], Mpc/h. Peculiar velocity in km/s: 100 p/a. */
  readonly momenta: Floats;
  /** Linear overdensity of the same noise where D₁ = 1, at the lattice. */
  readonly linear: Floats;
}

/** Numbers that a cosmology gives a run; all it knows of θ. */
export interface RunNumbers {
  /** √P of every shell of the lattice. */
  readonly amplitudes: Float64Array;
  /** Growth of each displacement, then p's factors of each. */
  readonly initial: Float64Array;
  /** For every stage: drift, kick, and of COLA the growth of two displacements and their two accelerations. */
  readonly stages: readonly Float64Array[];
  /** Of COLA: p's factors of its two displacements at the end. Empty for FastPM. */
  readonly final: Float64Array;
}

/** Cotangents of a run. */
export interface RunGradient {
  /** With respect to the white noise. */
  readonly noise: Floats;
  /** With respect to the numbers of the cosmology: see `parameterGradient`. */
  readonly numbers: RunNumbers;
}

/** Backends refuse less, with the bytes that they would need; beyond this, arrays of indices fail before they are asked. */
const MOST_COORDINATES = 2 ** 29;

/** Fills in what was left out. @throws RangeError on options that make no sense */
export function checkedParticleMesh(options: ParticleMeshOptions): Required<ParticleMeshOptions> {
  const full: Required<ParticleMeshOptions> = {
    dimensions: 3,
    meshFactor: 1,
    window: 'cic',
    gradient: 'spectral',
    compensated: true,
    order: 2,
    dealiased: false,
    scheme: 'fastpm',
    dtype: 'float32',
    backend: referenceBackend,
    ...options,
  };
  const { particles, dimensions, meshFactor, boxSize, scheme, order } = full;
  if (!Number.isInteger(particles) || particles < 2) {
    throw new RangeError(`particles = ${particles} along an axis: must be a whole number ≥ 2`);
  }
  if (!(boxSize > 0 && boxSize < Infinity)) {
    throw new RangeError(`boxSize = ${boxSize} Mpc/h: must be finite and > 0`);
  }
  if (dimensions !== 2 && dimensions !== 3)
    throw new RangeError(`dimensions = ${dimensions}: must be 2 or 3`);
  if (![1, 2, 3].includes(meshFactor)) {
    throw new RangeError(`meshFactor = ${meshFactor}: must be 1, 2 or 3`);
  }
  if (dimensions * particles ** dimensions > MOST_COORDINATES) {
    const most = Math.floor((MOST_COORDINATES / dimensions) ** (1 / dimensions));
    throw new RangeError(
      `particles = ${particles} along an axis: more than a simulation in one memory holds; give at most ${most}`,
    );
  }
  if (!(order in LPT_TERMS)) throw new RangeError(`LPT order ${String(order)}: must be 1, 2 or 3`);
  if (scheme !== 'fastpm' && scheme !== 'cola') {
    throw new RangeError(`scheme '${String(scheme)}': must be 'fastpm' or 'cola'`);
  }
  if (scheme === 'cola' && order !== 2) {
    throw new RangeError(`scheme 'cola' follows second order: order = ${order} must be 2`);
  }
  return full;
}
