/**
 * Training a continuous flow by maximum likelihood with an adaptive solver, as an executor for `train`: the loss of `unrolledLikelihood`, with gradients
 * through the recorded steps ("discretise, then optimise") or by the adjoint equation. Probes are drawn anew for every step of the training and are fixed
 * over a solve.
 */
import { dopri5, type Method, OdeError } from '@equiflow/ode-solvers';
import { type Backend, type Executable, sizeOf } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import type { BaseDensity } from '../base-density.ts';
import type { Placement } from '../placement.ts';
import type { Batch } from '../training/dataset.ts';
import type { PooledLossExecutor } from '../training/loss-executor.ts';
import { requireBase, requireChoices } from './checks.ts';
import { type LikelihoodOptions, probesAt } from './likelihood-options.ts';
import { compilePaths, type ErrorNormScope, type PathInputs, type PathSolver } from './path-solver.ts';
import type { SolveStatistics, StepSharing } from './steps.ts';
import { stepwiseLikelihood } from './stepwise-likelihood.ts';
import { drawProbes, needsProbes } from './traces.ts';
import { isExplicit } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

/** Options of `adaptiveLikelihood`. */
export interface AdaptiveLikelihoodOptions extends LikelihoodOptions {
  /** Default `dopri5`. Methods that are not explicit need `gradient: 'adjoint'`. */
  readonly method?: Method;
  /** Default 1e-4. */
  readonly rtol?: number;
  /** Default 1e-4. */
  readonly atol?: number;
  /** Steps of this length in place of error control. */
  readonly step?: number;
  /** Default 'x': log p is as exact as the samples' paths let it be. */
  readonly errorNorm?: ErrorNormScope;
  /** Default 'shared': fewer evaluations where rows differ little, and what the adjoint needs. */
  readonly sharing?: StepSharing;
  /** Default 'recorded'. */
  readonly gradient?: 'recorded' | 'adjoint';
  /** Default `wasm()`. */
  readonly backend?: Backend<Executable>;
  /** Default float32. */
  readonly dtype?: 'float32' | 'float64';
  /** Accepted and rejected, for one batch. Default 10,000. */
  readonly maximumSteps?: number;
  /**
   * Where gradients through recorded steps are computed: workers, or a device. Left out: on this thread. For shared steps of an explicit method with
   * the error norm 'x' (the defaults). The steps are chosen on this thread, for the whole batch.
   */
  readonly place?: Placement;
  /** Samples that a worker takes at a time. Default 25. */
  readonly chunk?: number;
}

/** Losses by adaptive steps on this thread; `cost` counts along. */
export interface AdaptiveLikelihood extends PooledLossExecutor {
  /** Of the forward solves so far. */
  readonly cost: Readonly<SolveStatistics>;
}

/**
 * Losses by an adaptive solver. Executables are compiled for every size of a batch that comes.
 * @throws OdeError (at a step) where a solve fails, with the time and what to do.
 */
export function adaptiveLikelihood(
  field: FlowField,
  base: BaseDensity,
  options: AdaptiveLikelihoodOptions = {},
): AdaptiveLikelihood {
  const {
    contextSize = 0,
    prior,
    trace: traceMethod = 'exact',
    noise = 'rademacher',
    probes = 1,
    kinetic = 0,
    jacobian = 0,
    seed = 1,
    method = dopri5,
    rtol = 1e-4,
    atol = 1e-4,
    step: stepLength,
    errorNorm = 'x',
    sharing = 'shared',
    gradient: by = 'recorded',
    backend = wasm(),
    dtype = 'float32',
    maximumSteps = 10_000,
    place,
    chunk = 25,
  } = options;
  requireBase(field, base);
  requireChoices({ trace: traceMethod, noise, errorNorm, sharing });
  const dimension = sizeOf(field.shape);
  const cost: SolveStatistics = { evaluations: 0, steps: 0, rejected: 0 };
  const typed = (values: Float32Array | Float64Array): Float32Array | Float64Array => {
    if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
    return values instanceof Float64Array ? values : Float64Array.from(values);
  };
  const probesFor = (batch: Batch, step: number, training: boolean) =>
    needsProbes(field, traceMethod, training && jacobian > 0)
      ? drawProbes(probesAt(seed, step), noise, [batch.size, probes, dimension], dtype)
      : undefined;
  const control = {
    ...(stepLength === undefined ? {} : { step: stepLength }),
    rtol,
    atol,
    maximumSteps,
  };
  const inputs = (parameters: Float32Array, batch: Batch, step: number, training: boolean): PathInputs => ({
    x: typed(batch.maps),
    theta: typed(batch.parameters),
    flat: typed(parameters),
    probes: probesFor(batch, step, training),
  });
  const count = (
    step: number,
    { success, message, statistics }: { success: boolean; message: string; statistics: SolveStatistics },
  ): void => {
    if (!success) throw new OdeError(`training of a continuous flow, step ${step + 1}: ${message}`);
    for (const name of ['evaluations', 'steps', 'rejected'] as const) cost[name] += statistics[name];
  };
  const stepwise =
    by === 'recorded' && errorNorm === 'x' && sharing === 'shared' && isExplicit(method)
      ? stepwiseLikelihood(field, base, {
          contextSize,
          prior,
          method,
          trace: traceMethod,
          probeCount: needsProbes(field, traceMethod, jacobian > 0) ? probes : 0,
          regularisation: { kinetic, jacobian },
          backend,
          dtype,
          place,
          chunk,
        })
      : undefined;
  if (place && !stepwise) {
    throw new RangeError(
      "adaptiveLikelihood: a place for the gradients needs shared steps of an explicit method, gradient: 'recorded' and errorNorm: 'x'",
    );
  }
  const solvers = new Map<string, PathSolver>();
  const solve = (parameters: Float32Array, batch: Batch, step: number, training: boolean) => {
    const name = `${batch.size} ${training}`;
    let solver = solvers.get(name);
    if (!solver) {
      solver = compilePaths(field, base, {
        batch: batch.size,
        contextSize,
        ...(prior ? { prior } : {}),
        method,
        trace: traceMethod,
        probeCount: needsProbes(field, traceMethod, training && jacobian > 0) ? probes : 0,
        backend,
        dtype,
        differentiate: training ? 'parameters' : 'nothing',
        integrals: { kinetic: training && kinetic > 0, jacobian: training && jacobian > 0 },
        sharing,
      });
      solvers.set(name, solver);
    }
    const end = solver.solve(inputs(parameters, batch, step, training), [0, 1], {
      ...control,
      errorNorm,
      checkpoints: 'all',
    });
    count(step, end);
    const total = (values: Float64Array | null, weight: number): number =>
      values ? weight * values.reduce((a, b) => a + b, 0) : 0;
    const loss = total(end.logProb, -1) + total(end.kinetic, kinetic) + total(end.jacobian, jacobian);
    return { end, loss };
  };
  return {
    cost,
    async lossAndGradient(parameters, batch, step) {
      if (stepwise) {
        const end = await stepwise.run(inputs(parameters, batch, step, true), control);
        count(step, end);
        return { loss: -end.value, gradient: Float32Array.from(end.gradient, (value) => -value) };
      }
      const { end, loss } = solve(parameters, batch, step, true);
      const { flat } = end.gradients(by, { kinetic, jacobian });
      return { loss, gradient: Float32Array.from(flat, (value) => -value) };
    },
    loss: async (parameters, batch) => solve(parameters, batch, -1, false).loss,
    async close() {
      for (const solver of solvers.values()) solver.dispose();
      solvers.clear();
      await stepwise?.dispose();
    },
  };
}
