/** `pnpm bench`: times equiflow side by side with named peers. See `--help` and the README. */
import { type BenchmarkCase, selectCases } from './case.ts';
import { CASES } from './cases.ts';
import { afterwards, describeMachine, machineLine } from './machine.ts';
import { type Effort, measure } from './measure.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { launcher, npmVersion, pythonPeers } from './processes.ts';
import { profilePlan, profileTable } from './profile.ts';
import { refuseUnwritable, unfinished, writeRecord } from './record.ts';
import { type CaseResult, runCase } from './run.ts';
import { FEWEST_PROCESSES } from './statistics.ts';
import { markdownTable, report } from './table.ts';

const FULL: Effort = { warmUpRuns: 3, warmUpSeconds: 0.3, fewestRuns: 5, seconds: 2 };
const QUICK: Effort = { warmUpRuns: 2, warmUpSeconds: 0, fewestRuns: 2, seconds: 0.2 };

async function installedPeers(options: Options): Promise<ReadonlyMap<string, string>> {
  if (options.peers === 'none') return new Map();
  const found = new Map<string, string>();
  try {
    for (const [name, version] of await pythonPeers(options.peers)) found.set(name, version);
  } catch (error) {
    if (options.peers.named || Object.keys(options.peers.repositories).length > 0) throw error;
    console.error('no python3 that runs: the Python peers are left out');
  }
  const names = new Set(
    CASES.flatMap((one) => one.peers.filter((peer) => peer.kind === 'node').map((peer) => peer.name)),
  );
  for (const name of names) {
    const version = npmVersion(name);
    if (version !== undefined) found.set(name, version);
  }
  return found;
}

async function profileCase(one: BenchmarkCase): Promise<void> {
  const workload = await one.setUp(1);
  try {
    const times = await measure(workload, QUICK);
    console.log(`### ${one.title} (\`${one.id}\`): ${Math.min(...times).toPrecision(3)} ms on one thread\n`);
    console.log(
      workload.executable === undefined
        ? 'This case compiles no plan: nothing to profile.\n'
        : `${profileTable(profilePlan(workload.executable(), 10))}\n`,
    );
  } finally {
    await workload.close?.();
  }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const cases = selectCases(CASES, options.case);
  if (options.list) {
    const rows = cases.map((one) => [one.id, one.title, one.peers.map((peer) => peer.name).join(', ')]);
    console.log(markdownTable(['case', 'what', 'peers'], rows));
    return;
  }
  if (options.profile) {
    for (const one of cases) await profileCase(one);
    return;
  }
  const { json } = options;
  if (json !== undefined) await refuseUnwritable(json);
  const installed = await installedPeers(options);
  const machine = describeMachine();
  const setting = { machine, quick: options.quick, peers: Object.fromEntries(installed) };
  const before = json === undefined ? [] : await unfinished(json, setting);
  const progress = (line: string): void => console.error(line);
  progress(machineLine(machine));
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort()).once('SIGTERM', () => interruption.abort());
  const launch = launcher(options.quick ? QUICK : FULL, options.peers, interruption.signal);
  const processes = options.quick ? 1 : FEWEST_PROCESSES;
  const results: CaseResult[] = [];
  for (const one of cases) {
    const kept = before.find((result) => result.id === one.id);
    if (kept !== undefined) progress(`${one.id}: kept from the run that was interrupted`);
    const result = kept ?? (await runCase(one, { processes, installed, launch, progress }));
    if (interruption.signal.aborted) break;
    results.push(result);
    if (json !== undefined) {
      const complete = results.length === cases.length;
      await writeRecord(json, { ...setting, machine: afterwards(machine), complete, cases: results });
    }
  }
  console.log(report(afterwards(machine), results, !options.quick));
  if (interruption.signal.aborted) {
    const rest = json === undefined ? '' : '; the same command goes on from there';
    console.error(`benchmark: interrupted after ${results.length} of ${cases.length} cases${rest}`);
    process.exitCode = 130;
    return;
  }
  if (results.some((result) => result.failed.length > 0)) {
    console.error('benchmark: some sides failed; their rows say why');
    process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  console.error(`benchmark: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
