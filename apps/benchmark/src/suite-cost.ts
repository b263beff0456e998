/**
 * How long a suite takes: t = t₀ + ⌈N/w⌉ t₁ on w processes that are always busy, with t₀ for start and merging. Measured with
 * two suites of different length, it says what longer ones and clusters need.
 */

/** Cost on one machine. */
export interface SuiteCost {
  /** Processes w that simulate at once. */
  readonly workers: number;
  /** t₀, s. */
  readonly startUp: number;
  /** t₁, s: one simulation on one of w busy processes. */
  readonly each: number;
}

/**
 * The cost out of a suite of one simulation a process and of a longer one.
 *
 * @param first seconds of `workers` simulations
 * @param whole seconds of `count` simulations
 */
export function suiteCost(first: number, whole: number, count: number, workers: number): SuiteCost {
  const rounds = Math.ceil(count / workers);
  if (rounds < 2) throw new RangeError(`${count} simulations on ${workers} processes: give two or more each`);
  const each = (whole - first) / (rounds - 1);
  return { workers, startUp: Math.max(0, first - each), each };
}

/** Seconds of a suite on a number of such machines, each with its share of the rows. */
export function suiteSeconds({ workers, startUp, each }: SuiteCost, count: number, machines = 1): number {
  return startUp + Math.ceil(count / (workers * machines)) * each;
}
