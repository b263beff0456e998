/**
 * Solves on tensors: the stepping loop of `solve.ts` on the host, a step compiled once for any backend. The accepted
 * steps are recorded, and gradients go back through exactly these ("discretise, then optimise").
 */
import type { Backend, Executable, TensorType, TypedArray } from '@equiflow/tensor';
import { sizeOf } from '@equiflow/tensor';
import type { OdeEvent } from '../events.ts';
import { requireFloat32Resolves, type SolveOptions } from '../options.ts';
import { dopri5 } from '../runge-kutta/adaptive.ts';
import type { OdeSolution } from '../solution.ts';
import { solveOde } from '../solve.ts';
import { type Method, OdeError } from '../types.ts';
import { type AdjointOptions, adjointGradients } from './adjoint.ts';
import { type EvaluationGradients, evaluateRecording, evaluationGradients } from './dense-values.ts';
import { eventGradients, type LocatedEvent, locateEvent } from './event-gradients.ts';
import { explicitTableau, odeExecutables, typed } from './executables.ts';
import { withImplicitSteps } from './implicit-executables.ts';
import { type OdeGradients, type Recording, stepGradients } from './recorded-steps.ts';
import { recorder } from './recorder.ts';
import type { TensorEvent, TensorField } from './step-graph.ts';
import { type OdeTangents, stepTangents, type TangentGradients, tangentGradients } from './step-tangents.ts';
import { recordingStepper, tensorStepper } from './stepper.ts';
import { symplecticTableau } from './symplectic-graph.ts';

/** What `compileOde` needs to know. */
export interface CompileOdeOptions {
  /** Type of the state: any shape; a batch is part of it, all rows with the same steps. */
  readonly state: TensorType;
  readonly parameters?: readonly TensorType[];
  /**
   * Default `dopri5`. Explicit Runge-Kutta methods run as compiled steps; any other method runs on the host, with the
   * field and its Jacobian, by autodiff, compiled. Diagonally implicit, Rosenbrock and Radau methods have gradients
   * through their steps by the implicit function theorem, second ones too, symplectic ones as graphs; multistep ones (`bdf`, Adams) by `adjoint` alone.
   */
  readonly method?: Method;
  /** Ends the solve where it crosses zero; time and state there are differentiable (`eventVjp`). One-step methods only. */
  readonly event?: TensorEvent;
  /** Of the crossing, in the direction of the solve. Default both. */
  readonly eventDirection?: OdeEvent['direction'];
  /** Where the steps are computed. Default: the reference backend. */
  readonly backend?: Backend<Executable>;
}

/** Options of one solve on tensors. */
export interface TensorSolveOptions
  extends Pick<
    SolveOptions,
    | 'rtol'
    | 'atol'
    | 'step'
    | 'firstStep'
    | 'minimumStep'
    | 'maximumStep'
    | 'maximumSteps'
    | 'controller'
    | 'norm'
    | 'onStep'
    | 'onProgress'
    | 'discontinuities'
  > {
  /**
   * States kept for gradients: 'all', or 'sqrt' (default) of the steps, between which the states are computed again,
   * or one every so many steps.
   */
  readonly checkpoints?: 'all' | 'sqrt' | number;
}

