/** What a solve gives back; failures are told by its status, with everything up to there kept. */
import type { DenseOutput } from './dense-output.ts';
import type { EventRecord } from './events.ts';
import type { Statistics } from './types.ts';

/**
 * How a solve ended. 'finished': at the last time; 'event': at an event that stops; 'stopped': `onStep` said so.
 * The others are failures.
 */
export type SolveStatus =
  | 'finished'
  | 'event'
  | 'stopped'
  | 'too-many-steps'
  | 'step-too-small'
  | 'not-finite';

/** A solution, whole or up to where it failed. */
export interface OdeSolution {
  readonly status: SolveStatus;
  /** True for 'finished', 'event' and 'stopped'. */
  readonly success: boolean;
  /** One line: how it ended, where, and what to do where it failed. */
  readonly message: string;
  /** The times kept. */
  readonly t: Float64Array;
  /** The states at these times, row-major [t.length, n]. */
  readonly y: Float64Array;
  /** Number of components n. */
  readonly dimension: number;
  /** The state at t[index], a view; negative indices count from the end. */
  state(index: number): Float64Array;
  /** Where the solve ended: the last time reached and the state there. */
  readonly end: { readonly t: number; readonly y: Float64Array };
  readonly events: readonly EventRecord[];
  /** Present with the option `dense`. */
  readonly dense?: DenseOutput;
  readonly statistics: Statistics;
}

/** Rows of times and states that grow. */
export interface Rows {
  add(t: number, y: Float64Array): void;
  times(): Float64Array;
  states(): Float64Array;
}

/** An empty list of rows, with room for so many before it grows. */
export function growingRows(dimension: number, room = 16): Rows {
  let capacity = Math.max(1, room);
  let count = 0;
  let times = new Float64Array(capacity);
  let states = new Float64Array(capacity * dimension);
  return {
    add(t, y) {
      if (count === capacity) {
        capacity *= 2;
        const [moreTimes, moreStates] = [new Float64Array(capacity), new Float64Array(capacity * dimension)];
        moreTimes.set(times);
        moreStates.set(states);
        [times, states] = [moreTimes, moreStates];
      }
      times[count] = t;
      states.set(y, count * dimension);
      count++;
    },
    times: () => (count === capacity ? times : times.slice(0, count)),
    states: () => (count === capacity ? states : states.slice(0, count * dimension)),
  };
}
