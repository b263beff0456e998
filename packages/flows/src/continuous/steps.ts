/** One interface over solves in which all samples share their steps and solves in which every sample has steps of its own. */
import {
  compileOde,
  compileOdeBatch,
  OdeError,
  type OdeGradients,
  type TensorSolveOptions,
} from '@equiflow/ode-solvers';
import type { TypedArray } from '@equiflow/tensor';
import { isExplicit } from './unrolled.ts';

/**
 * Whose error chooses the steps: every sample its own, so that its answer does not depend on the others of its batch
 * (explicit methods with an error estimate), or all the same by the mean over the batch.
 */
export type StepSharing = 'own' | 'shared';

/** What solves cost. */
export interface SolveStatistics {
  /** Evaluations of the field, each for a batch at once. */
  evaluations: number;
  /** Accepted steps; where samples have steps of their own, those of the slowest. */
  steps: number;
  rejected: number;
}

/** Told of every accepted step of every sample: where it begins, its signed length, and x there, valid during the call only. */
export type StepListener = (row: number, t: number, h: number, x: TypedArray) => void;

/** A solve, whichever way its steps were chosen. */
export interface Solution {
  readonly success: boolean;
  /** One line: where it failed and what to do. */
  readonly message: string;
  readonly statistics: SolveStatistics;
  /** Accepted steps of the sample that needed least. */
  readonly fewestSteps: number;
  /** [times, rows, width] */
  readonly y: TypedArray;
  /** Gradients of Σ ⟨cotangents, y⟩. */
  gradients(by: 'recorded' | 'adjoint', cotangents: TypedArray): OdeGradients;
}

/** Solves of a state [rows, width]. */
export interface Solver {
  solve(
    span: readonly [number, number],
    y0: TypedArray,
    parameters: readonly TypedArray[],
    options: Omit<TensorSolveOptions, 'onStep'>,
    onStep?: StepListener,
  ): Solution;
  dispose(): void;
}

/** One interface over solves with shared steps and with steps of every row's own. */
export function solverOf(
  field: Parameters<typeof compileOde>[0],
  options: Parameters<typeof compileOde>[1],
  sharing: StepSharing,
): Solver {
  if (sharing === 'shared') {
    const ode = compileOde(field, options);
    const [rows, width] = options.state.shape as [number, number];
    return {
      solve(span, y0, parameters, control, onStep) {
        let [time, before]: [number, TypedArray] = [span[0], y0];
        const solution = ode.solve(span, y0, parameters, {
          ...control,
          ...(onStep && {
            onStep({ t, h, y }) {
              for (let row = 0; row < rows; row++) {
                onStep(row, time, h, before.subarray(row * width, (row + 1) * width));
              }
              [time, before] = [t, y.slice()];
              return undefined;
            },
          }),
        });
        return {
          ...solution,
          fewestSteps: solution.statistics.steps,
          gradients: (by, cotangents) =>
            by === 'adjoint' ? solution.adjoint(cotangents) : solution.vjp(cotangents),
        };
      },
      dispose: () => ode.dispose(),
    };
  }
  const { method } = options;
  if (method && !(isExplicit(method) && method.adaptive)) {
    throw new OdeError(
      `continuous flow: steps of every sample's own need an explicit method with an error estimate, which ${method.name} is not; give sharing: 'shared'`,
    );
  }
  const ode = compileOdeBatch(field, options);
  return {
    solve(span, y0, parameters, { step, ...control }, onStep) {
      if (step !== undefined) {
        throw new OdeError(`continuous flow: steps of length ${step} are shared; give sharing: 'shared'`);
      }
      const solution = ode.solve(span, y0, parameters, {
        ...control,
        ...(onStep && { onRowStep: ({ row, t, h, y }) => onStep(row, t, h, y) }),
      });
      return {
        success: solution.success,
        message: solution.message,
        y: solution.y,
        fewestSteps: solution.steps.reduce((least, steps) => Math.min(least, steps)),
        statistics: {
          evaluations: solution.evaluations,
          steps: solution.steps.reduce((most, steps) => Math.max(most, steps), 0),
          rejected: solution.rejected.reduce((most, steps) => Math.max(most, steps), 0),
        },
        gradients(by, cotangents) {
          if (by === 'adjoint') {
            throw new OdeError("continuous flow: the adjoint needs shared steps; give sharing: 'shared'");
          }
          return solution.vjp(cotangents);
        },
      };
    },
    dispose: () => ode.dispose(),
  };
}
