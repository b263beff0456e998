/**
 * What a run has measured so far, in the file of `--json`: written anew after every case, whole or not at all, so that a run
 * that was interrupted loses the case it was at and no more, and goes on from there when it is started again.
 */
import { access, constants, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Machine } from './machine.ts';
import type { CaseResult } from './run.ts';

/** The contents of the file. */
export interface RunRecord {
  readonly machine: Machine;
  readonly quick: boolean;
  /** Versions of the peers, by name. */
  readonly peers: Readonly<Record<string, string>>;
  /** False until every case of the run has been measured. */
  readonly complete: boolean;
  readonly cases: readonly CaseResult[];
}

/** @throws Error in one line when the folder of the file cannot be written. */
export async function refuseUnwritable(file: string): Promise<void> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
  } catch {
    throw new Error(`--json ${file}: its folder does not exist or cannot be written; make it first`);
  }
}

/** Writes the record whole or not at all. */
export async function writeRecord(file: string, record: RunRecord): Promise<void> {
  await writeFile(`${file}.partial`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${file}.partial`, file);
}

/**
 * The cases that an interrupted run has left in the file: none when there is no file, or a complete one. Cases compare sides
 * among themselves only, so that those of two runs may stand in one file, as long as machine and effort are the same.
 *
 * @throws Error in one line when the file is no record, or one of another machine or effort.
 */
export async function unfinished(
  file: string,
  now: Pick<RunRecord, 'machine' | 'quick' | 'peers'>,
): Promise<readonly CaseResult[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`--json ${file}: cannot be read (${(error as Error).message}); name another file`);
  }
  const record = parse(text);
  if (record === undefined)
    throw new Error(`--json ${file}: is there and is not a record of this benchmark; name another file`);
  if (record.complete) return [];
  const differing = [
    ['machine', record.machine.cpu, now.machine.cpu],
    ['Node', record.machine.node, now.machine.node],
    ['effort', effort(record.quick), effort(now.quick)],
    ['peers', versions(record.peers), versions(now.peers)],
  ].find(([, then, today]) => then !== today);
  if (differing !== undefined) {
    const [what, then, today] = differing;
    throw new Error(
      `--json ${file}: an interrupted run with another ${what} (${then}; now ${today}); remove it or name another file`,
    );
  }
  return record.cases;
}

function parse(text: string): RunRecord | undefined {
  try {
    const read = JSON.parse(text) as Partial<RunRecord>;
    const whole =
      read.machine && read.peers && Array.isArray(read.cases) && typeof read.complete === 'boolean';
    return whole ? (read as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}

const effort = (quick: boolean): string => (quick ? '--quick' : 'full');

const versions = (peers: Readonly<Record<string, string>>): string =>
  Object.entries(peers)
    .map(([name, version]) => `${name} ${version}`)
    .toSorted()
    .join(', ') || 'none';
