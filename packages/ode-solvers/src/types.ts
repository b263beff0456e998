/**
 * The vocabulary of the solvers: a problem is y' = f(t, y) with a plain function f; a method is data plus the
 * stepper that reads it; the one loop of `solve.ts` drives any stepper.
 */

import type { Bandwidth } from './stiff/band-matrix.ts';

/**
 * Right-hand side: writes every component of dy/dt at (t, y) into `dydt`, whose contents before are of no
 * meaning. Must not keep or change `y`.
 */
export type VectorField = (t: number, y: Float64Array, dydt: Float64Array) => void;

/**
 * ∂f_i/∂y_j at (t, y), written row-major into `jacobian` (n × n, zeroed before the call). With the option
 * `jacobianBandwidth`, ∂f_i/∂y_j goes to i (lower + upper + 1) + j − i + lower.
 */
export type Jacobian = (t: number, y: Float64Array, jacobian: Float64Array) => void;

/** A mistake in the question: one line with what is wrong, where, and what to do. */
export class OdeError extends Error {
  override readonly name = 'OdeError';
}

/** What a solve cost. */
export interface Statistics {
  /** Accepted steps. */
  steps: number;
  /** Rejected attempts: error too large, Newton without convergence, or values that are not finite. */
  rejected: number;
  /** Evaluations of the vector field, those for finite-difference Jacobians included. */
  evaluations: number;
  jacobians: number;
  /** Factorisations of n × n matrices; a complex one counts as one. */
  factorisations: number;
}

/** Measures a vector of errors, each divided by its tolerance; at most 1 passes. Default: root mean square. */
export type ErrorNorm = (scaledError: Float64Array) => number;

/** What a stepper is given: the field with its calls counted, and how errors are measured. */
export interface StepperProblem {
  readonly dimension: number;
  readonly field: VectorField;
  readonly jacobian: Jacobian | undefined;
  /** Diagonals of the Jacobian outside which it is zero; undefined for a dense one. */
  readonly jacobianBandwidth: Bandwidth | undefined;
  /** ∂f/∂t at (t, y), where the user gives it. */
  readonly timeDerivative: VectorField | undefined;
  readonly rtol: Float64Array;
  readonly atol: Float64Array;
  readonly norm: ErrorNorm | undefined;
  /** True when every step has the same length: no error estimate is needed. */
  readonly fixed: boolean;
  readonly statistics: Statistics;
}

/**
 * One method at work on one problem. The loop calls `start` once, then `attempt` until it is content, then
 * `interpolant` if anybody asks for values inside the step, then `advance`.
 */
export interface Stepper {
  /** The state at the beginning of the step; the stepper's own memory, replaced by `advance`. */
  readonly y: Float64Array;
  /** The state at the end of the last attempt. */
  readonly yNext: Float64Array;
  /** Degree of the interpolant in θ = (t − t_n)/h. */
  readonly degree: number;
  /** Exponent k of the controller: the error of a step of length h goes as h^k. */
  readonly errorExponent: number;
  /** Takes a state, forgets the past. Also after a discontinuity or a change of the state. */
  start(t: number, y: Float64Array): void;
  /** dy/dt at the start, for the choice of the first step; undefined where the method does not keep it. */
  readonly slope: Float64Array;
  /**
   * Tries a step of signed length h from t. Gives the norm of the error estimate (0 where there is none),
   * NaN when the field gave values that are not finite, Infinity when an implicit stage did not converge.
   */
  attempt(t: number, h: number): number;
  /** Fills the coefficients q of y(t + θ h) = Σ_j q_j θ^j, q_j being coefficients[j n … j n + n − 1]. */
  interpolant(coefficients: Float64Array): void;
  /** Moves to the end of the last attempt. */
  advance(): void;
  /** Changes of the step by a factor from 1 to this are left out, so that a factorised matrix can be used again. */
  readonly keepWithin?: number;
  /** A method that chooses its own steps says by what factor the next one changes, in place of a controller. */
  nextFactor?(error: number, accepted: boolean): number;
}

/** A solver as data: what it is called, what it reaches, and how it is put to work. */
export interface Method {
  readonly name: string;
  /** Order of convergence. */
  readonly order: number;
  /** False where the method has no error estimate: then `step` must be given. */
  readonly adaptive: boolean;
  readonly stepper: (problem: StepperProblem) => Stepper;
  /** Makes the one step from a state to an event, where a first step of the method itself is of low order. */
  readonly eventStepper?: (problem: StepperProblem) => Stepper;
}
