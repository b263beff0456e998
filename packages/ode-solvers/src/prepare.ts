/** What a solve needs before it starts: a method put to work on a field, and what is said where the field fails. */
import { firstNotFinite, requireTolerance, type SolveOptions, tolerances } from './options.ts';
import { dopri5 } from './runge-kutta/adaptive.ts';
import { jacobianSize } from './stiff/shifted-jacobian.ts';
import {
  type Method,
  OdeError,
  type Statistics,
  type Stepper,
  type StepperProblem,
  type VectorField,
} from './types.ts';

/** A method at work on one field: what many solves can share. */
export interface PreparedSolver {
  readonly method: Method;
  readonly problem: StepperProblem;
  readonly stepper: Stepper;
  /** Work space of one state. */
  readonly scratch: Float64Array;
  /** Of one step's polynomial. */
  readonly coefficients: Float64Array;
}

/** Allocates everything that does not depend on the span and the initial state. */
export function prepareSolver(field: VectorField, dimension: number, options: SolveOptions): PreparedSolver {
  const method = options.method ?? dopri5;
  if (!Number.isInteger(dimension))
    throw new OdeError('solveOde: y0 has no length; give an array of numbers');
  if (typeof method.stepper !== 'function') {
    throw new OdeError(`solveOde: method is ${String(method)}; give a method itself, such as dopri5`);
  }
  const statistics: Statistics = { steps: 0, rejected: 0, evaluations: 0, jacobians: 0, factorisations: 0 };
  const problem: StepperProblem = {
    dimension,
    field(t, y, dydt) {
      statistics.evaluations++;
      field(t, y, dydt);
    },
    jacobian: options.jacobian,
    jacobianBandwidth: options.jacobianBandwidth,
    timeDerivative: options.timeDerivative,
    rtol: tolerances('rtol', options.rtol ?? 1e-6, dimension),
    atol: tolerances('atol', options.atol ?? 1e-9, dimension),
    norm: options.norm,
    fixed: options.step !== undefined,
    statistics,
  };
  if (!problem.fixed) requireTolerance(problem.rtol, problem.atol);
  const stepper = method.stepper(problem);
  return {
    method,
    problem,
    stepper,
    scratch: new Float64Array(dimension),
    coefficients: new Float64Array((stepper.degree + 1) * dimension),
  };
}

/** Says where the field stops being finite: at the times of the attempt that failed, near the state before it. */
export function notFinite(problem: StepperProblem, t: number, h: number, y: Float64Array): string {
  const slope = new Float64Array(problem.dimension);
  const state = new Float64Array(problem.dimension);
  for (const share of [0, 1 / 4, 1 / 2, 3 / 4, 1, 5 / 4]) {
    problem.field(t, y, slope);
    for (let i = 0; i < state.length; i++) state[i] = y[i]! + share * h * slope[i]!;
    problem.field(t + share * h, state, slope);
    const wrong = firstNotFinite(slope);
    if (wrong >= 0)
      return `the vector field gives ${slope[wrong]} in component ${wrong} at t = ${t + share * h}`;
  }
  return `values stop being finite after t = ${t}`;
}

/** Says where a given Jacobian is not finite; undefined where it is, or where there is none. */
export function jacobianNotFinite(problem: StepperProblem, t: number, y: Float64Array): string | undefined {
  if (!problem.jacobian) return undefined;
  const n = problem.dimension;
  const band = problem.jacobianBandwidth;
  const values = new Float64Array(jacobianSize(n, band));
  problem.jacobian(t, y, values);
  const wrong = firstNotFinite(values);
  if (wrong < 0) return undefined;
  const row = Math.floor(wrong / (values.length / n));
  return `the Jacobian has ${values[wrong]} in the row of component ${row} at t = ${t}`;
}
