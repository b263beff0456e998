/**
 * The gradient of a likelihood through recorded steps, in two passes. Where the error norm sees x alone, the steps do not depend on the integrals:
 * the solve follows x with the velocity only. Going back, each step is made again with everything that is integrated, whose increments add up to
 * the value, and pulled back with the cotangent of x. The second pass is by far the longer one; its steps are a function of a batch row by row, which
 * runs over workers.
 */
import { compileOde, type Method } from '@equiflow/ode-solvers';
import {
  add,
  type Backend,
  broadcastTo,
  compile,
  type Executable,
  full,
  gradients,
  layoutOf,
  multiply,
  reshape,
  sizeOf,
  stopGradient,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  type TypedArray,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import { integratedStep } from './integrated-step.ts';
import type { PathInputs, Regularisation, SolveControl } from './path-solver.ts';
import type { SolveStatistics } from './steps.ts';
import type { TraceMethod } from './traces.ts';
import type { ExplicitMethod } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

type Floats = Float32Array | Float64Array;

/** What is compiled. */
export interface StepwiseOptions {
  readonly contextSize: number;
  readonly prior: Box | undefined;
  readonly method: Method & ExplicitMethod;
  readonly trace: TraceMethod;
  /** 0 where the field needs no probes. */
  readonly probeCount: number;
  readonly regularisation: Regularisation;
  readonly backend: Backend<Executable>;
  readonly dtype: 'float32' | 'float64';
  /** Where the second pass runs; left out: on this thread, by `backend`. */
  readonly place: Placement | undefined;
  /** Samples that a worker takes at a time. */
  readonly chunk: number;
}

/** Σ ln p − kinetic ∫|v|² dt − jacobian ∫‖∂v/∂x‖² dt over a batch, and its gradient in the parameters of the field. */
export interface StepwiseResult {
  readonly success: boolean;
  readonly message: string;
  readonly statistics: SolveStatistics;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Computes values and gradients; compiles for every size of a batch that comes. */
export interface StepwiseLikelihood {
  run(given: PathInputs, control: Omit<SolveControl, 'errorNorm' | 'checkpoints'>): Promise<StepwiseResult>;
  dispose(): Promise<void>;
}

/** (flat, t, h, x, λ, θ, probes) → value of the step, ∂/∂flat, ∂/∂x. */
type StepBack = (inputs: readonly TypedArray[]) => Promise<readonly TypedArray[]>;

/** Prepares the two passes. */
export function stepwiseLikelihood(
  field: FlowField,
  base: BaseDensity,
  options: StepwiseOptions,
): StepwiseLikelihood {
  const {
    contextSize,
    prior,
    method,
    trace: traceMethod,
    probeCount,
    regularisation,
    backend,
    dtype,
  } = options;
  const { kinetic, jacobian } = regularisation;
  const dimension = sizeOf(field.shape);
  const { size } = layoutOf(field.parameters);
  const type = (...shape: number[]): TensorType => ({ shape, dtype });
  const scaled = (theta: Tensor | undefined, count: number): Tensor => {
    if (!theta) return full(0, [count, 0], dtype);
    return prior ? toUnitBox(theta, prior) : theta;
  };
  const withTheta = <T>(value: T): T[] => (contextSize > 0 ? [value] : []);
  const withProbes = <T>(value: T): T[] => (probeCount > 0 ? [value] : []);

  const stepBack = (count: number) =>
    trace(
      (given, t, h, x, lambda, ...rest) => {
        const flat = reshape(given!, given!.shape);
        const from = reshape(x!, x!.shape);
        const theta = scaled(contextSize > 0 ? rest[0] : undefined, count);
        const probes = probeCount > 0 ? stopGradient(rest.at(-1)!) : undefined;
        const parameters = unpackParameters(field.parameters, flat);
        const end = integratedStep(field, method.tableau, { t: t!, h: h!, x: from }, theta, parameters, {
          trace: traceMethod,
          integrals: { divergence: true, kinetic: kinetic > 0, jacobian: jacobian > 0, length: false },
          ...(probes ? { probes } : {}),
        });
        let value = sum(end.divergence!);
        if (end.kinetic) value = subtract(value, multiply(sum(end.kinetic), kinetic));
        if (end.jacobian) value = subtract(value, multiply(sum(end.jacobian), jacobian));
        const pulled = add(value, sum(multiply(end.x, lambda!)));
        return [value, ...gradients(pulled, [flat, from])];
      },
      [
        type(size),
        type(),
        type(),
        type(count, ...field.shape),
        type(count, ...field.shape),
        ...withTheta(type(count, contextSize)),
        ...withProbes(type(count, probeCount, dimension)),
      ],
    );

  const made: { dispose(): void | Promise<void> }[] = [];
  const remember = <T extends { dispose(): void | Promise<void> }>(thing: T): T => {
    made.push(thing);
    return thing;
  };
  /** One for all sizes over workers, one for every size on this thread. */
  let overWorkers: Promise<StepBack> | undefined;
  const stepBackOf = (count: number): Promise<StepBack> => {
    const { place, chunk } = options;
    if (!place) {
      const executable = remember(backend.compile(stepBack(count)));
      return Promise.resolve(async (inputs) => executable.run(inputs));
    }
    overWorkers ??= compileChunked(place, {
      chunk,
      valuesPerItem: dimension,
      graph: stepBack,
      inputs: [
        ...(['shared', 'shared', 'shared', 'batch', 'batch'] as const),
        ...withTheta('batch' as const),
        ...withProbes('batch' as const),
      ],
      outputs: ['sum', 'sum', 'concat'],
    }).then((executable) => {
      remember(executable);
      return (inputs) => executable.run(inputs);
    });
    return overWorkers;
  };
  const prepare = async (count: number) => ({
    ode: remember(
      compileOde(
        (t, y, flat, theta) => {
          const velocity = field.velocity(
            broadcastTo(t, [count]),
            reshape(y, [count, ...field.shape]),
            scaled(theta, count),
            unpackParameters(field.parameters, flat!),
          );
          return reshape(velocity, [count, dimension]);
        },
        {
          state: type(count, dimension),
          parameters: [type(size), ...withTheta(type(count, contextSize))],
          method,
          backend,
        },
      ),
    ),
    density: remember(
      compile(
        (x) => {
          const value = sum(base.logProb(x!));
          return [value, gradients(value, [x!])[0]!];
        },
        [type(count, ...field.shape)],
        { backend },
      ),
    ),
    stepBack: await stepBackOf(count),
  });
  const prepared = new Map<number, ReturnType<typeof prepare>>();

  return {
    async run({ x: start, theta, flat, probes }, control) {
      const count = start.length / dimension;
      let compiled = prepared.get(count);
      if (!compiled) {
        compiled = prepare(count);
        prepared.set(count, compiled);
      }
      const { ode, density, stepBack: back } = await compiled;
      const times = [0];
      const lengths: number[] = [];
      const states: Floats[] = [start];
      const typed = (values: ArrayLike<number>): Floats =>
        dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
      const solution = ode.solve([0, 1], start, [flat, ...withTheta(theta)], {
        ...control,
        checkpoints: Number.POSITIVE_INFINITY,
        onStep({ t, h, y }) {
          times.push(t);
          lengths.push(h);
          states.push(typed(y));
          return undefined;
        },
      });
      const { success, message, statistics } = solution;
      const gradient = new Float64Array(size);
      if (!success) return { success, message, statistics, value: Number.NaN, gradient };
      const [logBase, ofEnd] = density.run([states.at(-1)!]);
      let value = logBase![0]!;
      let lambda: TypedArray = ofEnd!.slice();
      for (let n = lengths.length - 1; n >= 0; n--) {
        const [part, ofFlat, ofX] = await back([
          flat,
          typed([times[n]!]),
          typed([lengths[n]!]),
          states[n]!,
          lambda,
          ...withTheta(theta),
          ...withProbes(probes!),
        ]);
        value += part![0]!;
        for (let i = 0; i < size; i++) gradient[i]! += ofFlat![i]!;
        lambda = typed(ofX!);
      }
      return { success, message, statistics, value, gradient };
    },
    async dispose() {
      await Promise.all(made.map((thing) => thing.dispose()));
      made.length = 0;
      prepared.clear();
      overWorkers = undefined;
    },
  };
}
