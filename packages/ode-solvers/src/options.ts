/** What a solve may be asked, and the checks of it. */
import type { StepController } from './controller.ts';
import type { OdeEvent } from './events.ts';
import type { Bandwidth } from './stiff/band-matrix.ts';
import { type ErrorNorm, type Jacobian, type Method, OdeError, type VectorField } from './types.ts';

/** What `onStep` is told after every accepted step. */
export interface StepReport {
  readonly t: number;
  /** The state; valid during the call only. */
  readonly y: Float64Array;
  /** The length of the step just made, signed. */
  readonly h: number;
}

/** Options of `solveOde`. */
export interface SolveOptions {
  /** Default: `dopri5`. */
  readonly method?: Method;
  /** Relative tolerance, one for all or one a component. Default 1e-6. */
  readonly rtol?: number | ArrayLike<number>;
  /** Absolute tolerance, one for all or one a component. Default 1e-9. */
  readonly atol?: number | ArrayLike<number>;
  /** Steps of this length, no error control. Shortened evenly so that a whole number of them fits between times to hit. */
  readonly step?: number;
  /** Length of the first step; chosen from the problem when left out. */
  readonly firstStep?: number;
  /** A solve that would need shorter steps ends with status 'step-too-small'. Default: what t can resolve. */
  readonly minimumStep?: number;
  readonly maximumStep?: number;
  /** Accepted and rejected together; then the solve ends with status 'too-many-steps'. Default 1e6. */
  readonly maximumSteps?: number;
  /** Default: `integralController`. */
  readonly controller?: StepController;
  /** Default: root mean square. */
  readonly norm?: ErrorNorm;
  /** Which times are kept: every step (default), both ends, or these, by interpolation. */
  readonly saveAt?: 'steps' | 'ends' | ArrayLike<number>;
  /** Times that steps must end at. */
  readonly hitTimes?: ArrayLike<number>;
  /** Times where f jumps: steps end there, and what a method remembers is dropped. */
  readonly discontinuities?: ArrayLike<number>;
  readonly events?: readonly OdeEvent[];
  /** Keeps the interpolants: `solution.dense`. Default false. */
  readonly dense?: boolean;
  /** ∂f/∂y for implicit methods; by finite differences when left out. */
  readonly jacobian?: Jacobian;
  /**
   * Where ∂f_i/∂y_j vanishes outside −lower ≤ j − i ≤ upper (a chain, a line of cells): the Jacobian is then kept,
   * differenced and factorised by diagonals, in time that grows with n, not n³.
   */
  readonly jacobianBandwidth?: Bandwidth;
  /** ∂f/∂t for Rosenbrock methods; by a difference, good to about 1e-8, when left out. */
  readonly timeDerivative?: VectorField;
  /** Called after every accepted step; `false` ends the solve with status 'stopped'. */
  readonly onStep?: (report: StepReport) => boolean | undefined;
  /** Called with the share of the span that is done, in [0, 1], whenever another hundredth is. */
  readonly onProgress?: (share: number) => void;
}

/** Tolerances as one number a component. @throws OdeError for a wrong length or a value that cannot be met. */
export function tolerances(
  name: 'rtol' | 'atol',
  value: number | ArrayLike<number>,
  dimension: number,
  where = 'solveOde',
): Float64Array {
  const least = name === 'rtol' ? 100 * Number.EPSILON : 0;
  const check = (one: number): void => {
    if (!(one === 0 || one >= least) || !Number.isFinite(one)) {
      const why = one > 0 ? 'below 100 times the machine precision, 2.2e-14' : 'no tolerance';
      throw new OdeError(`${where}: ${name} = ${one} is ${why}; give 0 or a larger number`);
    }
  };
  if (typeof value === 'number') {
    check(value);
    return new Float64Array(dimension).fill(value);
  }
  const values = Float64Array.from(value);
  if (values.length !== dimension) {
    throw new OdeError(
      `${where}: ${name} has ${values.length} values for a state of ${dimension}; give one number, or one a component`,
    );
  }
  values.forEach(check);
  return values;
}

/** @throws OdeError for a component without any tolerance. */
export function requireTolerance(rtol: Float64Array, atol: Float64Array, where = 'solveOde'): void {
  const none = rtol.findIndex((value, i) => value === 0 && atol[i] === 0);
  if (none >= 0) {
    throw new OdeError(
      `${where}: component ${none} has rtol = 0 and atol = 0, which no step can meet; give one of them a value`,
    );
  }
}

