/**
 * Starts the processes of a run: one a measurement, so that no measurement inherits the heap, the compiled code or the
 * thread pool of another. Node sides run `child.js`, Python peers run `peers/peers.py`; both print one JSON object.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender, Launch } from './contender.ts';
import type { Effort, Sample } from './measure.ts';
import type { Peers } from './options.ts';

const HERE: string = dirname(fileURLToPath(import.meta.url));
const PEERS_SCRIPT: string = join(HERE, '..', 'peers', 'peers.py');

/** Longest that one measurement may take, in milliseconds. */
const PATIENCE = 300_000;

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

function execute(
  command: string,
  args: readonly string[],
  threads: number,
  interruption?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    if (interruption?.aborted) {
      reject(new Error('interrupted'));
      return;
    }
    const child = spawn(command, args, {
      ...(interruption === undefined ? {} : { signal: interruption, killSignal: 'SIGKILL' }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE', OMP_NUM_THREADS: String(threads) },
    });
    let stdout = '';
    let stderr = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, PATIENCE);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (late) reject(new Error(`took longer than ${PATIENCE / 1000} s`));
      else resolve({ stdout, stderr, code });
    });
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** The line of a failed process that says what went wrong: Node prints it above the stack, Python below. */
function complaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const error = lines.find((line) => /^(\w*Error|Uncaught|error)\b.*:/.test(line.trim()));
  return (error ?? lines.at(-1) ?? '').trim();
}

/** The version of an npm package that this app can import, or undefined. */
export function npmVersion(name: string): string | undefined {
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(name));
  } catch {
    return undefined;
  }
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const read = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (read.name === name) return read.version;
    } catch {
      // No package.json in this folder: look one higher.
    }
  }
  return undefined;
}

/** Tells `peers.py` where the repositories are. */
function repositoryWords({ repositories }: Peers): readonly string[] {
  return Object.entries(repositories).flatMap(([name, path]) => ['--repository', `${name}=${path}`]);
}

/**
 * Which peers a Python has, and which repositories can be run with it, by name.
 *
 * @throws Error in one line when that Python cannot be run, or a named repository is none.
 */
export async function pythonPeers(peers: Peers): Promise<ReadonlyMap<string, string>> {
  const { python } = peers;
  let outcome: Outcome;
  try {
    outcome = await execute(python, [PEERS_SCRIPT, '--versions', ...repositoryWords(peers)], 1);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such program' : String(error);
    throw new Error(`--peers python=${python}: ${reason}; give the path of a Python or --peers none`);
  }
  if (outcome.code !== 0) {
    throw new Error(`--peers python=${python}: ${complaint(outcome.stderr) || `exit code ${outcome.code}`}`);
  }
  const read = JSON.parse(lastLine(outcome.stdout)) as { peers: Record<string, string> };
  return new Map(Object.entries(read.peers));
}

/** Launches contenders as processes. `peers` says where Python peers are; `interruption` kills what runs, and starts no more. */
export function launcher(effort: Effort, peers: Peers | 'none', interruption: AbortSignal): Launch {
  const { python, repositories } =
    peers === 'none'
      ? { python: 'python3', repositories: [] }
      : { ...peers, repositories: repositoryWords(peers) };
  const words = [
    ['--warm-up-runs', effort.warmUpRuns],
    ['--warm-up-seconds', effort.warmUpSeconds],
    ['--fewest-runs', effort.fewestRuns],
    ['--seconds', effort.seconds],
  ].flatMap(([word, value]) => [String(word), String(value)]);
  return async (contender: Contender): Promise<Sample> => {
    const args = [contender.caseId, contender.name, '--threads', String(contender.threads), ...words];
    const outcome =
      contender.kind === 'python'
        ? await execute(python, [PEERS_SCRIPT, ...args, ...repositories], contender.threads, interruption)
        : await execute(process.execPath, [join(HERE, 'child.js'), ...args], contender.threads, interruption);
    if (outcome.code !== 0) throw new Error(complaint(outcome.stderr) || `exit code ${outcome.code}`);
    return JSON.parse(lastLine(outcome.stdout)) as Sample;
  };
}
