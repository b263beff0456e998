/** What a batch of solves on tensors is asked, and what it gives. */
import type { Backend, Executable, TensorType, TypedArray } from '@equiflow/tensor';
import type { SolveOptions } from '../options.ts';
import type { SolveStatus } from '../solution.ts';
import type { Method } from '../types.ts';
import type { EvaluationGradients } from './dense-values.ts';
import type { OdeGradients } from './recorded-steps.ts';
import type { CheckpointPolicy } from './recorder.ts';
import type { OdeTangents, TangentGradients } from './step-tangents.ts';

/** What `compileOdeBatch` needs to know. */
export interface CompileOdeBatchOptions {
  /** [rows, ...state of a row]. */
  readonly state: TensorType;
  /** Shared by all rows; one of shape [rows, …] has values by row, if the field uses it so. */
  readonly parameters?: readonly TensorType[];
  /** An explicit Runge-Kutta method with an error estimate. Default `dopri5`. */
  readonly method?: Method;
  /** Where the steps are computed. Default: the reference backend. */
  readonly backend?: Backend<Executable>;
}

/** Options of one solve of a batch; limits and tolerances (of the components of one row) hold for every row. */
export interface BatchSolveOptions
  extends Pick<
    SolveOptions,
    | 'rtol'
    | 'atol'
    | 'firstStep'
    | 'minimumStep'
    | 'maximumStep'
    | 'maximumSteps'
    | 'controller'
    | 'norm'
    | 'onProgress'
  > {
  /** States kept for gradients, as of `compileOde`. */
  readonly checkpoints?: CheckpointPolicy;
  /** Called after every accepted step of a row, with the state of that row before it, valid during the call only. */
  readonly onRowStep?: (step: {
    readonly row: number;
    readonly t: number;
    readonly h: number;
    readonly y: TypedArray;
  }) => void;
}

/** A batch of solves, with its derivatives. */
export interface TensorBatchSolution {
  /** How every row ended. */
  readonly status: readonly SolveStatus[];
  /** True when every row did. */
  readonly success: boolean;
  /** One line, naming the first row that failed. */
  readonly message: string;
  readonly times: Float64Array;
  /** States at these times, [times, ...state], in the state's dtype; NaN from where a row failed. */
  readonly y: TypedArray;
  /** Accepted and rejected steps, by row. */
  readonly steps: Int32Array;
  readonly rejected: Int32Array;
  /** Evaluations of the field for the whole batch at once. */
  readonly evaluations: number;
  /** As of `compileOde`; rows have no part in it beyond the last time they reached. */
  vjp(cotangents: TypedArray): OdeGradients;
  jvp(tangents: OdeTangents): TypedArray;
  vjpTangent(cotangents: TypedArray, tangents: OdeTangents, cotangentTangents?: TypedArray): TangentGradients;
  evaluate(at: ArrayLike<number>): TypedArray;
  evaluateVjp(at: ArrayLike<number>, cotangents: TypedArray): EvaluationGradients;
}

/** A compiled solver of batches. */
export interface CompiledOdeBatch {
  /**
   * Solves every row from times[0] on; steps end at every one of the times.
   * @throws OdeError where the question is wrong; failures on the way are the rows' `status`.
   */
  solve(
    times: ArrayLike<number>,
    y0: TypedArray,
    parameters?: readonly TypedArray[],
    options?: BatchSolveOptions,
  ): TensorBatchSolution;
  /** Gives the memory of the executables back. */
  dispose(): void;
}
