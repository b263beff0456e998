/**
 * Where events happen inside an accepted step. The zero is bracketed and found on the step's interpolant, then moved to
 * where a step of the method itself, from the same state, meets it: an interpolant is often of lower order than its method.
 */
import { evaluatePolynomial, type StepPolynomial } from './dense-output.ts';
import { crosses, type EventRecord, findZero, type OdeEvent } from './events.ts';
import type { Method, Stepper, StepperProblem } from './types.ts';

/** An accepted step, before the stepper moves on. */
export interface FinishedStep extends StepPolynomial {
  readonly method: Method;
  readonly problem: StepperProblem;
  /** Still at the beginning of the step. */
  readonly stepper: Stepper;
  readonly tNext: number;
}

/** Numbers of the events that cross between the values at both ends. */
export function crossingEvents(
  events: readonly OdeEvent[],
  before: readonly number[],
  after: readonly number[],
): number[] {
  return after.flatMap((value, i) => (crosses(events[i]!, before[i]!, value) ? [i] : []));
}

/** The crossings of a step in their order, with the states there. */
export function locateEvents(
  step: FinishedStep,
  events: readonly OdeEvent[],
  crossing: readonly number[],
  before: readonly number[],
  after: readonly number[],
): EventRecord[] {
  const direction = Math.sign(step.h);
  const scratch = new Float64Array(step.problem.dimension);
  const found = crossing.map((event): EventRecord => {
    const { value } = events[event]!;
    const onPolynomial = (at: number): number => value(at, evaluatePolynomial(step, at, scratch));
    const at = findZero(onPolynomial, step.t, step.tNext, before[event]!, after[event]!);
    return (
      refine(step, value, onPolynomial, at, event, Math.sign(after[event]!)) ?? {
        event,
        t: at,
        y: evaluatePolynomial(step, at, new Float64Array(scratch.length)),
      }
    );
  });
  return found.sort((a, b) => direction * (a.t - b.t));
}

const mostIterations = 12;

/**
 * Newton's method on τ ↦ g(τ, Φ(τ − t)), Φ being one step of the method, with the slope of g on the interpolant. Ends just
 * after the crossing. Undefined where it does not settle inside the step: then the interpolant's zero stands.
 */
function refine(
  { method, problem, stepper, t, h, tNext }: FinishedStep,
  value: OdeEvent['value'],
  onPolynomial: (at: number) => number,
  zero: number,
  event: number,
  signAfter: number,
): EventRecord | undefined {
  const theta = (zero - t) / h;
  if (!(theta > 1e-6) || zero === tNext) return undefined;
  const reach = 1e-3 * h;
  const slope = (onPolynomial(zero + reach) - onPolynomial(zero - reach)) / (2 * reach);
  const own = (method.eventStepper ?? method.stepper)(problem);
  own.start(t, stepper.y);
  const direction = Math.sign(h);
  const ulp = 2 * Number.EPSILON * Math.max(Math.abs(zero), Number.MIN_VALUE);
  let at = zero;
  let nudge = ulp;
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const error = own.attempt(t, at - t);
    if (!Number.isFinite(error)) return undefined;
    const g = value(at, own.yNext);
    const change = g / slope;
    if (!Number.isFinite(change)) return undefined;
    const settled = Math.abs(change) <= ulp;
    if (g === 0 || (settled && (Math.sign(g) === signAfter || signAfter === 0))) {
      return { event, t: at, y: own.yNext.slice() };
    }
    // Settled on the near side: a little further on.
    if (settled) {
      at += direction * nudge;
      nudge *= 2;
    } else at -= change;
    if (!(direction * (at - t) > 0 && direction * (at - tNext) <= 0)) return undefined;
  }
  return undefined;
}
