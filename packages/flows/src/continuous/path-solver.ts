/**
 * Paths of one batch by an adaptive solver, with the density at their end and its gradients: the executables behind
 * `openContinuousFlow` and the training by likelihood. One evaluation of the field with its divergence is one executable, and so is
 * a step with all its stages.
 */
import type { Method, TensorSolveOptions } from '@equiflow/ode-solvers';
import {
  type Backend,
  compile,
  type Executable,
  full,
  gradients,
  layoutOf,
  stopGradient,
  sum,
  type Tensor,
  type TensorType,
  type TypedArray,
  unpackParameters,
} from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import { toUnitBox } from '../conditioner.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import { augmentedField, type Integrals } from './augmented.ts';
import { type SolveStatistics, type StepListener, type StepSharing, solverOf } from './steps.ts';
import type { TraceMethod } from './traces.ts';
import { isExplicit } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

type Floats = Float32Array | Float64Array;

/** What the error control of a solve sees: the samples alone, or the integral of the divergence too. */
export type ErrorNormScope = 'x' | 'x and log p';

/** What paths are compiled for. */
export interface PathOptions {
  readonly batch: number;
  readonly contextSize: number;
  readonly prior?: Box;
  readonly method: Method;
  readonly trace: TraceMethod;
  /** 0 where the field needs no probes. */
  readonly probeCount: number;
  readonly backend: Backend<Executable>;
  readonly dtype: 'float32' | 'float64';
  /** What gradients are wanted of. */
  readonly differentiate: 'nothing' | 'theta' | 'parameters';
  readonly integrals?: Integrals;
  readonly sharing: StepSharing;
}

/** How one solve is controlled. */
export interface SolveControl
  extends Pick<
    TensorSolveOptions,
    'rtol' | 'atol' | 'step' | 'maximumStep' | 'maximumSteps' | 'checkpoints'
  > {
  readonly rtol: number;
  readonly atol: number;
  readonly errorNorm: ErrorNormScope;
}

/** One batch, in the dtype of the paths. */
export interface PathInputs {
  readonly x: Floats;
  readonly theta: Floats;
  readonly flat: Floats;
  readonly probes: Floats | undefined;
}

/** Weights of what is minimised: Σ −ln p + kinetic ∫|v|² dt + jacobian ∫‖∂v/∂x‖² dt. */
export interface Regularisation {
  readonly kinetic: number;
  readonly jacobian: number;
}

/** The end of the paths of a batch. */
export interface SolvedPaths {
  readonly success: boolean;
  /** One line: where it failed and what to do. */
  readonly message: string;
  readonly statistics: SolveStatistics;
  /** Accepted steps of the sample that needed least. */
  readonly fewestSteps: number;
  /** [batch, ...shape] */
  readonly x: Float64Array;
  /** ln p of the data end, nats, [batch]. */
  readonly logProb: Float64Array;
  /** ∫ |v|² dt, ∫ ‖∂v/∂x‖² dt and ∫ |v| dt, [batch]; null where not integrated. */
  readonly kinetic: Float64Array | null;
  readonly jacobian: Float64Array | null;
  readonly length: Float64Array | null;
  /**
   * Gradients of Σ ln p − kinetic ∫|v|² dt − jacobian ∫‖∂v/∂x‖² dt over the batch, through the recorded steps or by the
   * adjoint equation; of a path from 0 to 1.
   */
  gradients(
    by: 'recorded' | 'adjoint',
    regularisation?: Regularisation,
  ): { readonly flat: TypedArray; readonly theta: TypedArray };
}

/** Compiled paths of a batch. */
export interface PathSolver {
  solve(
    given: PathInputs,
    span: readonly [number, number],
    control: SolveControl,
    onStep?: StepListener,
  ): SolvedPaths;
  dispose(): void;
}

