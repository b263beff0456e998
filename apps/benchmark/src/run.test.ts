import { describe, expect, it } from 'vitest';
import { type BenchmarkCase, selectCases } from './case.ts';
import type { Contender } from './contender.ts';
import type { Sample } from './measure.ts';
import { measure } from './measure.ts';
import { best, type CaseResult, runCase } from './run.ts';
import { caseTable, report, seriesRows } from './table.ts';

const MEBIBYTE = 2 ** 20;

function fake(id: string, more: Partial<BenchmarkCase> = {}): BenchmarkCase {
  return {
    id,
    title: `The case ${id}`,
    setUp: () => ({ run() {} }),
    threads: [1, 2],
    peers: [
      { kind: 'python', name: 'torch', threads: [1, 2] },
      { kind: 'python', name: 'jax', threads: [1] },
    ],
    targets: [
      { peer: 'torch', quantity: 'time', atLeast: 5, goal: 10 },
      { peer: 'torch', threads: 1, quantity: 'time', atLeast: 5 },
      { peer: 'torch', quantity: 'memory', atLeast: 2 },
      { peer: 'jax', quantity: 'time', atLeast: 1 },
    ],
    ...more,
  };
}

/** Replays times by `name/threads`, one list a process; a string is an error. */
async function replay(
  one: BenchmarkCase,
  script: Record<string, readonly (number[] | string)[]>,
): Promise<CaseResult> {
  const round = new Map<string, number>();
  const launch = async (contender: Contender): Promise<Sample> => {
    const key = `${contender.name}/${contender.threads}`;
    const turn = round.get(key) ?? 0;
    round.set(key, turn + 1);
    const times = script[key]![turn]!;
    if (typeof times === 'string') throw new Error(times);
    const peak = contender.name === 'torch' ? 300 : 100;
    return { times, version: '1.0', peakBytes: (peak + turn) * MEBIBYTE, baselineBytes: 50 * MEBIBYTE };
  };
  const installed = new Map([['torch', '1.0']]);
  return runCase(one, { processes: 3, installed, launch, progress: () => {} });
}

const STEADY = {
  'equiflow/1': [[4, 5], [4.1], [4.2]],
  'equiflow/2': [[2, 3], [2.1], [2.2]],
  'torch/1': [[30], [31], [29]],
  'torch/2': [[12], [11], [13]],
};

describe('runCase', () => {
  it('compares errors where the sides tell theirs', async () => {
    const one = fake('a', {
      threads: [1],
      peers: [{ kind: 'python', name: 'torch', threads: [1] }],
      targets: [{ peer: 'torch', quantity: 'error', atLeast: 1 }],
    });
    const run = (ours: number) =>
      runCase(one, {
        processes: 3,
        installed: new Map([['torch', '1.0']]),
        launch: async ({ name }) => ({
          times: [1],
          version: '1.0',
          peakBytes: 1,
          baselineBytes: 1,
          error: name === 'torch' ? 2e-6 : ours,
        }),
        progress: () => {},
      });
    expect((await run(1e-6)).judgements).toMatchObject([{ ratio: 2, verdict: 'met' }]);
    expect((await run(4e-6)).judgements).toMatchObject([{ ratio: 0.5, verdict: 'missed' }]);
    expect(caseTable(await run(1e-6))).toMatch(/error.*\n.*\n.*1\.0e-6/);
  });

  it('takes each side at its best number of threads', async () => {
    const result = await replay(fake('a'), STEADY);
    expect(best(result.measured, 'equiflow')?.threads).toBe(2);
    expect(best(result.measured, 'torch')?.time.minimum).toBe(11);
    expect(best(result.measured, 'torch', 1)?.time.minimum).toBe(29);
    expect(result.judgements.map((one) => [one.ratio, one.verdict])).toEqual([
      [5.5, 'met'],
      [14.5, 'met'],
      [3, 'met'],
    ]);
    expect(result.notInstalled).toEqual(['jax']);
  });

  it('does not let a slower steady measurement of a peer stand in for its unsteady best', async () => {
    const result = await replay(fake('a'), { ...STEADY, 'torch/2': [[10], [16], [10]] });
    expect(result.judgements[0]).toMatchObject({ ratio: 5, verdict: 'not measurable' });
    expect(result.judgements[1]).toMatchObject({ verdict: 'met' });
    expect(caseTable(result)).toContain('not measurable');
  });

  it('stands up with a slower steady measurement of our own side', async () => {
    const result = await replay(fake('a'), { ...STEADY, 'equiflow/2': [[1], [2], [3]] });
    expect(result.judgements[0]).toMatchObject({ ratio: 11 / 4, verdict: 'missed' });
  });

  it('reports a side that fails and goes on', async () => {
    const result = await replay(fake('a'), {
      ...STEADY,
      'torch/2': [[10], 'out of memory\nat line 3', [10]],
    });
    expect(result.failed).toEqual([{ name: 'torch', threads: 2, message: 'out of memory' }]);
    expect(best(result.measured, 'torch')?.time.minimum).toBe(29);
  });
});

