/**
 * A continuous flow with an adaptive solver: x(0) = x is data, x(1) = z latent, and
 * ln p(x|θ) = ln p_z(x(1)) + ∫₀¹ div v dt (Chen et al. 2018, arXiv:1806.07366, eq. 8). The solver's error enters p(x), so it is
 * reported beside it: a second solve at a tenth of the tolerances, with steps of at most half the length, gives the log p that is
 * reported, and its distance to the first the error: that of the first, and so more than that of the second.
 */
import { dopri5, type Method, OdeError } from '@equiflow/ode-solvers';
import { type Backend, type Executable, foldIn, key, type RandomKey, sizeOf } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import type { BaseDensity } from '../base-density.ts';
import type { Evaluator } from '../evaluator.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import {
  compilePaths,
  type ErrorNormScope,
  type PathSolver,
  type SolveControl,
  type SolvedPaths,
  type SolveStatistics,
  type StepSharing,
} from './path-solver.ts';
import { drawProbes, needsProbes, type ProbeNoise, type TraceMethod } from './traces.ts';
import type { FlowField } from './vector-field.ts';

type Floats = Float32Array | Float64Array;

/** Options of `openContinuousFlow`. */
export interface ContinuousFlowOptions {
  /** Number of parameters θ. Default 0. */
  readonly contextSize?: number;
  /** Uniform prior of θ; the field then sees θ mapped to [−1, 1]. Left out: θ as it is. */
  readonly prior?: Box;
  /** Default `dopri5`. */
  readonly method?: Method;
  /** Default 1e-6. */
  readonly rtol?: number;
  /** Default 1e-6. */
  readonly atol?: number;
  /** Steps of this length in place of error control; the error of log p is then the distance to steps half as long. */
  readonly step?: number;
  /** Default 'x and log p': what is reported is controlled. */
  readonly errorNorm?: ErrorNormScope;
  /**
   * Default 'own': the answer of a sample does not depend on the others of its batch. Methods that are not explicit, and steps of a
   * given length, need 'shared'.
   */
  readonly sharing?: StepSharing;
  /** Default 'exact'. */
  readonly trace?: TraceMethod;
  /** Default 'rademacher'. */
  readonly noise?: ProbeNoise;
  /** Probes a sample, for `hutchinson`. Default 1. */
  readonly probes?: number;
  /** Of the probes, which are functions of it and of a sample's place in the call. Default 1. */
  readonly seed?: number;
  /** Default `wasm()`. */
  readonly backend?: Backend<Executable>;
  /** Default float64. */
  readonly dtype?: 'float32' | 'float64';
  /** Samples solved together. Default 256; 256/d where an exact trace tiles d basis vectors into the batch. */
  readonly batch?: number;
  /** Accepted and rejected, for one batch; then the solve fails. Default 10,000. */
  readonly maximumSteps?: number;
}

/** Densities with what is known of their error. */
export interface Densities {
  /** ln p(x_i|θ_i) at a tenth of the tolerances, nats, [count]. */
  readonly logProb: Float64Array;
  /** |ln p at a tenth of the tolerances − ln p at the tolerances|, nats, [count]. */
  readonly error: Float64Array;
  /** [count, ...shape] */
  readonly latent: Float64Array;
  /** ∫ |v| dt between data and latent, [count]. */
  readonly pathLength: Float64Array;
  /** Summed over batches and tolerances. */
  readonly statistics: SolveStatistics;
}

/** Samples with their densities, by the same paths. */
export interface Samples {
  /** [count, ...shape] */
  readonly samples: Float64Array;
  /** ln p of every sample, nats, [count]. */
  readonly logProb: Float64Array;
  /** ∫ |v| dt between latent and sample, [count]. */
  readonly pathLength: Float64Array;
  /** Summed over batches and tolerances. */
  readonly statistics: SolveStatistics;
}

