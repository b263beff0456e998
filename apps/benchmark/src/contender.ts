/** Who takes part in a case: our side and each peer, once for every number of threads it is tried with. */
import { type BenchmarkCase, OURS } from './case.ts';
import type { Sample } from './measure.ts';

/** One side of a case on a number of threads. */
export interface Contender {
  readonly caseId: string;
  readonly name: string;
  readonly kind: 'equiflow' | 'node' | 'python';
  readonly threads: number;
}

/** What this machine has of the peers: versions by name; a peer that is not here is not installed. */
export type Installed = ReadonlyMap<string, string>;

/** Measures a contender once, in a process of its own. */
export type Launch = (contender: Contender) => Promise<Sample>;

/** All contenders of a case, ours first, peers only where installed. */
export function contenders(one: BenchmarkCase, installed: Installed): readonly Contender[] {
  const list: Contender[] = one.threads.map((threads) => ({
    caseId: one.id,
    name: OURS,
    kind: 'equiflow',
    threads,
  }));
  for (const peer of one.peers) {
    if (!installed.has(peer.name)) continue;
    for (const threads of peer.threads)
      list.push({ caseId: one.id, name: peer.name, kind: peer.kind, threads });
  }
  return list;
}