describe('report', () => {
  it('has a row a side, the versions, the peers that are missing, and the verdicts', async () => {
    const machine = {
      cpu: 'A CPU',
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      node: '20.0.0',
      platform: 'linux x64',
      load: [0.5, 1.25] as const,
      date: '2026-01-02T03:04:05.000Z',
    };
    const text = report(machine, [await replay(fake('a'), STEADY)], true);
    expect(text).toContain(
      'A CPU, 2 cores, 8 GiB, linux x64, Node 20.0.0, load 0.50 before and 1.25 after, 2026-01-02 03:04 UTC',
    );
    expect(text).toMatch(/\| torch 1\.0 +\| +2 \| +11\.0 \| +12\.0 \| +1\.18 \| +300 \| +50 \| +5\.50 × \|/);
    expect(text).toContain('jax: not installed');
    expect(text).toMatch(/time of torch at its best \/ ours ≥ 5, goal 10 \| +5\.50 \| met +\|/);
    expect(report(machine, [await replay(fake('a'), STEADY)], false)).toContain('quick run: no verdict');
  });

  it('fits exponents over a series', async () => {
    const results = await Promise.all(
      [32, 64, 128].map((size) =>
        replay(fake(`s-${size}`, { series: { name: 's', size } }), {
          ...STEADY,
          'equiflow/2': [[size ** 2 / 1e4], [size ** 2 / 1e4], [size ** 2 / 1e4]],
        }),
      ),
    );
    expect(seriesRows(results)[0]).toEqual([
      's',
      'equiflow',
      '32 to 128',
      '2.00',
      '2.00',
      'none',
      'beyond the smallest',
      'yes',
    ]);
  });
});

describe('selectCases', () => {
  const cases = [fake('fft-64'), fake('fft-128'), fake('rqs-8')];
  it.each([
    ['fft', ['fft-64', 'fft-128']],
    ['*8', ['fft-128', 'rqs-8']],
    [undefined, ['fft-64', 'fft-128', 'rqs-8']],
  ])('takes %s', (pattern, ids) => {
    expect(selectCases(cases, pattern).map((one) => one.id)).toEqual(ids);
  });
  it('says when nothing matches', () => {
    expect(() => selectCases(cases, 'fft.64')).toThrow('--case fft.64: no case has such an id; see --list');
  });
});

describe('measure', () => {
  it('warms up, checks once, then times', async () => {
    const calls: string[] = [];
    const times = await measure(
      { run: () => void calls.push('run'), check: () => void calls.push('check') },
      { warmUpRuns: 2, warmUpSeconds: 0, fewestRuns: 3, seconds: 0 },
    );
    expect(times).toHaveLength(3);
    expect(calls).toEqual(['run', 'run', 'check', 'run', 'run', 'run']);
  });
});
