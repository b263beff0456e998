/**
 * A particle-mesh simulation: initial conditions from Lagrangian perturbation theory, then kick-drift-kick steps with
 * FastPM's factors or around COLA's trajectories, in three dimensions or two.
 *
 * Two executables hold all of the physics, one for the initial conditions and one for a stage (drift, force, kick), and both
 * are graphs: compiled for a fast backend they are the simulator, and their vector-Jacobian products, run backwards over
 * the recorded stages, are the exact gradient of any function of its particles (`runWithPullback`).
 *
 * Two-dimensional gravity is that of matter which does not vary along the third dimension: ∇²φ = 3/2 Ω_m δ/a with δ on the
 * plane, and the growth factors are those of three dimensions, for they follow from that equation alone.
 */
import { type PaintWindow, radialFilter, shells } from '@equiflow/fft-mesh';
import {
  add,
  type Backend,
  compile,
  constant,
  type DType,
  type Executable,
  multiply,
  referenceBackend,
  reshape,
  type Shape,
  slice,
  subtract,
  type Tensor,
  type TensorType,
  vjp,
} from '@equiflow/tensor';
import type { Growth } from '../growth.ts';
import {
  displacements,
  LPT_TERMS,
  type LptOrder,
  latticePositions,
} from '../initial-conditions/displacement.ts';
import type { GradientKernel } from '../initial-conditions/mesh-operators.ts';
import { shellAmplitudes } from '../initial-conditions/white-noise.ts';
import { meshForce } from './force.ts';
import { momentumFactor, type Stage, type StepOptions, stages } from './time-steps.ts';

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
   * Whether the window is divided out of the force. Default: yes where the mesh has a cell a particle, no on finer meshes.
   * At z = 0 a run of 32³ then has the spectrum of one of 64³ within 1 % to 0.8 of its Nyquist frequency (without, it falls by
   * 5 % at a quarter of it); on a finer mesh the division would amplify the images of the particles' own lattice.
   */
  readonly compensated?: boolean;
  /** Order of the initial conditions; default 2. COLA needs 2. */
  readonly order?: LptOrder;
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
}

/** Cotangents of a run. */
export interface RunGradient {
  /** With respect to the white noise. */
  readonly noise: Floats;
  /** With respect to the numbers of the cosmology: see `parameterGradient`. */
  readonly numbers: RunNumbers;
}

/** A compiled simulation. */
export interface ParticleMesh {
  readonly options: Required<ParticleMeshOptions>;
  /** Lattice of particles and of the linear field. */
  readonly lattice: Shape;
  /** Bytes that the executables hold between runs. */
  readonly memoryBytes: number;
  /** What a cosmology means for a run. */
  numbers(options: Pick<RunOptions, 'power' | 'growth' | keyof StepOptions>): RunNumbers;
  /** @throws RangeError or TensorError on options that make no sense */
  run(options: RunOptions): Snapshot;
  /**
   * The run, and the pull-back of cotangents of its particles. Keeps every stage: (steps + 1) × 2 × P × d numbers.
   */
  runWithPullback(options: RunOptions): {
    readonly snapshot: Snapshot;
    pullback(positions: Floats, momenta?: Floats): RunGradient;
  };
  dispose(): void;
}

/** Positions in [0, L), a copy. */
export function wrapPositions<T extends Floats>(positions: T, boxSize: number): T {
  const wrapped = positions.slice() as T;
  for (let i = 0; i < wrapped.length; i++) {
    wrapped[i] = wrapped[i]! - Math.floor(wrapped[i]! / boxSize) * boxSize;
    // Rounding can give L itself.
    if (wrapped[i]! >= boxSize) wrapped[i] = 0;
  }
  return wrapped;
}

