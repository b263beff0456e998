/** `pnpm bench`: times equiflow side by side with named peers. See `--help` and the README. */
import { access, constants, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type BenchmarkCase, selectCases } from './case.ts';
import { CASES } from './cases.ts';
import { afterwards, describeMachine, machineLine } from './machine.ts';
import { type Effort, measure } from './measure.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { launcher, npmVersion, pythonPeers } from './processes.ts';
import { profilePlan, profileTable } from './profile.ts';
import { type CaseResult, runCase } from './run.ts';
import { FEWEST_PROCESSES } from './statistics.ts';
import { markdownTable, report } from './table.ts';

const FULL: Effort = { warmUpRuns: 3, warmUpSeconds: 0.3, fewestRuns: 5, seconds: 2 };
const QUICK: Effort = { warmUpRuns: 2, warmUpSeconds: 0, fewestRuns: 2, seconds: 0.2 };

async function installedPeers(options: Options): Promise<ReadonlyMap<string, string>> {
  if (options.peers === 'none') return new Map();
  const found = new Map<string, string>();
  try {
    for (const [name, version] of await pythonPeers(options.peers.python)) found.set(name, version);
  } catch (error) {
    if (options.peers.named) throw error;
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

async function refuseUnwritable(file: string): Promise<void> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch {
    throw new Error(`--json ${file}: its folder does not exist or cannot be written; make it first`);
  }
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
  if (options.json !== undefined) await refuseUnwritable(options.json);
  const installed = await installedPeers(options);
  const machine = describeMachine();
  const progress = (line: string): void => console.error(line);
  progress(machineLine(machine));
  const launch = launcher(
    options.quick ? QUICK : FULL,
    options.peers === 'none' ? undefined : options.peers.python,
  );
  const processes = options.quick ? 1 : FEWEST_PROCESSES;
  const results: CaseResult[] = [];
  for (const one of cases) results.push(await runCase(one, { processes, installed, launch, progress }));
  const finished = afterwards(machine);
  console.log(report(finished, results, !options.quick));
  if (options.json !== undefined) {
    const whole = {
      machine: finished,
      quick: options.quick,
      peers: Object.fromEntries(installed),
      cases: results,
    };
    await writeFile(`${options.json}.partial`, `${JSON.stringify(whole, undefined, 2)}\n`);
    await rename(`${options.json}.partial`, options.json);
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
