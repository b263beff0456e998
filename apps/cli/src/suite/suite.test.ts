/** Suites by the real command: workers, kill -9, shards. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readNpy, readTable } from '@equiflow/io/node';
import { build, defaultServerConditions } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let cache: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-suite-'));
  const modules = resolve(import.meta.dirname, '../../../report/node_modules');
  fs.mkdirSync(join(modules, '.cache'), { recursive: true });
  cache = fs.mkdtempSync(join(modules, '.cache', 'equiflow-suite-'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      external: ['@resvg/resvg-js'],
      resolve: { conditions: ['@equiflow/source', ...defaultServerConditions] },
    },
    build: {
      ssr: true,
      outDir: cache,
      minify: false,
      rollupOptions: {
        input: { main: resolve(import.meta.dirname, '../main.ts') },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  });
}, 60_000);
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(cache, { recursive: true, force: true });
});

const words = (out: string, ...more: string[]): string[] => [
  ...['simulate', '--kind', 'nbody', '--suite', '12', '--spectrum', 'eh98-nowiggle', '--prior'],
  ...['Omega_m:0.1:0.5,sigma_8:0.6:1.0', '--size', '16', '--box', '250', '--depth', '125', '--steps', '4'],
  ...['--maps-per-simulation', '2', '--out', at(out), ...more],
];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(cache, 'main.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout!.on('data', (text: Buffer) => {
    out += text.toString();
  });
  child.stderr!.on('data', (text: Buffer) => {
    error += text.toString();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => done({ code, out, error }));
  });
  return { child, ended };
}
const equiflow = (...args: string[]): Promise<Ended> => start(args).ended;
const bytes = (out: string): Buffer[] =>
  ['maps.npy', 'linear.npy', 'params.txt'].map((name) => fs.readFileSync(at(out, name)));

test('the bytes do not depend on workers, shards, or kill -9; what is there is not made twice', async () => {
  const one = await equiflow(...words('one', '--workers', '1', '--json'));
  expect(one).toMatchObject({ code: 0, error: '' });
  expect(JSON.parse(one.out)).toMatchObject({ simulated: 12, count: 12, names: ['Omega_m', 'sigma_8'] });
  expect(readNpy(at('one', 'maps.npy')).shape).toEqual([24, 16, 16]);
  expect(readTable(at('one', 'params.txt')).rows).toBe(12);
  expect(fs.existsSync(at('one', 'rows'))).toBe(false);

  expect((await equiflow(...words('two', '--workers', '2'))).code).toBe(0);
  expect(bytes('two')).toEqual(bytes('one'));

  // Killed once some rows are there: the parent, and its workers end by themselves.
  const { child, ended } = start(words('killed', '--workers', '2'));
  const made = (): number =>
    fs.existsSync(at('killed', 'rows'))
      ? fs.readdirSync(at('killed', 'rows')).filter((n) => n.endsWith('.npz')).length
      : 0;
  while (made() < 3) await new Promise((done) => setTimeout(done, 5));
  child.kill('SIGKILL');
  await ended;
  expect(fs.existsSync(at('killed', 'maps.npy'))).toBe(false);
  const again = await equiflow(...words('killed', '--workers', '1', '--json'));
  expect((JSON.parse(again.out) as { simulated: number }).simulated).toBeLessThanOrEqual(9);
  expect(bytes('killed')).toEqual(bytes('one'));
  // Complete: nothing is simulated again.
  expect(JSON.parse((await equiflow(...words('killed', '--json'))).out)).toMatchObject({ simulated: 0 });

  const first = await equiflow(...words('shards', '--shard', '1/3', '--workers', '1'));
  expect(first.out).toMatch(/shard 1\/3: 4 simulations made/);
  const early = await equiflow(...words('shards', '--merge'));
  expect(early.code).toBe(2);
  expect(early.error).toMatch(/8 of 12 simulations are missing \(1, 2, 4, 5, 7, 8, 10, 11\)/);
  await Promise.all(
    ['2/3', '3/3'].map((shard) => equiflow(...words('shards', '--shard', shard, '--workers', '1'))),
  );
  expect((await equiflow(...words('shards', '--merge'))).code).toBe(0);
  expect(bytes('shards')).toEqual(bytes('one'));
}, 120_000);

test('one line for what cannot be done', async () => {
  const refused = async (args: string[]): Promise<string> => {
    const { code, error } = await equiflow(...args);
    expect(code).toBe(2);
    expect(error.trim().split('\n').length).toBe(1);
    return error;
  };
  expect(await refused(words('one', '--steps', '9'))).toMatch(/holds a suite with steps = 4, not 9/);
  fs.mkdirSync(at('other'));
  fs.writeFileSync(at('other', 'thesis.tex'), '');
  expect(await refused(words('other'))).toMatch(/holds other files \(thesis.tex\)/);
  expect(await refused(words('new', '--shard', '4/3'))).toMatch(/--shard '4\/3': write i\/n/);
  expect(await refused(words('new', '--depth', '300'))).toMatch(/at most the box/);
  expect(await refused(words('new', '--set', 'w=1'))).toMatch(/no parameter w/);
  expect(
    await refused([
      'simulate',
      '--spectrum',
      'eh98',
      '--prior',
      'h:0.6:0.8',
      '--steps',
      '3',
      '--out',
      at('new'),
    ]),
  ).toMatch(/--steps belongs to --kind nbody/);
  expect(fs.existsSync(at('new'))).toBe(false);
}, 60_000);