/** A solve on tensors, with its derivatives. */
export interface TensorOdeSolution {
  readonly status: OdeSolution['status'];
  readonly success: boolean;
  readonly message: string;
  readonly statistics: OdeSolution['statistics'];
  /** The times reached of those asked for. */
  readonly times: Float64Array;
  /** States at these times, [times, ...state], in the state's dtype. */
  readonly y: TypedArray;
  /** Where the event ended the solve. */
  readonly event?: LocatedEvent;
  /** Length of the record: accepted steps, and how many of their states are kept. */
  readonly recorded: { readonly steps: number; readonly checkpoints: number };
  /**
   * Gradients of Σ ⟨cotangents, y⟩ with respect to the initial state, the parameters and all times, exact for the
   * steps that were made.
   * @param cotangents of the type of `y`.
   */
  vjp(cotangents: TypedArray): OdeGradients;
  /**
   * Gradients of ⟨cotangent, event.y⟩ + timeCotangent · event.t, with respect to the initial state, the parameters and
   * times[0]. @throws OdeError where no event happened.
   */
  eventVjp(cotangent: TypedArray, timeCotangent?: number): OdeGradients;
  /** The same as `vjp` by the continuous adjoint equation, solved backward (Chen et al. 2018, arXiv:1806.07366): memory of one state. */
  adjoint(cotangents: TypedArray, options?: AdjointOptions): OdeGradients;
  /** Tangents of `y` from tangents of the initial state and the parameters. */
  jvp(tangents: OdeTangents): TypedArray;
  /**
   * Second derivatives, forward over reverse: the gradients of `vjp` and their tangents, for tangents of the initial
   * state, of the parameters, and of the cotangents (zero when left out). With cotangents ∇L(y) and their tangents
   * ∇²L(y) ẏ, the result is the Hessian of L, times the tangents.
   */
  vjpTangent(cotangents: TypedArray, tangents: OdeTangents, cotangentTangents?: TypedArray): TangentGradients;
  /**
   * States at any times inside the solution, [at, ...state], by the method's interpolant: no step has to end there.
   * @throws OdeError for a time outside it.
   */
  evaluate(at: ArrayLike<number>): TypedArray;
  /** Gradients of Σ ⟨cotangents, evaluate(at)⟩, with respect to the times `at` too. */
  evaluateVjp(at: ArrayLike<number>, cotangents: TypedArray): EvaluationGradients;
}

/** A compiled solver. */
export interface CompiledOde {
  /**
   * Solves from times[0] on and keeps the state at every one of the times, all of which steps end at.
   * @throws OdeError where the question is wrong; failures on the way are the solution's `status`.
   */
  solve(
    times: ArrayLike<number>,
    y0: TypedArray,
    parameters?: readonly TypedArray[],
    options?: TensorSolveOptions,
  ): TensorOdeSolution;
  /** Gives the memory of the executables back. */
  dispose(): void;
}

/**
 * Compiles the solver of y' = f(t, y, …parameters).
 * @example
 * const ode = compileOde((t, y, k) => negate(multiply(k, y)), { state: { shape: [3], dtype: 'float64' }, parameters: [{ shape: [], dtype: 'float64' }] });
 */
