/**
 * The one stepping loop: drives any method over y' = f(t, y) from t0 to t1, forward or backward, with control of the
 * step, times to hit, output at any times, dense output, events and callbacks.
 */
import { type ControllerState, controllerState, integralController } from './controller.ts';
import { denseOutput, evaluatePolynomial } from './dense-output.ts';
import { crossingEvents, locateEvents } from './event-search.ts';
import type { EventRecord } from './events.ts';
import { initialStep } from './initial-step.ts';
import { checkQuestion, firstNotFinite, mergeTimes, orderedTimes, type SolveOptions } from './options.ts';
import { jacobianNotFinite, notFinite, type PreparedSolver, prepareSolver } from './prepare.ts';
import { growingRows, type OdeSolution, type SolveStatus } from './solution.ts';
import { OdeError, type VectorField } from './types.ts';

const noEvents: readonly EventRecord[] = [];
const none: number[] = [];

/** No step is shorter, at t = 0 too. */
const shortestStep = Number.MIN_VALUE * 2 ** 60;

/**
 * Solves y' = f(t, y), y(t0) = y0.
 *
 * @param field writes dy/dt into its third argument.
 * @param span [t0, t1]; t1 < t0 solves backward.
 * @param y0 the state at t0; not changed.
 * @returns the solution; a failure on the way is its `status`, with what was reached.
 * @throws OdeError where the question itself is wrong: tolerances, times, lengths.
 * @example
 * const solution = solveOde((t, y, dydt) => { dydt[0] = -y[0]!; }, [0, 1], [1], { rtol: 1e-8 });
 */
export function solveOde(
  field: VectorField,
  span: readonly [number, number],
  y0: ArrayLike<number>,
  options: SolveOptions = {},
): OdeSolution {
  return runSolver(prepareSolver(field, y0.length, options), span, y0, options);
}

