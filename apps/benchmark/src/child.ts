/**
 * One measurement of a Node side, in this process: `child.js CASE NAME --threads T …`. Prints one JSON object, the
 * `Sample`, as the last line of stdout. Started by `processes.ts`; takes the same arguments as `peers/peers.py`.
 */
import { parseArgs } from 'node:util';
import { OURS, type SetUp } from './case.ts';
import { CASES } from './cases.ts';
import { type Effort, measure, peakMemory, type Sample } from './measure.ts';
import { npmVersion } from './processes.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    'warm-up-runs': { type: 'string', default: '3' },
    'warm-up-seconds': { type: 'string', default: '0.3' },
    'fewest-runs': { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
  },
});
const [id, name] = positionals;
const effort: Effort = {
  warmUpRuns: Number(values['warm-up-runs']),
  warmUpSeconds: Number(values['warm-up-seconds']),
  fewestRuns: Number(values['fewest-runs']),
  seconds: Number(values.seconds),
};

function setUpOf(): SetUp {
  const chosen = CASES.find((one) => one.id === id);
  if (chosen === undefined) throw new Error(`no case ${id}`);
  if (name === OURS) return chosen.setUp;
  const peer = chosen.peers.find((one) => one.name === name);
  if (peer === undefined || peer.kind !== 'node') throw new Error(`case ${id} has no Node peer ${name}`);
  return peer.setUp;
}

const setUp = setUpOf();
const baselineBytes = peakMemory();
const workload = await setUp(Number(values.threads));
const times = await measure(workload, effort);
const peakBytes = peakMemory();
const version = npmVersion(name === OURS ? '@equiflow/tensor' : name!) ?? 'unknown';
const sample: Sample = {
  times,
  version: `${version}, Node ${process.versions.node}`,
  peakBytes,
  baselineBytes,
  ...(workload.bytes === undefined ? {} : { arrayBytes: workload.bytes() }),
  ...(workload.error === undefined ? {} : { error: workload.error() }),
};
await workload.close?.();
process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit(0));