/** Compiles the paths of a field between data and a base density. */
export function compilePaths(field: FlowField, base: BaseDensity, options: PathOptions): PathSolver {
  const { batch, contextSize, prior, method, trace, probeCount, backend, dtype, differentiate, integrals } =
    options;
  const augmented = augmentedField(field, trace, integrals);
  const { dimension, width, at } = augmented;
  const type = (...shape: number[]): TensorType => ({ shape, dtype });
  const { size } = layoutOf(field.parameters);
  // What is not differentiated counts as constant, so that no work goes into its gradient.
  const held = (x: Tensor, wanted: boolean): Tensor => (wanted ? x : stopGradient(x));
  const inputs: { readonly name: 'flat' | 'theta' | 'probes'; readonly type: TensorType }[] = [
    ...(size > 0 ? [{ name: 'flat' as const, type: type(size) }] : []),
    ...(contextSize > 0 ? [{ name: 'theta' as const, type: type(batch, contextSize) }] : []),
    ...(probeCount > 0 ? [{ name: 'probes' as const, type: type(batch, probeCount, dimension) }] : []),
  ];
  const solver = solverOf(
    (t, y, ...given) => {
      const named = Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]!]));
      const theta = named.theta ? held(named.theta, differentiate === 'theta') : full(0, [batch, 0], dtype);
      const parameters = named.flat
        ? unpackParameters(field.parameters, held(named.flat, differentiate === 'parameters'))
        : {};
      return augmented.slope(
        // Rosenbrock steps need ∂f/∂t.
        isExplicit(method) ? stopGradient(t) : t,
        y,
        prior ? toUnitBox(theta, prior) : theta,
        parameters,
        named.probes && stopGradient(named.probes),
      );
    },
    { state: type(batch, width), parameters: inputs.map((input) => input.type), method, backend },
    options.sharing,
  );
  const density = compile(
    (x) => {
      const logProb = base.logProb(x!);
      return [logProb, gradients(sum(logProb), [x!])[0]!];
    },
    [type(batch, ...field.shape)],
    { backend },
  );
  const column = (y: TypedArray, index: number): Float64Array | null =>
    index < 0 ? null : Float64Array.from({ length: batch }, (_, row) => y[row * width + index]!);
  /** Root mean square of the first `seen` columns of one row or of all. */
  const normOf =
    (seen: number) =>
    (scaled: Float64Array): number => {
      let total = 0;
      for (let start = 0; start < scaled.length; start += width) {
        for (let i = start; i < start + seen; i++) total += scaled[i]! ** 2;
      }
      return Math.sqrt((total * width) / (scaled.length * seen));
    };
  const norms = { x: normOf(dimension), 'x and log p': normOf(dimension + (at.divergence < 0 ? 0 : 1)) };
  const allocate = (length: number): Floats =>
    dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
  return {
    solve(given, span, { errorNorm, ...control }, onStep) {
      const y0 = allocate(batch * width);
      for (let row = 0; row < batch; row++) {
        y0.set(given.x.subarray(row * dimension, (row + 1) * dimension), row * width);
      }
      const solution = solver.solve(
        span,
        y0,
        inputs.map(({ name }) => given[name]!),
        { ...control, norm: norms[errorNorm] },
        onStep && ((row, t, h, y) => onStep(row, t, h, y.subarray(0, dimension))),
      );
      const end = solution.y.subarray(solution.y.length - batch * width);
      const x = allocate(batch * dimension);
      for (let row = 0; row < batch; row++) {
        x.set(end.subarray(row * width, row * width + dimension), row * dimension);
      }
      const latent = span[1] > span[0] ? x : given.x;
      const sign = span[1] > span[0] ? 1 : -1;
      const [logBase, baseGradient] = density.run([latent]).map((values) => values.slice());
      const logProb = Float64Array.from(
        { length: batch },
        (_, row) => logBase![row]! + (at.divergence < 0 ? 0 : sign * end[row * width + at.divergence]!),
      );
      return {
        success: solution.success,
        message: solution.message,
        statistics: solution.statistics,
        fewestSteps: solution.fewestSteps,
        x: Float64Array.from(x),
        logProb,
        kinetic: column(end, at.kinetic),
        jacobian: column(end, at.jacobian),
        length: column(end, at.length),
        gradients(by, { kinetic, jacobian } = { kinetic: 0, jacobian: 0 }) {
          const cotangents = allocate(solution.y.length);
          const last = cotangents.subarray(cotangents.length - batch * width);
          for (let row = 0; row < batch; row++) {
            last.set(baseGradient!.subarray(row * dimension, (row + 1) * dimension), row * width);
            if (at.divergence >= 0) last[row * width + at.divergence] = 1;
            if (at.kinetic >= 0) last[row * width + at.kinetic] = -kinetic;
            if (at.jacobian >= 0) last[row * width + at.jacobian] = -jacobian;
          }
          const all = solution.gradients(by, cotangents);
          const of = (wanted: 'flat' | 'theta'): TypedArray => {
            const index = inputs.findIndex(({ name }) => name === wanted);
            return index < 0 ? allocate(0) : all.parameters[index]!;
          };
          return { flat: of('flat'), theta: of('theta') };
        },
      };
    },
    dispose() {
      solver.dispose();
      density.dispose();
    },
  };
}