/** One solve with a prepared method. */
export function runSolver(
  { method, problem, stepper, scratch, coefficients: first }: PreparedSolver,
  span: readonly [number, number],
  y0: ArrayLike<number>,
  options: SolveOptions,
): OdeSolution {
  const [t0, t1] = span;
  const { dimension, fixed, statistics } = problem;
  const start = new Float64Array(y0);
  checkQuestion(t0, t1, start, options);
  Object.assign(statistics, { steps: 0, rejected: 0, evaluations: 0, jacobians: 0, factorisations: 0 });
  const direction = t1 >= t0 ? 1 : -1;
  const { hitTimes, discontinuities } = options;
  const jumps = discontinuities ? new Set(orderedTimes('discontinuities', discontinuities, span)) : null;
  const hasJumps = jumps !== null && jumps.size > 0;
  const wanted = hitTimes ? orderedTimes('hitTimes', hitTimes, span) : [];
  const targets = mergeTimes([...wanted, ...(jumps ?? []), t1], t0, direction);
  const { onStep, onProgress, saveAt = 'steps', events = [], minimumStep = 0, maximumSteps = 1e6 } = options;
  const maximumStep = options.maximumStep ?? Number.POSITIVE_INFINITY;
  const outputs = typeof saveAt === 'string' ? null : orderedTimes('saveAt', saveAt, span);
  const dense = options.dense ? denseOutput(dimension, t0) : null;
  const rows = growingRows(dimension, outputs ? outputs.length : saveAt === 'ends' ? 2 : 16);
  const records: EventRecord[] = [];
  let coefficients = dense ? first.slice() : first;

  let t = t0;
  let target = 0;
  let nextOutput = 0;
  let progress = 0;
  let status: SolveStatus | undefined;
  let message = '';

  if (outputs === null) rows.add(t, start);
  else if (outputs[0] === t0) {
    rows.add(t, start);
    nextOutput = 1;
  }
  const finish = (): OdeSolution => {
    const end = { t, y: stepper.y.slice() };
    if (saveAt === 'ends' && t !== t0) rows.add(t, end.y);
    const [times, states] = [rows.times(), rows.states()];
    return {
      status: status!,
      success: status === 'finished' || status === 'event' || status === 'stopped',
      message,
      t: times,
      y: states,
      dimension,
      state(index) {
        const row = index < 0 ? times.length + index : index;
        if (!(row >= 0 && row < times.length)) {
          throw new OdeError(`solution: there is no state ${index}; it has ${times.length}`);
        }
        return states.subarray(row * dimension, (row + 1) * dimension);
      },
      end,
      events: records,
      ...(dense ? { dense: dense.finish(t, end.y) } : {}),
      statistics: { ...statistics },
    };
  };
  const fail = (kind: SolveStatus, why: string): OdeSolution => {
    status = kind;
    message = `${method.name}: ${why}`;
    return finish();
  };

  // A component that the field leaves alone is found here, not taken for what was in memory.
  stepper.slope.fill(Number.NaN);
  stepper.start(t, start);
  const wrong = firstNotFinite(stepper.slope);
  if (wrong >= 0) {
    return fail(
      'not-finite',
      `the vector field gives ${stepper.slope[wrong]} in component ${wrong} at t = ${t}; it has to write a finite number into every component of dydt`,
    );
  }
  let eventValues = events.length > 0 ? events.map((event) => event.value(t, stepper.y)) : none;
  const failEvent = (values: readonly number[], at: number): OdeSolution =>
    fail(
      'not-finite',
      `events[${values.findIndex(Number.isNaN)}].value gives NaN at t = ${at}, which has no sign`,
    );
  if (eventValues.some(Number.isNaN)) return failEvent(eventValues, t);
  const controller: ControllerState = controllerState(
    options.controller ?? integralController,
    stepper.errorExponent,
  );
  const chooseStep = (): number => {
    const whole = Math.abs(t1 - t);
    const first =
      options.firstStep ??
      initialStep(problem, t, stepper.y, stepper.slope, direction, whole, stepper.errorExponent);
    return Math.min(Math.max(first, minimumStep), maximumStep);
  };
  let length = fixed || t0 === t1 ? 0 : chooseStep();
  let failedLast = 0;
  let failedStep = 0;
  let afterJump = 0;
  // Steps of one length between two times to hit.
  let segment = { from: t0, h: 0, count: 0, left: 0 };

  while (target < targets.length) {
    const goal = targets[target]!;
    const remaining = Math.abs(goal - t);
    if (fixed && segment.left === 0) {
      const count = Math.max(1, Math.ceil(remaining / options.step! - 1e-9));
      segment = { from: t, h: (goal - t) / count, count, left: count };
      length = Math.abs(segment.h);
    }
    const lands = fixed ? segment.left === 1 : length * (1 + 1e-10) >= remaining;
    let taken = length;
    if (!fixed && lands) taken = remaining;
    // A step that would leave a sliver takes half of what is left instead.
    else if (!fixed && length > 0.6 * remaining) taken = remaining / 2;
    const tFixed = segment.from + (segment.count - segment.left + 1) * segment.h;
    const tNext = lands ? goal : fixed ? tFixed : t + direction * taken;
    let h = fixed ? segment.h : tNext - t - afterJump;
    // A step that lands on a jump of f ends just before it, so that no stage sees the other side.
    if (lands && hasJumps && jumps.has(goal))
      h -= direction * 2 * Number.EPSILON * Math.max(Math.abs(goal), Math.abs(h));
    if (!lands && taken < Math.max(minimumStep, 8 * Number.EPSILON * Math.abs(t), shortestStep)) {
      if (Number.isNaN(failedLast)) return fail('not-finite', notFinite(problem, t, failedStep, stepper.y));
      if (failedLast === Number.POSITIVE_INFINITY) {
        const why = jacobianNotFinite(problem, t, stepper.y);
        if (why !== undefined) return fail('not-finite', why);
      }
      const what =
        failedLast === Number.POSITIVE_INFINITY
          ? 'the implicit equations do not converge'
          : 'the error stays too large';
      return fail(
        'step-too-small',
        `a step below ${taken.toExponential(2)} is needed at t = ${t}, where ${what}: a singularity of the solution, a discontinuity to name, or a stiff problem for another method`,
      );
    }
    if (statistics.steps + statistics.rejected >= maximumSteps) {
      return fail(
        'too-many-steps',
        `${maximumSteps} steps reached t = ${t} of ${t1}; raise maximumSteps, loosen the tolerances, or take a method for stiff problems`,
      );
    }
    const error = stepper.attempt(t + afterJump, h);
    if (!(error <= 1)) {
      statistics.rejected++;
      failedLast = error;
      failedStep = h;
      if (fixed) {
        if (Number.isNaN(error)) return fail('not-finite', notFinite(problem, t, failedStep, stepper.y));
        return fail(
          'step-too-small',
          `the implicit equations do not converge at t = ${t} with steps of ${taken}; take shorter ones`,
        );
      }
      length = taken * (stepper.nextFactor?.(error, false) ?? controller.rejected(error));
      continue;
    }
    statistics.steps++;
    segment.left--;
    if (!fixed) {
      const factor = stepper.nextFactor?.(error, true) ?? controller.accepted(error);
      const next = factor >= 1 && factor < (stepper.keepWithin ?? 1) ? taken : taken * factor;
      // A step shortened to land somewhere says little about how long the next may be.
      length = Math.min(maximumStep, taken < length ? Math.max(next, length) : next);
    }

    let changed = false;
    let tEnd = tNext;
    const wantsOutput =
      outputs !== null && nextOutput < outputs.length && direction * (outputs[nextOutput]! - tNext) <= 0;
    let happened = noEvents;
    let after = eventValues;
    if (events.length > 0) {
      after = events.map((event) => event.value(tNext, stepper.yNext));
      if (after.some(Number.isNaN)) return failEvent(after, tNext);
      const crossing = crossingEvents(events, eventValues, after);
      if (crossing.length > 0) {
        stepper.interpolant(coefficients);
        const from = t + afterJump;
        const finished = { method, problem, stepper, t: from, h, coefficients, tNext };
        happened = locateEvents(finished, events, crossing, eventValues, after);
      }
    }
    const polynomialNeeded = dense !== null || wantsOutput;
    if (polynomialNeeded && happened.length === 0) stepper.interpolant(coefficients);
    const step = polynomialNeeded ? { t, h, coefficients } : null;
    for (const record of happened) {
      const { event, t: at, y } = record;
      records.push({ event, t: at, y: y.slice() });
      const { action = 'record' } = events[event]!;
      if (action === 'record') continue;
      tEnd = at;
      if (action === 'stop') {
        status = 'event';
        message = `${method.name}: event ${event} at t = ${at}`;
        scratch.set(y);
      } else {
        action(at, y);
        scratch.set(y);
      }
      changed = true;
      break;
    }
    while (
      outputs !== null &&
      nextOutput < outputs.length &&
      direction * (outputs[nextOutput]! - tEnd) <= 0
    ) {
      const at = outputs[nextOutput]!;
      rows.add(at, at === tNext ? stepper.yNext : evaluatePolynomial(step!, at, new Float64Array(dimension)));
      nextOutput++;
    }
    if (dense) {
      dense.add(step!);
      coefficients = new Float64Array(coefficients.length);
    }
    const tBefore = t;
    t = tEnd;
    const past = changed || (hasJumps && jumps.has(t));
    if (changed) {
      const y = scratch.slice();
      if (saveAt === 'steps') {
        rows.add(t, records.at(-1)!.y);
        if (status === undefined) rows.add(t, y);
      }
      afterJump = 0;
      stepper.start(t, y);
    } else {
      stepper.advance();
      // And the next one begins just after the jump.
      afterJump = past ? direction * 2 * Number.EPSILON * Math.abs(t) : 0;
      if (past) stepper.start(t + afterJump, stepper.y.slice());
      if (saveAt === 'steps') rows.add(t, stepper.y);
    }
    if (past && status === undefined) {
      controller.forget();
      segment.left = 0;
      if (!fixed && t !== t1) length = chooseStep();
      eventValues = events.map((event) => event.value(t, stepper.y));
    } else eventValues = after;
    if (t === goal) target++;
    if (onStep && onStep({ t, y: stepper.y, h: t - tBefore }) === false && status === undefined) {
      status = 'stopped';
      message = `${method.name}: stopped by onStep at t = ${t}`;
    }
    if (onProgress) {
      const share = Math.abs((t - t0) / (t1 - t0));
      if (share - progress >= 0.01 || t === t1) {
        progress = share;
        onProgress(share);
      }
    }
    if (status !== undefined) return finish();
  }
  status = 'finished';
  message = `${method.name}: reached t = ${t} in ${statistics.steps} steps`;
  return finish();
}
