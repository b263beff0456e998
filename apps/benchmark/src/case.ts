/**
 * A benchmark case as data: what is run, against whom, and what the project asks of itself. Everything else in this
 * app (processes, statistics, tables) works on these objects and knows none of them by name.
 */

import type { WasmExecutable } from '@equiflow/tensor-wasm';

/** One thing to time, set up in a process of its own. */
export interface Workload {
  /** The timed work: everything it needs is allocated and compiled already. */
  run(): void | Promise<void>;
  /** Bytes that the case's arrays and plans hold, where that is known exactly; asked for after the timing. */
  bytes?(): number;
  /** Throws when the results are wrong. Called once, untimed, after the warm-up. */
  check?(): void | Promise<void>;
  /** How far the results are from the truth, in units that every side of the case shares; asked for after the timing. */
  error?(): number;
  /** The plan that `run` runs (of one chunk, where workers share a batch), run once: for `--profile`. */
  executable?(): WasmExecutable;
  /** Ends workers and the like. */
  close?(): void | Promise<void>;
}

/** Sets a workload up for a number of threads (workers). */
export type SetUp = (threads: number) => Workload | Promise<Workload>;

/** A peer that runs in Node. */
export interface NodePeer {
  readonly kind: 'node';
  /** npm name; its version is read from the installed package. */
  readonly name: string;
  readonly setUp: SetUp;
  readonly threads: readonly number[];
}

/** A peer that runs in Python (the last two are the code of a repository, see `--peers`), through `peers/peers.py`, which has the same case under the same id. */
export interface PythonPeer {
  readonly kind: 'python';
  readonly name: 'scipy' | 'pyfftw' | 'torch' | 'torchdiffeq' | 'jax' | 'jaxpm' | 'egnn' | 'en_flows';
  readonly threads: readonly number[];
}

export type Peer = NodePeer | PythonPeer;

/** What the project asks of itself against one peer. */
export interface Target {
  readonly peer: string;
  /** Compare with the peer on this number of threads only; its best otherwise. */
  readonly threads?: number;
  readonly quantity: 'time' | 'memory' | 'error';
  /** Peer's figure over ours must be at least this; no limit when left out. */
  readonly atLeast?: number;
  /** The ratio aimed at beyond the limit. */
  readonly goal?: number;
}

export interface BenchmarkCase {
  /** Short, lower case, words joined by `-`; the Python peers know the case by it. */
  readonly id: string;
  readonly title: string;
  readonly setUp: SetUp;
  /** Numbers of threads that our own side is tried with. */
  readonly threads: readonly number[];
  readonly peers: readonly Peer[];
  readonly targets: readonly Target[];
  /** Cases of one series share a name and grow with `size`; exponents are fitted over them. */
  readonly series?: { readonly name: string; readonly size: number };
}

/** The name under which our own side is listed. */
export const OURS = 'equiflow';

/**
 * The cases whose id matches a pattern: a plain word matches anywhere in the id, `*` stands for any characters.
 *
 * @throws Error in one line when nothing matches.
 */
export function selectCases(
  cases: readonly BenchmarkCase[],
  pattern: string | undefined,
): readonly BenchmarkCase[] {
  if (pattern === undefined) return cases;
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  const expression = new RegExp(pattern.includes('*') ? `^${source}$` : source);
  const chosen = cases.filter((one) => expression.test(one.id));
  if (chosen.length === 0) {
    throw new Error(`--case ${pattern}: no case has such an id; see --list`);
  }
  return chosen;
}