/** A continuous flow ready for use; samples are row-major [count, ...shape], θ [count, P] (empty without parameters). */
export interface ContinuousFlow extends Evaluator {
  /** Log-densities with the solver's error in them. */
  density(x: Floats, thetas?: Floats): Promise<Densities>;
  /** ln p(x_i|θ_i), nats, [count], without the second solve. */
  logProb(x: Floats, thetas?: Floats): Promise<Float64Array>;
  /** The latents, [count, ...shape]. */
  latent(x: Floats, thetas?: Floats): Promise<Float64Array>;
  /** Samples from latents, [count, ...shape]. */
  generate(latents: Floats, thetas?: Floats): Promise<Float64Array>;
  /** Draws `count` samples, with their densities. */
  sample(from: RandomKey, count: number, thetas?: Floats): Promise<Samples>;
}

/** What ode-solvers takes at least. */
const leastRtol = 100 * Number.EPSILON;

/**
 * Opens a continuous flow with given parameters. Functions are compiled when they are first called, for batches of powers of two;
 * the last batch is filled up with its last sample.
 * @param parameters flat, in the order of `field.parameters`.
 * @throws RangeError for inputs that do not fit, OdeError where a solve fails: with the samples, the time and what to do.
 */
export function openContinuousFlow(
  field: FlowField,
  base: BaseDensity,
  parameters: Floats,
  options: ContinuousFlowOptions = {},
): ContinuousFlow {
  const {
    contextSize = 0,
    method = dopri5,
    rtol = 1e-6,
    atol = 1e-6,
    step,
    errorNorm = 'x and log p',
    sharing = 'own',
    trace = 'exact',
    noise = 'rademacher',
    probes: probeCount = 1,
    seed = 1,
    backend = wasm(),
    dtype = 'float64',
    batch: largest = field.velocityAndDivergence || trace !== 'exact'
      ? 256
      : Math.ceil(256 / sizeOf(field.shape)),
    maximumSteps = 10_000,
    prior,
  } = options;
  const dimension = sizeOf(field.shape);
  const withProbes = needsProbes(field, trace, false);
  const typed = (values: ArrayLike<number>): Floats =>
    dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  const flat = typed(parameters);
  const solvers = new Map<string, PathSolver>();
  const solverFor = (size: number, differentiate: 'nothing' | 'theta'): PathSolver => {
    const name = `${size} ${differentiate}`;
    let solver = solvers.get(name);
    if (!solver) {
      solver = compilePaths(field, base, {
        batch: size,
        contextSize,
        ...(prior ? { prior } : {}),
        method,
        trace,
        probeCount: withProbes ? probeCount : 0,
        backend,
        dtype,
        differentiate,
        integrals: { length: differentiate === 'nothing' },
        sharing,
      });
      solvers.set(name, solver);
    }
    return solver;
  };
  const control: SolveControl = {
    rtol,
    atol,
    maximumSteps,
    ...(step === undefined ? {} : { step }),
    errorNorm,
  };
  /** A solve to hold another one against: where the tolerances do not choose the steps, their greatest length does. */
  const finer = ({ fewestSteps }: SolvedPaths): SolveControl => ({
    ...control,
    rtol: rtol === 0 ? 0 : Math.max(rtol / 10, leastRtol),
    atol: atol / 10,
    ...(step === undefined ? { maximumStep: 0.5 / fewestSteps } : { step: step / 2 }),
  });
  /** Calls `visit` with every batch, filled up to a compiled size. */
  const inBatches = (
    x: Floats,
    thetas: Floats,
    visit: (given: BatchInputs, start: number, count: number) => void,
  ): void => {
    const count = x.length / dimension;
    if (!Number.isInteger(count) || thetas.length !== count * contextSize) {
      throw new RangeError(
        `continuous flow: ${x.length} values of samples [${field.shape}] with ${thetas.length} values of ${contextSize} parameters`,
      );
    }
    for (let start = 0; start < count; start += largest) {
      const here = Math.min(largest, count - start);
      const size = Math.min(largest, 2 ** Math.ceil(Math.log2(here)));
      const rows = (values: Floats, width: number): Floats => {
        const out = typed({ length: size * width });
        for (let i = 0; i < size; i++) {
          const from = (start + Math.min(i, here - 1)) * width;
          out.set(values.subarray(from, from + width), i * width);
        }
        return out;
      };
      const drawn = withProbes
        ? typed(drawProbes(foldIn(key(seed), start), noise, [size, probeCount, dimension], 'float64'))
        : undefined;
      visit({ size, x: rows(x, dimension), theta: rows(thetas, contextSize), probes: drawn }, start, here);
    }
  };
  const checked = <T extends { readonly success: boolean; readonly message: string }>(
    solution: T,
    start: number,
    count: number,
  ): T => {
    if (!solution.success) {
      throw new OdeError(
        `continuous flow: samples ${start} to ${start + count - 1}: ${solution.message} (rtol ${rtol}, atol ${atol}, ${method.name})`,
      );
    }
    return solution;
  };
  const noThetas = new Float64Array(0);
  const run = (x: Floats, thetas: Floats, span: readonly [number, number], compare = false): Densities => {
    const count = Math.floor(x.length / dimension);
    const result = {
      logProb: new Float64Array(count),
      error: new Float64Array(count),
      latent: new Float64Array(count * dimension),
      pathLength: new Float64Array(count),
      statistics: { evaluations: 0, steps: 0, rejected: 0 },
    };
    inBatches(x, thetas, (given, start, here) => {
      const solver = solverFor(given.size, 'nothing');
      const solve = (how: SolveControl): SolvedPaths => {
        const end = checked(solver.solve({ ...given, flat }, span, how), start, here);
        for (const name of ['evaluations', 'steps', 'rejected'] as const) {
          result.statistics[name] += end.statistics[name];
        }
        return end;
      };
      const first = solve(control);
      const end = compare ? solve(finer(first)) : first;
      result.logProb.set(end.logProb.subarray(0, here), start);
      result.latent.set(end.x.subarray(0, here * dimension), start * dimension);
      // Backward in time the integral counts down.
      result.pathLength.set(end.length!.subarray(0, here).map(Math.abs), start);
      for (let i = 0; i < here; i++) result.error[start + i] = Math.abs(end.logProb[i]! - first.logProb[i]!);
    });
    return result;
  };
  const forward = [0, 1] as const;
  const backward = [1, 0] as const;
  return {
    density: async (x, thetas = noThetas) => run(x, thetas, forward, true),
    logProb: async (x, thetas = noThetas) => run(x, thetas, forward).logProb,
    async logProbOfMap(map, thetas) {
      const count = contextSize > 0 ? thetas.length / contextSize : 1;
      const repeated = new Float64Array(count * dimension);
      for (let i = 0; i < count; i++) repeated.set(map, i * dimension);
      return run(repeated, thetas, forward).logProb;
    },
    latent: async (x, thetas = noThetas) => run(x, thetas, forward).latent,
    generate: async (z, thetas = noThetas) => run(z, thetas, backward).latent,
    async sample(from, count, thetas = noThetas) {
      const z = base.sample(from, count);
      const { latent, logProb, pathLength, statistics } = run(z, thetas, backward);
      return { samples: latent, logProb, pathLength, statistics };
    },
    async thetaGradient(x, thetas) {
      const result = new Float64Array(thetas.length);
      inBatches(x, thetas, (given, start, here) => {
        const solver = solverFor(given.size, 'theta');
        const end = checked(solver.solve({ ...given, flat }, forward, control), start, here);
        const { theta } = end.gradients('recorded');
        result.set(theta.subarray(0, here * contextSize), start * contextSize);
      });
      return result;
    },
    async close() {
      for (const solver of solvers.values()) solver.dispose();
      solvers.clear();
    },
  };
}

interface BatchInputs {
  readonly size: number;
  readonly x: Floats;
  readonly theta: Floats;
  readonly probes: Floats | undefined;
}
