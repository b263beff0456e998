/** Solvers of ordinary differential equations. */
export {
  integralController,
  piController,
  pidController,
  type StepController,
} from './controller.ts';
export type { DenseOutput } from './dense-output.ts';
export type { EventRecord, OdeEvent } from './events.ts';
export type { SolveOptions, StepReport } from './options.ts';
export { bosh3, dopri5, fehlberg2, fehlberg5, heunEuler } from './runge-kutta/adaptive.ts';
export { dop853 } from './runge-kutta/dop853.ts';
export { explicitMethod } from './runge-kutta/explicit.ts';
export { euler, heun, midpoint, ralston, rk4, rk38 } from './runge-kutta/fixed.ts';
export type { ExplicitTableau } from './runge-kutta/tableau.ts';
export { tsit5 } from './runge-kutta/tsit5.ts';
export { vern7 } from './runge-kutta/vern7.ts';
export type { OdeSolution, SolveStatus } from './solution.ts';
export { solveOde } from './solve.ts';
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
