/**
 * Runs cases: every contender of a case once a round, round after round, so that what else the machine does falls on
 * all of them alike; then takes each side at its best number of threads and judges the ratios.
 */
import { type BenchmarkCase, OURS, type Target } from './case.ts';
import { contenders, type Installed, type Launch } from './contender.ts';
import type { Sample } from './measure.ts';
import { judge, type Summary, summarise, type Verdict } from './statistics.ts';

/** One side of a case on one number of threads, measured. */
export interface Measured {
  readonly name: string;
  readonly threads: number;
  readonly version: string;
  readonly time: Summary;
  /** Smallest peak memory of its processes, in bytes, and the same before the case was set up. */
  readonly peakBytes: number;
  readonly baselineBytes: number;
  readonly arrayBytes?: number;
  readonly error?: number;
}

export interface Failure {
  readonly name: string;
  readonly threads: number;
  readonly message: string;
}

/** A target with what came of it. */
export interface Judgement {
  readonly target: Target;
  /** The peer's figure over ours: above 1 where ours is smaller. */
  readonly ratio: number;
  readonly verdict: Verdict;
}

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly series?: BenchmarkCase['series'];
  readonly measured: readonly Measured[];
  readonly failed: readonly Failure[];
  readonly notInstalled: readonly string[];
  readonly judgements: readonly Judgement[];
}

export interface RunSettings {
  readonly processes: number;
  readonly installed: Installed;
  readonly launch: Launch;
  /** Told what is about to be measured. */
  readonly progress: (line: string) => void;
}

/** Runs one case. A contender that fails is reported and not tried again. */
export async function runCase(one: BenchmarkCase, settings: RunSettings): Promise<CaseResult> {
  const all = contenders(one, settings.installed);
  const samples = all.map((): Sample[] => []);
  const failed: Failure[] = [];
  const out = new Set<number>();
  for (let round = 1; round <= settings.processes; round++) {
    for (const [index, contender] of all.entries()) {
      if (out.has(index)) continue;
      const label = `${one.id} ${contender.name} on ${contender.threads}, process ${round} of ${settings.processes}`;
      try {
        const sample = await settings.launch(contender);
        samples[index]!.push(sample);
        settings.progress(`${label}: ${Math.min(...sample.times).toPrecision(4)} ms`);
      } catch (error) {
        const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
        out.add(index);
        failed.push({ name: contender.name, threads: contender.threads, message });
        settings.progress(`${label}: failed: ${message}`);
      }
    }
  }
  const measured = all.flatMap((contender, index) => {
    if (out.has(index)) return [];
    return [collect(contender.name, contender.threads, samples[index]!)];
  });
  return {
    id: one.id,
    title: one.title,
    ...(one.series === undefined ? {} : { series: one.series }),
    measured,
    failed,
    notInstalled: one.peers.filter((peer) => !settings.installed.has(peer.name)).map((peer) => peer.name),
    judgements: one.targets.flatMap((target) => judgeTarget(target, measured)),
  };
}

function collect(name: string, threads: number, samples: readonly Sample[]): Measured {
  const first = samples[0]!;
  return {
    name,
    threads,
    version: first.version,
    time: summarise(samples.map((sample) => sample.times)),
    peakBytes: Math.min(...samples.map((sample) => sample.peakBytes)),
    baselineBytes: Math.min(...samples.map((sample) => sample.baselineBytes)),
    ...(first.arrayBytes === undefined ? {} : { arrayBytes: first.arrayBytes }),
    ...(first.error === undefined ? {} : { error: first.error }),
  };
}

/**
 * A side at its best over its numbers of threads: the smallest time. A fast but unsteady measurement of a peer stays its
 * best one, and makes the comparison not measurable, rather than giving way to a slower steady one.
 */
export function best(measured: readonly Measured[], name: string, threads?: number): Measured | undefined {
  return measured
    .filter((one) => one.name === name && (threads === undefined || one.threads === threads))
    .reduce<Measured | undefined>(
      (a, b) => (a === undefined || b.time.minimum < a.time.minimum ? b : a),
      undefined,
    );
}

/** What we stand up with: our best steady measurement, which may be slower than an unsteady one; else our best. */
export function ourBest(measured: readonly Measured[]): Measured | undefined {
  const steady = measured.filter((one) => one.time.measurable);
  return best(steady, OURS) ?? best(measured, OURS);
}

function judgeTarget(target: Target, measured: readonly Measured[]): readonly Judgement[] {
  const ours = ourBest(measured);
  const peer = best(measured, target.peer, target.threads);
  if (ours === undefined || peer === undefined) return [];
  if (target.quantity === 'memory') {
    const ratio = peer.peakBytes / ours.peakBytes;
    return [{ target, ratio, verdict: judge(ratio, target, true) }];
  }
  if (target.quantity === 'error') {
    if (ours.error === undefined || peer.error === undefined) return [];
    const ratio = peer.error / ours.error;
    return [{ target, ratio, verdict: judge(ratio, target, true) }];
  }
  const ratio = peer.time.minimum / ours.time.minimum;
  return [{ target, ratio, verdict: judge(ratio, target, ours.time.measurable && peer.time.measurable) }];
}
