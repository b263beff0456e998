/**
 * The charged particles of the N-body experiment (Satorras, Hoogeboom & Welling 2021, arXiv:2102.09844, section 5.1,
 * after Kipf et al. 2018, arXiv:1802.04687): a few charges ±1 in open space, x ~ N(0, 1)³, velocities of one
 * length in random directions, forces q_i q_j (x_i − x_j) / |x_i − x_j|³ with each component of the total force
 * clamped, unit masses. Leapfrog (kick, drift, kick), so positions and velocities belong to one time.
 */
import { foldIn, key, randomNormal, randomUniform, TensorError } from '@equiflow/tensor';

/** What is simulated; the defaults are the experiment's. */
export interface ChargedParticlesOptions {
  /** Default 5. */
  readonly particles?: number;
  /** Length of the first velocities. Default 0.5. */
  readonly speed?: number;
  /** Default 0.001. */
  readonly timeStep?: number;
  /** Default 5,000. */
  readonly steps?: number;
  /** A frame is kept after every so many steps. Default 100. */
  readonly stepsPerFrame?: number;
  /** Largest size of a component of the total force on a particle. Default 100. */
  readonly largestForce?: number;
}

/** One system over time. */
export interface Trajectory {
  /** +1 or −1 a particle. */
  readonly charges: Float64Array<ArrayBuffer>;
  /** [frames, particles, 3]; frame f is at time (f + 1) · stepsPerFrame · timeStep. */
  readonly positions: Float64Array<ArrayBuffer>;
  /** [frames, particles, 3] */
  readonly velocities: Float64Array<ArrayBuffer>;
}

/** Charges, positions and velocities at one time. */
export interface ChargedState {
  readonly charges: Float64Array<ArrayBuffer>;
  readonly x: Float64Array<ArrayBuffer>;
  readonly v: Float64Array<ArrayBuffer>;
}

/** The start of system `index` of a seed: a function of these two alone. */
export function initialCharges(seed: number, index: number, particles = 5, speed = 0.5): ChargedState {
  const own = foldIn(key(seed), index);
  const charges = randomUniform(foldIn(own, 0), [particles], 'float64').map((u) => (u < 0.5 ? -1 : 1));
  const x = randomNormal(foldIn(own, 1), [particles * 3], 'float64');
  const v = randomNormal(foldIn(own, 2), [particles * 3], 'float64');
  for (let i = 0; i < v.length; i += 3) {
    const scale = speed / Math.hypot(v[i]!, v[i + 1]!, v[i + 2]!);
    for (let axis = 0; axis < 3; axis++) v[i + axis]! *= scale;
  }
  return { charges, x, v };
}

/** Adds the accelerations times `factor` to `v`. */
function kick(
  v: Float64Array,
  x: Float64Array,
  charges: Float64Array,
  factor: number,
  largest: number,
  force: Float64Array,
): void {
  force.fill(0);
  const n = charges.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const rx = x[3 * i]! - x[3 * j]!;
      const ry = x[3 * i + 1]! - x[3 * j + 1]!;
      const rz = x[3 * i + 2]! - x[3 * j + 2]!;
      const squared = rx * rx + ry * ry + rz * rz;
      const size = (charges[i]! * charges[j]!) / (squared * Math.sqrt(squared));
      force[3 * i]! += size * rx;
      force[3 * i + 1]! += size * ry;
      force[3 * i + 2]! += size * rz;
      force[3 * j]! -= size * rx;
      force[3 * j + 1]! -= size * ry;
      force[3 * j + 2]! -= size * rz;
    }
  }
  for (let i = 0; i < v.length; i++) v[i]! += factor * Math.max(-largest, Math.min(largest, force[i]!));
}

/**
 * Integrates a system from a start.
 * @throws TensorError when steps or frames are no positive whole numbers, or the time step is not a number.
 */
export function integrateCharges(start: ChargedState, options: ChargedParticlesOptions = {}): Trajectory {
  const { timeStep = 1e-3, steps = 5000, stepsPerFrame = 100, largestForce = 100 } = options;
  if (
    !Number.isInteger(steps) ||
    !Number.isInteger(stepsPerFrame) ||
    stepsPerFrame < 1 ||
    steps < stepsPerFrame
  ) {
    throw new TensorError(
      `integrateCharges: ${steps} steps with a frame every ${stepsPerFrame}; give whole numbers, at least one frame`,
    );
  }
  if (!Number.isFinite(timeStep)) throw new TensorError(`integrateCharges: the time step is ${timeStep}`);
  const frames = Math.floor(steps / stepsPerFrame);
  const { charges } = start;
  const x = start.x.slice();
  const v = start.v.slice();
  const force = new Float64Array(x.length);
  const positions = new Float64Array(frames * x.length);
  const velocities = new Float64Array(frames * x.length);
  for (let frame = 0; frame < frames; frame++) {
    // Two half kicks in a row are one, but for the first and the last of a frame.
    kick(v, x, charges, 0.5 * timeStep, largestForce, force);
    for (let step = 1; step <= stepsPerFrame; step++) {
      for (let i = 0; i < x.length; i++) x[i]! += timeStep * v[i]!;
      kick(v, x, charges, step < stepsPerFrame ? timeStep : 0.5 * timeStep, largestForce, force);
    }
    positions.set(x, frame * x.length);
    velocities.set(v, frame * x.length);
  }
  return { charges, positions, velocities };
}

/** System `index` of a seed, integrated. */
export function simulateCharges(
  seed: number,
  index: number,
  options: ChargedParticlesOptions = {},
): Trajectory {
  return integrateCharges(initialCharges(seed, index, options.particles, options.speed), options);
}