/** @throws OdeError for a relative tolerance that numbers of four bytes cannot resolve. */
export function requireFloat32Resolves(rtol: number | ArrayLike<number>, where: string): void {
  for (const value of typeof rtol === 'number' ? [rtol] : Array.from(rtol)) {
    if (value > 0 && value < 2 ** -23) {
      throw new OdeError(
        `${where}: rtol = ${value} is below the precision of a float32 state, 1.2e-7; give a larger number, or a float64 state`,
      );
    }
  }
}

/** Times that follow the direction of the solve, inside its span. @throws OdeError where they do not. */
export function orderedTimes(
  name: string,
  times: ArrayLike<number>,
  [t0, t1]: readonly [number, number],
  where = 'solveOde',
): Float64Array {
  const values = new Float64Array(times);
  const direction = t1 >= t0 ? 1 : -1;
  for (let i = 0; i < values.length; i++) {
    const t = values[i]!;
    if (!(direction * (t - t0) >= 0 && direction * (t - t1) <= 0)) {
      throw new OdeError(`${where}: ${name}[${i}] = ${t} is outside the span ${t0} to ${t1}`);
    }
    if (i > 0 && !(direction * (t - values[i - 1]!) > 0)) {
      throw new OdeError(
        `${where}: ${name} is not monotonic: [${i - 1}] = ${values[i - 1]}, [${i}] = ${t}, from ${t0} to ${t1}; sort it, each time once`,
      );
    }
  }
  return values;
}

/** @throws OdeError for a number that is not positive. */
function requirePositive(where: string, name: string, value: number | undefined): void {
  if (value !== undefined && !(value > 0)) {
    throw new OdeError(`${where}: ${name} = ${value}; give a positive number`);
  }
}

/** @throws OdeError for a question that has no answer. */
export function checkQuestion(
  t0: number,
  t1: number,
  y0: Float64Array,
  options: SolveOptions,
  where = 'solveOde',
): void {
  if (!Number.isFinite(t0) || !Number.isFinite(t1)) {
    throw new OdeError(`${where}: the span is ${t0} to ${t1}; give two finite times`);
  }
  const wrong = firstNotFinite(y0);
  if (wrong >= 0) throw new OdeError(`${where}: y0[${wrong}] is ${y0[wrong]}; give finite numbers`);
  for (const name of ['step', 'firstStep', 'maximumStep', 'maximumSteps'] as const) {
    requirePositive(where, name, options[name]);
  }
  const { minimumStep = 0, maximumStep = Number.POSITIVE_INFINITY } = options;
  if (!(minimumStep >= 0 && minimumStep <= maximumStep)) {
    throw new OdeError(
      `${where}: minimumStep = ${minimumStep}; give a number from 0 to maximumStep, which is ${maximumStep}`,
    );
  }
  const { method, step, jacobianBandwidth: band, saveAt, events = [] } = options;
  if (typeof saveAt === 'string' && saveAt !== 'steps' && saveAt !== 'ends') {
    throw new OdeError(`${where}: saveAt is '${saveAt}'; give 'steps', 'ends' or times`);
  }
  for (const [index, { direction = 'both', action = 'record' }] of events.entries()) {
    if (!['rising', 'falling', 'both'].includes(direction)) {
      throw new OdeError(
        `${where}: events[${index}].direction is '${direction}'; give 'rising', 'falling' or 'both'`,
      );
    }
    if (typeof action !== 'function' && action !== 'record' && action !== 'stop') {
      throw new OdeError(
        `${where}: events[${index}].action is '${action}'; give 'record', 'stop' or a function`,
      );
    }
  }
  if (band && ![band.lower, band.upper].every((width) => Number.isInteger(width) && width >= 0)) {
    throw new OdeError(
      `${where}: jacobianBandwidth is ${band.lower} below and ${band.upper} above; give whole numbers, 0 or more`,
    );
  }
  if (method && !method.adaptive && step === undefined) {
    throw new OdeError(`${where}: ${method.name} does not choose its steps; give the option step`);
  }
}

/** Ascending in the direction of the solve, each once, after t0. */
export function mergeTimes(times: readonly number[], t0: number, direction: number): number[] {
  const unique = [...new Set(times)].filter((t) => direction * (t - t0) > 0);
  return unique.sort((a, b) => direction * (a - b));
}

/** Index of the first value that is NaN or infinite, −1 where there is none. */
export function firstNotFinite(values: Float64Array): number {
  return values.findIndex((value) => !Number.isFinite(value));
}
