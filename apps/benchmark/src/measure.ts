/**
 * Times one workload in this process: warm-up, then repeats until a time is used up. What came out is what a child
 * process prints for the parent, and what `peers/peers.py` prints too.
 */
import { readFileSync } from 'node:fs';
import type { Workload } from './case.ts';

/** How long one process measures. */
export interface Effort {
  /** Untimed runs before the first timed one, at least. */
  readonly warmUpRuns: number;
  /** Untimed running before the first timed run, at least, in seconds. */
  readonly warmUpSeconds: number;
  /** Fewest timed runs. */
  readonly fewestRuns: number;
  /** Timed running, at least, in seconds. */
  readonly seconds: number;
}

/** What one process measured. */
export interface Sample {
  /** Milliseconds of each timed run. */
  readonly times: readonly number[];
  /** Version of what was measured, with the runtime where that matters. */
  readonly version: string;
  /** Peak resident memory of the process, in bytes. */
  readonly peakBytes: number;
  /** The same before the case was set up: the runtime and its libraries. */
  readonly baselineBytes: number;
  /** Bytes that the case's arrays and plans hold, where the workload says so. */
  readonly arrayBytes?: number;
  /** How far the results are from the truth, where the workload says so. */
  readonly error?: number;
}

/**
 * Peak resident memory of this process so far, in bytes. On Linux `VmHWM`, which starts anew with the program, where
 * `ru_maxrss` starts at the size of the process that started it; elsewhere `ru_maxrss`.
 */
export function peakMemory(): number {
  if (process.platform === 'linux') {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line !== null) return Number(line[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Runs a workload and returns the milliseconds of each timed run. */
export async function measure(workload: Workload, effort: Effort): Promise<number[]> {
  const timeOne = async (): Promise<number> => {
    const start = performance.now();
    const pending = workload.run();
    if (pending !== undefined) await pending;
    return performance.now() - start;
  };
  let spent = 0;
  for (let run = 0; run < effort.warmUpRuns || spent < effort.warmUpSeconds * 1000; run++)
    spent += await timeOne();
  if (workload.check !== undefined) await workload.check();
  const times: number[] = [];
  spent = 0;
  while (times.length < effort.fewestRuns || spent < effort.seconds * 1000) {
    const time = await timeOne();
    times.push(time);
    spent += time;
  }
  return times;
}