export function compileOde(field: TensorField, options: CompileOdeOptions): CompiledOde {
  const { state, parameters: parameterTypes = [], method = dopri5, backend, event, eventDirection } = options;
  if (state.dtype === 'int32')
    throw new OdeError('compileOde: a state of int32 has no derivative; take a float type');
  const tableau = explicitTableau(method);
  const symplectic = symplecticTableau(method);
  const compiledField = odeExecutables({
    field,
    state,
    parameters: parameterTypes,
    tableau,
    symplectic,
    event,
    ...(backend ? { backend } : {}),
  });
  const asGraph = tableau !== undefined || symplectic !== undefined;
  const executables = asGraph
    ? compiledField
    : withImplicitSteps(compiledField, method, state, parameterTypes);
  const oneStep = asGraph || executables !== compiledField;
  if (event && !oneStep) {
    throw new OdeError(
      `compileOde: an event needs a method whose steps depend on the state alone, which ${method.name} is not`,
    );
  }
  const size = sizeOf(state.shape);
  return {
    solve(times, y0, parameters = [], solveOptions = {}) {
      const { checkpoints = 'sqrt', ...rest } = solveOptions;
      if (times.length < 2)
        throw new OdeError(`compileOde: ${times.length} times; give the first and the last at least`);
      if (event && times.length !== 2) {
        throw new OdeError(
          `compileOde: with an event give two times, the first and the latest; got ${times.length}`,
        );
      }
      if (state.dtype === 'float32' && rest.rtol !== undefined)
        requireFloat32Resolves(rest.rtol, 'compileOde');
      if (y0.length !== size)
        throw new OdeError(`compileOde: y0 has ${y0.length} values, the state [${state.shape}] has ${size}`);
      if (parameters.length !== parameterTypes.length) {
        throw new OdeError(
          `compileOde: ${parameters.length} parameters given, ${parameterTypes.length} declared`,
        );
      }
      const zeroState = typed(state.dtype, new Float64Array(size));
      const zeroParameters = parameterTypes.map((type) =>
        typed(type.dtype, new Float64Array(sizeOf(type.shape))),
      );
      const record = recorder(checkpoints, state, 1);
      const scalar = (value: number): TypedArray => typed(state.dtype, [value]);
      const evaluate = (executable: Executable, t: number, y: Float64Array): TypedArray =>
        executable.run([scalar(t), typed(state.dtype, y), ...parameters])[0]!;
      const terminal: OdeEvent = {
        value: (t, y) => evaluate(executables.event(), t, y)[0]!,
        action: 'stop',
        ...(eventDirection ? { direction: eventDirection } : {}),
      };
      const compiled: Method = {
        ...method,
        stepper: tableau
          ? (problem) =>
              tensorStepper(tableau, executables, state, parameters, problem, (t, h, y) =>
                record.add(0, t, h, y, 0),
              )
          : (problem) => recordingStepper(method.stepper(problem), (t, h, y) => record.add(0, t, h, y, 0)),
      };
      const solution = solveOde(
        (t, y, dydt) => dydt.set(evaluate(executables.slope(), t, y)),
        [times[0]!, times[times.length - 1]!],
        y0,
        {
          ...rest,
          method: compiled,
          hitTimes: Array.from(times).slice(1),
          saveAt: times,
          ...(event ? { events: [terminal] } : {}),
          ...(tableau
            ? {}
            : {
                jacobian: (t, y, out) => out.set(evaluate(executables.jacobian(), t, y)),
                timeDerivative: (t, y, out) => {
                  const inputs = [scalar(t), typed(state.dtype, y), scalar(1), zeroState, ...parameters];
                  out.set(executables.slopeJvp().run([...inputs, ...zeroParameters])[0]!);
                },
              }),
        },
      );
      const recorded: Recording = {
        executables,
        state,
        parameterTypes,
        parameters: parameters.map((values) => values.slice()),
        times: solution.t,
        ...record.finish(Float64Array.of(solution.end.t), solution.end.y),
      };
      const located = solution.status === 'event' ? locateEvent(recorded) : undefined;
      const recording = located ?? recorded;
      const y = typed(state.dtype, solution.y);
      const check = (cotangents: TypedArray): void => {
        if (cotangents.length !== y.length) {
          throw new OdeError(
            `compileOde: ${cotangents.length} cotangents for ${y.length} values of y; give one for each`,
          );
        }
      };
      return {
        status: solution.status,
        success: solution.success,
        message: solution.message,
        statistics: solution.statistics,
        times: solution.t,
        y,
        recorded: { steps: recording.t.length, checkpoints: recording.checkpoints.size },
        ...(located ? { event: located.event } : {}),
        eventVjp(cotangent, timeCotangent = 0) {
          if (!located) throw new OdeError('eventVjp: no event ended this solve');
          return eventGradients(located, cotangent, timeCotangent);
        },
        vjp(cotangents) {
          check(cotangents);
          return stepGradients(recording, cotangents);
        },
        adjoint(cotangents, adjointOptions = {}) {
          check(cotangents);
          const { rtol = 1e-6, atol = 1e-9 } = solveOptions;
          return adjointGradients(recording, y, cotangents, {
            method: method.adaptive ? method : dopri5,
            rtol: least(rtol),
            atol: least(atol),
            ...adjointOptions,
          });
        },
        jvp: (tangents) => stepTangents(recording, tangents),
        vjpTangent(cotangents, tangents, cotangentTangents = typed(state.dtype, new Float64Array(y.length))) {
          check(cotangents);
          check(cotangentTangents);
          return tangentGradients(recording, cotangents, tangents, cotangentTangents);
        },
        evaluate: (at) => evaluateRecording(recording, Float64Array.from(at)),
        evaluateVjp: (at, cotangents) => evaluationGradients(recording, Float64Array.from(at), cotangents),
      };
    },
    dispose: () => executables.dispose(),
  };
}

function least(tolerance: number | ArrayLike<number>): number {
  return typeof tolerance === 'number' ? tolerance : Math.min(...Array.from(tolerance));
}
