/**
 * Statistics of repeated timings on a shared machine. The minimum is what the work costs; everything above it is
 * what else the machine did. One process can be unlucky from start to end (where its memory landed, which core it
 * got), so several processes are compared by their minima: where those differ by more than a factor `MEASURABLE`,
 * the row says "not measurable" and nothing is concluded from it.
 */

/** Largest ratio between the slowest and the fastest process's minimum at which a row still counts. */
export const MEASURABLE = 1.5;

/** Fewest processes from which anything is concluded. */
export const FEWEST_PROCESSES = 3;

export interface Summary {
  /** Smallest time of all processes, in milliseconds. */
  readonly minimum: number;
  /** Median over all repeats of all processes, in milliseconds. */
  readonly median: number;
  /** Slowest over fastest process minimum, ≥ 1. */
  readonly spread: number;
  readonly processes: number;
  readonly repeats: number;
  /** At least `FEWEST_PROCESSES` processes and a spread of at most `MEASURABLE`. */
  readonly measurable: boolean;
}

/** Median of a non-empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median of an empty list');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Summarises timings.
 *
 * @param processes one list of times in milliseconds a process, none empty.
 */
export function summarise(processes: readonly (readonly number[])[]): Summary {
  if (processes.length === 0 || processes.some((times) => times.length === 0)) {
    throw new RangeError('summarise: needs at least one time from every process');
  }
  const minima = processes.map((times) => times.reduce((a, b) => Math.min(a, b)));
  const all = processes.flat();
  const minimum = Math.min(...minima);
  const spread = Math.max(...minima) / minimum;
  return {
    minimum,
    median: median(all),
    spread,
    processes: processes.length,
    repeats: all.length,
    measurable: processes.length >= FEWEST_PROCESSES && spread <= MEASURABLE,
  };
}

/** What may be said of a ratio (peer over ours) against a target. */
export type Verdict = 'goal' | 'met' | 'short of the goal' | 'missed' | 'not measurable';

/**
 * Judges a ratio. A row that is not measurable on either side is never a win, nor a loss.
 */
export function judge(
  ratio: number,
  target: { readonly atLeast?: number; readonly goal?: number },
  measurable: boolean,
): Verdict {
  if (!measurable || !Number.isFinite(ratio)) return 'not measurable';
  if (target.goal !== undefined && ratio >= target.goal) return 'goal';
  if (target.atLeast === undefined) return 'short of the goal';
  return ratio >= target.atLeast ? 'met' : 'missed';
}

/**
 * Exponent p of y = c xᵖ by least squares in the logarithms.
 *
 * @param x sizes, positive, at least two different ones.
 * @param y costs, positive.
 */
export function fitExponent(x: readonly number[], y: readonly number[]): number {
  if (x.length !== y.length || new Set(x).size < 2) {
    throw new RangeError('fitExponent: needs as many costs as sizes, and two different sizes');
  }
  if ([...x, ...y].some((value) => !(value > 0)))
    throw new RangeError('fitExponent: sizes and costs are positive');
  const u = x.map(Math.log);
  const v = y.map(Math.log);
  const meanU = u.reduce((a, b) => a + b) / u.length;
  const meanV = v.reduce((a, b) => a + b) / v.length;
  let numerator = 0;
  let denominator = 0;
  u.forEach((value, i) => {
    numerator += (value - meanU) * (v[i]! - meanV);
    denominator += (value - meanU) ** 2;
  });
  return numerator / denominator;
}
