/**
 * The task of the N-body experiment: from positions and velocities at frame 30 predict the positions at frame 40
 * (one unit of time later). Systems are numbered; training, validation and test take different numbers.
 */
import { TensorError } from '@equiflow/tensor';
import { type ChargedParticlesOptions, simulateCharges } from './simulate.ts';

/** Systems at two times, float32, row-major. */
export interface ChargedDataset {
  readonly size: number;
  readonly particles: number;
  /** [size, particles] */
  readonly charges: Float32Array<ArrayBuffer>;
  /** [size, particles, 3], at the first frame. */
  readonly x: Float32Array<ArrayBuffer>;
  /** [size, particles, 3], at the first frame. */
  readonly v: Float32Array<ArrayBuffer>;
  /** [size, particles, 3], positions at the last frame. */
  readonly target: Float32Array<ArrayBuffer>;
}

/** Which systems, and between which frames. */
export interface ChargedDatasetOptions extends ChargedParticlesOptions {
  readonly seed: number;
  /** Number of the first system. Default 0. */
  readonly first?: number;
  readonly size: number;
  /** Default 30. */
  readonly fromFrame?: number;
  /** Default 40. */
  readonly toFrame?: number;
}

/**
 * Simulates systems `first` to `first + size − 1` of a seed, up to the last frame that is needed.
 * @throws TensorError when the frames are not in order.
 */
export function chargedDataset(options: ChargedDatasetOptions): ChargedDataset {
  const { seed, first = 0, size, fromFrame = 30, toFrame = 40, particles = 5, stepsPerFrame = 100 } = options;
  if (!Number.isInteger(fromFrame) || !Number.isInteger(toFrame) || fromFrame < 0 || toFrame <= fromFrame) {
    throw new TensorError(`chargedDataset: frames ${fromFrame} to ${toFrame}; give whole numbers in order`);
  }
  const width = particles * 3;
  const charges = new Float32Array(size * particles);
  const x = new Float32Array(size * width);
  const v = new Float32Array(size * width);
  const target = new Float32Array(size * width);
  for (let i = 0; i < size; i++) {
    const system = simulateCharges(seed, first + i, { ...options, steps: (toFrame + 1) * stepsPerFrame });
    charges.set(system.charges, i * particles);
    x.set(system.positions.subarray(fromFrame * width, (fromFrame + 1) * width), i * width);
    v.set(system.velocities.subarray(fromFrame * width, (fromFrame + 1) * width), i * width);
    target.set(system.positions.subarray(toFrame * width, (toFrame + 1) * width), i * width);
  }
  return { size, particles, charges, x, v, target };
}

/** The systems at some places, in that order. */
export function chargedBatch(dataset: ChargedDataset, places: ArrayLike<number>): ChargedDataset {
  const { particles } = dataset;
  const rows = (values: Float32Array, width: number): Float32Array<ArrayBuffer> => {
    const result = new Float32Array(places.length * width);
    for (let i = 0; i < places.length; i++) {
      result.set(values.subarray(places[i]! * width, (places[i]! + 1) * width), i * width);
    }
    return result;
  };
  return {
    size: places.length,
    particles,
    charges: rows(dataset.charges, particles),
    x: rows(dataset.x, 3 * particles),
    v: rows(dataset.v, 3 * particles),
    target: rows(dataset.target, 3 * particles),
  };
}
