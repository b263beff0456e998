/** What `openContinuousFlow` is asked, and what it gives. */
import type { Method } from '@equiflow/ode-solvers';
import type { Backend, Executable, RandomKey } from '@equiflow/tensor';
import type { Evaluator } from '../evaluator.ts';
import type { Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { ErrorNormScope } from './path-solver.ts';
import type { SolveStatistics, StepSharing } from './steps.ts';
import type { ProbeNoise, TraceMethod } from './traces.ts';

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
  /**
   * Where ∫ div v dt is computed, along the steps that were made: workers, or a device. For explicit methods with the error norm 'x', whose steps do
   * not need it; they are chosen on this thread. Worth it where the trace is most of the work.
   */
  readonly place?: Placement;
  /** Steps that a worker takes at a time. Default: a quarter of `batch`. */
  readonly chunk?: number;
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
