/**
 * Training a continuous flow by maximum likelihood, as executors for `train`: −ln p(x|θ) with, if asked for, the regularisation of RNODE
 * (Finlay et al. 2020, arXiv:2002.02798, eq. 12): λ_K ∫|v|² dt + λ_J ∫‖∂v/∂x‖² dt, sums over the dimensions. Unrolled steps are one
 * graph, which runs over workers or on a device; adaptive steps run on the host, with gradients through the recorded steps ("discretise,
 * then optimise") or by the adjoint equation. Hutchinson's probes are drawn anew for every step of the training and are fixed over a
 * solve. The loss of a validation is −ln p alone, with the same probes every time.
 */
import { dopri5, type Method, OdeError } from '@equiflow/ode-solvers';
import {
  add,
  type Backend,
  type Executable,
  foldIn,
  full,
  gradients,
  key,
  layoutOf,
  multiply,
  negate,
  sizeOf,
  stopGradient,
  sum,
  type Tensor,
  type TensorType,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import type { BaseDensity } from '../base-density.ts';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { Batch } from '../training/dataset.ts';
import type { PooledLossExecutor } from '../training/loss-executor.ts';
import {
  compilePaths,
  type ErrorNormScope,
  type PathInputs,
  type PathSolver,
  type SolveStatistics,
  type StepSharing,
} from './path-solver.ts';
import { stepwiseLikelihood } from './stepwise-likelihood.ts';
import { drawProbes, needsProbes, type ProbeNoise, type TraceMethod } from './traces.ts';
import { isExplicit, type UnrolledSteps, unrolledPath } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

/** What both ways of training by likelihood are asked. */
export interface LikelihoodOptions {
  /** Number of parameters θ. Default 0. */
  readonly contextSize?: number;
  /** Uniform prior of θ; the field then sees θ mapped to [−1, 1]. Left out: θ as it is. */
  readonly prior?: Box;
  /** Default 'exact'. */
  readonly trace?: TraceMethod;
  /** Default 'rademacher'. */
  readonly noise?: ProbeNoise;
  /** Probes a sample. Default 1. */
  readonly probes?: number;
  /** λ_K, the weight of ∫|v|² dt. Default 0. */
  readonly kinetic?: number;
  /** λ_J, the weight of ∫‖∂v/∂x‖² dt. Default 0. */
  readonly jacobian?: number;
  /** Of the probes. Default 1. */
  readonly seed?: number;
}

/** Options of `unrolledLikelihood`. */
export interface UnrolledLikelihoodOptions extends LikelihoodOptions, UnrolledSteps {
  /** Samples that a worker takes at a time. Default 64. */
  readonly chunk?: number;
}

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

/** Key of the probes of a training step; −1 is the validation's. */
const probesAt = (seed: number, step: number) => foldIn(foldIn(key(seed), 5), step + 1);

/** Losses by unrolled steps, over a pool of workers or on a device. */
export async function unrolledLikelihood(
  field: FlowField,
  base: BaseDensity,
  place: Placement,
  options: UnrolledLikelihoodOptions,
): Promise<PooledLossExecutor> {
  const {
    contextSize = 0,
    prior,
    trace: method = 'exact',
    noise = 'rademacher',
    probes = 1,
    kinetic = 0,
    jacobian = 0,
    seed = 1,
    chunk = 64,
    ...steps
  } = options;
  const dimension = sizeOf(field.shape);
  const { size } = layoutOf(field.parameters);
  const compiled = async (regularised: boolean) => {
    const withProbes = needsProbes(field, method, regularised && jacobian > 0);
    const lossOf = (flat: Tensor, x: Tensor, rest: readonly Tensor[]): Tensor => {
      const [theta, given] = contextSize > 0 ? rest : [full(0, [x.shape[0]!, 0], x.dtype), rest[0]];
      const end = unrolledPath(
        field,
        x,
        prior ? toUnitBox(theta!, prior) : theta!,
        unpackParameters(field.parameters, flat),
        {
          ...steps,
          trace: method,
          ...(given ? { probes: stopGradient(given) } : {}),
          integrals: { kinetic: regularised && kinetic > 0, jacobian: regularised && jacobian > 0 },
        },
      );
      let loss = negate(sum(add(base.logProb(end.x), end.divergence!)));
      if (end.kinetic) loss = add(loss, multiply(sum(end.kinetic), kinetic));
      if (end.jacobian) loss = add(loss, multiply(sum(end.jacobian), jacobian));
      return loss;
    };
    const specs = (count: number): TensorType[] =>
      [
        [size],
        [count, ...field.shape],
        ...(contextSize > 0 ? [[count, contextSize]] : []),
        ...(withProbes ? [[count, probes, dimension]] : []),
      ].map((shape) => ({ shape, dtype: 'float32' }));
    const executable = await compileChunked(place, {
      chunk,
      valuesPerItem: dimension * (method === 'exact' && !field.velocityAndDivergence ? dimension : 1),
      graph: (count) =>
        trace((flat, x, ...rest) => {
          const loss = lossOf(flat!, x!, rest);
          return regularised ? [loss, ...gradients(loss, [flat!])] : [loss];
        }, specs(count)),
      inputs: specs(1).map((_, index) => (index === 0 ? 'shared' : 'batch')),
      outputs: regularised ? ['sum', 'sum'] : ['sum'],
    });
    return {
      dispose: () => executable.dispose(),
      run: (parameters: Float32Array, batch: Batch, step: number) =>
        executable.run([
          parameters,
          batch.maps,
          ...(contextSize > 0 ? [batch.parameters] : []),
          ...(withProbes
            ? [drawProbes(probesAt(seed, step), noise, [batch.size, probes, dimension], 'float32')]
            : []),
        ]),
    };
  };
  const [training, validation] = await Promise.all([compiled(true), compiled(false)]);
  return {
    async lossAndGradient(parameters, batch, step) {
      const [loss, gradient] = await training.run(parameters, batch, step);
      return { loss: loss![0]!, gradient: Float32Array.from(gradient!) };
    },
    async loss(parameters, batch) {
      const [loss] = await validation.run(parameters, batch, -1);
      return loss![0]!;
    },
    async close() {
      await Promise.all([training.dispose(), validation.dispose()]);
    },
  };
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
