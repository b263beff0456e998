/** Events: zeros of a function g(t, y) along the solution, located on the interpolant of the step that has them. */

/** What is looked for. */
export interface OdeEvent {
  /** g(t, y); an event is a zero that it crosses or reaches. NaN ends the solve with status 'not-finite'. */
  readonly value: (t: number, y: Float64Array) => number;
  /** 'rising': from negative to positive only; 'falling': the other way; default both. In the direction of integration. */
  readonly direction?: 'rising' | 'falling' | 'both';
  /**
   * 'record' (default) notes it and goes on; 'stop' ends the solve there; a function changes the state in place and
   * the solve goes on from there, as from a discontinuity.
   */
  readonly action?: 'record' | 'stop' | ((t: number, y: Float64Array) => void);
}

/** One that happened. */
export interface EventRecord {
  /** Which of the events. */
  readonly event: number;
  readonly t: number;
  /** The state there, before any action. */
  readonly y: Float64Array;
}

/** True when g went from `before` to `after` in a way that the event asks for. A zero counts where it is reached. */
export function crosses(event: OdeEvent, before: number, after: number): boolean {
  const rising = before < 0 && after >= 0;
  const falling = before > 0 && after <= 0;
  if (event.direction === 'rising') return rising;
  if (event.direction === 'falling') return falling;
  return rising || falling;
}

/**
 * A zero of g between a and b, where it changes sign, to the last bits of t, by Chandrupatla's method (Adv. Eng.
 * Software 28, 145, 1997): inverse quadratic interpolation where it is safe, bisection elsewhere. Of the last bracket
 * it gives the end where g has its sign of b, that is, just after the crossing.
 */
export function findZero(g: (t: number) => number, a: number, b: number, ga: number, gb: number): number {
  if (gb === 0) return b;
  let [x1, f1, x2, f2] = [b, gb, a, ga];
  let share = 0.5;
  for (let iteration = 0; iteration < 200; iteration++) {
    const x = x1 + share * (x2 - x1);
    const f = g(x);
    let x3 = x2;
    let f3 = f2;
    if (Math.sign(f) === Math.sign(f1)) [x3, f3] = [x1, f1];
    else [x2, f2] = [x1, f1];
    [x1, f1] = [x, f];
    if (f1 === 0) return x1;
    const least = (2 * Number.EPSILON * Math.abs(x1) + Number.MIN_VALUE) / Math.abs(x2 - x1);
    if (!(least < 0.5)) break;
    const phi = (f1 - f2) / (f3 - f2);
    const xi = (x1 - x2) / (x3 - x2);
    share = 0.5;
    if (phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi) {
      share =
        (f1 / (f2 - f1)) * (f3 / (f2 - f3)) + ((x3 - x1) / (x2 - x1)) * (f1 / (f3 - f1)) * (f2 / (f3 - f2));
    }
    share = Math.min(1 - least, Math.max(least, share));
  }
  return Math.sign(f1) === Math.sign(gb) ? x1 : x2;
}
