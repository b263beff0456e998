/** Solvers of ordinary differential equations. */
export { type BatchField, type BatchSolution, solveOdeBatch } from './batch.ts';
export {
  integralController,
  piController,
  pidController,
  type StepController,
} from './controller.ts';
export type { DenseOutput } from './dense-output.ts';
export type { EventRecord, OdeEvent } from './events.ts';
export {
  adamsBashforth2,
  adamsBashforth3,
  adamsBashforth4,
  adamsBashforth5,
  adamsMoulton2,
  adamsMoulton3,
  adamsMoulton4,
  adamsMoulton5,
} from './multistep/adams.ts';
export type { SolveOptions, StepReport } from './options.ts';
export { bosh3, dopri5, fehlberg2, fehlberg5, heunEuler } from './runge-kutta/adaptive.ts';
export { dop853 } from './runge-kutta/dop853.ts';
export { explicitMethod } from './runge-kutta/explicit.ts';
export { euler, heun, midpoint, ralston, rk4, rk38 } from './runge-kutta/fixed.ts';
export type { ExplicitTableau } from './runge-kutta/tableau.ts';
export { tsit5 } from './runge-kutta/tsit5.ts';
export { vern7 } from './runge-kutta/vern7.ts';
export { type BrownianPath, type BrownianPathOptions, brownianPath } from './sde/brownian.ts';
export {
  eulerMaruyama,
  milstein,
  type SdeMethod,
  type SdeSolution,
  type SolveSdeOptions,
  type StochasticField,
  solveSde,
} from './sde/solve-sde.ts';
export type { OdeSolution, SolveStatus } from './solution.ts';
export { solveOde } from './solve.ts';
export type { Bandwidth } from './stiff/band-matrix.ts';
export { bdf, bdfMethod } from './stiff/bdf.ts';
export {
  type DiagonallyImplicitTableau,
  diagonallyImplicitMethod,
} from './stiff/diagonally-implicit.ts';
export { implicitEuler, kvaerno3, kvaerno4, kvaerno5, trapezoid, trBdf2 } from './stiff/esdirk-methods.ts';
export { radau5 } from './stiff/radau.ts';
export { type RosenbrockTableau, rodas4, rosenbrockMethod } from './stiff/rosenbrock.ts';
export {
  leapfrog,
  type SymplecticTableau,
  symplecticMethod,
  yoshida4,
  yoshida6,
} from './symplectic/symplectic.ts';
export type { AdjointOptions } from './tensor/adjoint.ts';
export type {
  BatchSolveOptions,
  CompiledOdeBatch,
  CompileOdeBatchOptions,
  TensorBatchSolution,
} from './tensor/batch-types.ts';
export {
  type CompiledOde,
  type CompileOdeOptions,
  compileOde,
  type TensorOdeSolution,
  type TensorSolveOptions,
} from './tensor/compile-ode.ts';
export { compileOdeBatch } from './tensor/compile-ode-batch.ts';
export type { EvaluationGradients } from './tensor/dense-values.ts';
export {
  compileDeviceOde,
  type DeviceBackend,
  type DeviceOde,
  type DeviceOdeOptions,
  type DeviceOdeSolution,
} from './tensor/device-ode.ts';
export type { LocatedEvent } from './tensor/event-gradients.ts';
export type { OdeGradients } from './tensor/recorded-steps.ts';
export type { TensorEvent, TensorField } from './tensor/step-graph.ts';
export type { OdeTangents, TangentGradients } from './tensor/step-tangents.ts';
export { odeUnrolled, type UnrolledOptions } from './tensor/unrolled.ts';
export {
  type ErrorNorm,
  type Jacobian,
  type Method,
  OdeError,
  type Statistics,
  type Stepper,
  type StepperProblem,
  type VectorField,
} from './types.ts';
