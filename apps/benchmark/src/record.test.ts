import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeMachine } from './machine.ts';
import { type RunRecord, refuseUnwritable, unfinished, writeRecord } from './record.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'equiflow-record-'));
});
afterEach(() => rm(folder, { recursive: true }));

const measured = { id: 'a', title: 'A', measured: [], failed: [], notInstalled: [], judgements: [] };
const record = (more: Partial<RunRecord> = {}): RunRecord => ({
  machine: describeMachine(),
  quick: false,
  peers: { scipy: '1.16' },
  complete: false,
  cases: [measured],
  ...more,
});

it('keeps the cases of an interrupted run, and begins a complete one anew', async () => {
  const file = join(folder, 'run.json');
  expect(await unfinished(file, record())).toEqual([]);
  await writeRecord(file, record());
  expect(await unfinished(file, record())).toEqual([measured]);
  await writeRecord(file, record({ complete: true }));
  expect(await unfinished(file, record())).toEqual([]);
  expect(await readdir(folder)).toEqual(['run.json']);
});

it('does not mix what was measured under other conditions', async () => {
  const file = join(folder, 'run.json');
  await writeRecord(file, record());
  await expect(unfinished(file, record({ quick: true }))).rejects.toThrow(
    /another effort \(full; now --quick\)/,
  );
  await expect(unfinished(file, record({ peers: {} }))).rejects.toThrow(
    /another peers \(scipy 1\.16; now none\)/,
  );
  const machine = { ...describeMachine(), cpu: 'another' };
  await expect(unfinished(file, record({ machine }))).rejects.toThrow(/another machine/);
});

it('refuses a file that is something else, and a folder that is not there', async () => {
  const file = join(folder, 'notes.json');
  await writeFile(file, '{"cases": []}');
  await expect(unfinished(file, record())).rejects.toThrow(
    /not a record of this benchmark; name another file/,
  );
  await expect(refuseUnwritable(join(folder, 'nowhere', 'run.json'))).rejects.toThrow(/make it first/);
});