function checked(options: ParticleMeshOptions): Required<ParticleMeshOptions> {
  const full: Required<ParticleMeshOptions> = {
    dimensions: 3,
    meshFactor: 1,
    window: 'cic',
    gradient: 'spectral',
    compensated: (options.meshFactor ?? 1) === 1,
    order: 2,
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
  if (!(order in LPT_TERMS)) throw new RangeError(`LPT order ${String(order)}: must be 1, 2 or 3`);
  if (scheme !== 'fastpm' && scheme !== 'cola') {
    throw new RangeError(`scheme '${String(scheme)}': must be 'fastpm' or 'cola'`);
  }
  if (scheme === 'cola' && order !== 2) {
    throw new RangeError(`scheme 'cola' follows second order: order = ${order} must be 2`);
  }
  return full;
}

/** Σ factor_t · term_t, the factors taken from places of a vector. */
function combination(terms: readonly Tensor[], factors: Tensor, first: number): Tensor {
  return terms
    .map((term, t) => multiply(term, scalar(factors, first + t)))
    .reduce((total, term) => add(total, term));
}

function scalar(vector: Tensor, at: number): Tensor {
  return reshape(slice(vector, [[at, at + 1]]), []);
}

/**
 * Compiles a simulation.
 *
 * @throws RangeError on options that make no sense; TensorError when the backend refuses the plan
 * @example
 * ```ts
 * const simulation = particleMesh({ particles: 32, boxSize: 256, backend: wasm() });
 * const { positions } = simulation.run({ noise: whiteNoise({ mesh: simulation.lattice, key: key(1) }),
 *   power: matter.power, growth: growth({ omegaM: 0.3 }, 'today'), start: 0.1, end: 1, steps: 10 });
 * ```
 */
export function particleMesh(given: ParticleMeshOptions): ParticleMesh {
  const options = checked(given);
  const {
    particles,
    dimensions: d,
    boxSize,
    meshFactor,
    window,
    gradient,
    compensated,
    order,
    scheme,
    dtype,
    backend,
  } = options;
  const lattice: Shape = new Array<number>(d).fill(particles);
  const mesh = lattice.map((n) => n * meshFactor);
  const count = particles ** d;
  const terms = LPT_TERMS[order];
  const cola = scheme === 'cola';
  const { squares } = shells(lattice);
  const inDtype = (values: ArrayLike<number>): Floats =>
    dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  const type = (...shape: number[]): TensorType => ({ shape, dtype: dtype as DType });
  const state = type(count, d);

  /** Initial positions and momenta, the linear field, and COLA's displacements. */
  const begin = (noise: Tensor, amplitudes: Tensor, factors: Tensor): Tensor[] => {
    const delta = reshape(
      radialFilter(reshape(noise, [1, ...lattice]), reshape(amplitudes, [1, squares.length])),
      lattice,
    );
    const psi = displacements(delta, { boxSize, order, gradient });
    const q = constant(inDtype(latticePositions(lattice, boxSize)), [count, d]);
    const positions = add(q, combination(psi, factors, 0));
    // COLA's momenta are what is left over second-order perturbation theory: at the start, nothing.
    const momenta = cola ? multiply(q, 0) : combination(psi, factors, terms);
    return [positions, momenta, delta, ...(cola ? psi : [])];
  };
  const stage = (x: Tensor, p: Tensor, numbers: Tensor, ...psi: Tensor[]): Tensor[] => {
    let moved = add(x, multiply(p, scalar(numbers, 0)));
    if (cola) moved = add(moved, combination(psi, numbers, 2));
    let force = meshForce(moved, { mesh, boxSize, window, gradient, compensated });
    if (cola) force = subtract(force, combination(psi, numbers, 4));
    return [moved, add(p, multiply(force, scalar(numbers, 1)))];
  };
  const beginTypes = [type(...lattice), type(squares.length), type(2 * terms)];
  const stageTypes = [state, state, type(cola ? 6 : 2), ...(cola ? [state, state] : [])];

  let beginRun: Executable | undefined;
  let stageRun: Executable | undefined;
  let beginPull: Executable | undefined;
  let stagePull: Executable | undefined;

  const numbers: ParticleMesh['numbers'] = ({ power, growth, ...steps }) => {
    const at = growth.at(steps.start);
    const factors = [at.d1, at.d2, at.d3a, at.d3b, at.d3c].slice(0, terms);
    const { slopes } = at;
    const rates = [slopes.d1, slopes.d2, slopes.d3a, slopes.d3b, slopes.d3c].slice(0, terms);
    return {
      amplitudes: shellAmplitudes(power, squares, lattice, boxSize),
      initial: Float64Array.from([
        ...factors,
        ...rates.map((rate) => momentumFactor(growth, steps.start, rate)),
      ]),
      stages: stages(growth, steps, scheme).map(stageNumbers),
    };
  };

  /** Runs forward; `visit` sees the state before every stage. */
  const forward = (
    run: RunOptions,
    visit?: (x: Floats, p: Floats, psi: Floats[]) => void,
  ): { snapshot: Snapshot; psi: Floats[]; all: RunNumbers } => {
    if (run.noise.length !== count) {
      throw new RangeError(
        `noise: ${run.noise.length} values for ${particles}^${d} particles; give ${count}`,
      );
    }
    beginRun ??= compile(begin, beginTypes, { backend });
    stageRun ??= compile(stage, stageTypes, { backend });
    const all = numbers(run);
    const started = beginRun.run([run.noise, all.amplitudes, all.initial].map(inDtype)) as Floats[];
    let [x, p] = started as [Floats, Floats];
    const linear = started[2]!.slice();
    const psi = started.slice(3);
    all.stages.forEach((values, i) => {
      visit?.(x, p, psi);
      [x, p] = stageRun!.run([x, p, inDtype(values), ...psi]) as [Floats, Floats];
      run.onStep?.(i + 1, all.stages.length);
    });
    let momenta = p.slice();
    if (cola) {
      const { slopes } = run.growth.at(run.end);
      const [first, second] = [slopes.d1, slopes.d2].map((rate) => momentumFactor(run.growth, run.end, rate));
      momenta = momenta.map((value, i) => value + first! * psi[0]![i]! + second! * psi[1]![i]!);
    }
    return {
      snapshot: { scaleFactor: run.end, positions: x.slice(), momenta, linear },
      psi,
      all,
    };
  };

  const runWithPullback: ParticleMesh['runWithPullback'] = (run) => {
    if (cola) throw new RangeError("gradients: of scheme 'fastpm' only; 'cola' has none yet");
    const states: [Floats, Floats][] = [];
    const { snapshot, all } = forward(run, (x, p) => {
      states.push([x.slice(), p.slice()]);
    });
    const pullback = (positions: Floats, momenta?: Floats): RunGradient => {
      stagePull ??= compile(
        (x, p, values, cx, cp) => pulled(stage(x!, p!, values!), [cx!, cp!], [x!, p!, values!]),
        [...stageTypes, state, state],
        { backend },
      );
      beginPull ??= compile(
        (noise, amplitudes, factors, cx, cp) =>
          pulled(
            begin(noise!, amplitudes!, factors!).slice(0, 2),
            [cx!, cp!],
            [noise!, amplitudes!, factors!],
          ),
        [...beginTypes, state, state],
        { backend },
      );
      let cx = inDtype(positions);
      let cp = momenta ? inDtype(momenta) : inDtype(new Float64Array(count * d));
      const stageCotangents: Float64Array[] = [];
      for (let i = states.length - 1; i >= 0; i--) {
        const results = stagePull.run([...states[i]!, inDtype(all.stages[i]!), cx, cp]) as Floats[];
        stageCotangents.unshift(Float64Array.from(results[2]!));
        [cx, cp] = [results[0]!.slice(), results[1]!.slice()];
      }
      const [noise, amplitudes, initial] = beginPull.run([
        ...[run.noise, all.amplitudes, all.initial].map(inDtype),
        cx,
        cp,
      ]) as [Floats, Floats, Floats];
      return {
        noise: noise.slice(),
        numbers: {
          amplitudes: Float64Array.from(amplitudes),
          initial: Float64Array.from(initial),
          stages: stageCotangents,
        },
      };
    };
    return { snapshot, pullback };
  };

  return {
    options,
    lattice,
    get memoryBytes() {
      return [beginRun, stageRun, beginPull, stagePull].reduce((sum, e) => sum + (e?.memoryBytes ?? 0), 0);
    },
    numbers,
    run: (run) => forward(run).snapshot,
    runWithPullback,
    dispose: () => {
      for (const executable of [beginRun, stageRun, beginPull, stagePull]) executable?.dispose();
      beginRun = stageRun = beginPull = stagePull = undefined;
    },
  };
}

function stageNumbers({ drift, kick, cola }: Stage): Float64Array {
  return Float64Array.from(cola ? [drift, kick, cola.d1, cola.d2, cola.force1, cola.force2] : [drift, kick]);
}

/** A vector-Jacobian product that exists for each of `wrt`. */
function pulled(outputs: readonly Tensor[], cotangents: readonly Tensor[], wrt: readonly Tensor[]): Tensor[] {
  return vjp(outputs, cotangents, wrt).map((gradient, i) => gradient ?? multiply(wrt[i]!, 0));
}
