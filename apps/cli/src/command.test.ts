/** The real command in processes of its own: the jobs end to end, bad inputs, full disks, Ctrl-C and kill -9. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { encodeNpy } from '@equiflow/io';
import {
  readGetDist,
  readNpy,
  readSafetensors,
  readTable,
  writeNpy,
  writeNpz,
  writeTable,
} from '@equiflow/io/node';
import { key, randomNormal, randomUniform } from '@equiflow/tensor';
import { build, defaultServerConditions } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
let cache: string;
let command: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), 'equiflow-cli-'));
  // Beside the packages that cannot be bundled: resvg is native, and figures look for fonts.
  const modules = resolve(import.meta.dirname, '../../report/node_modules');
  fs.mkdirSync(join(modules, '.cache'), { recursive: true });
  cache = fs.mkdtempSync(join(modules, '.cache', 'equiflow-cli-'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: {
      noExternal: true,
      external: ['@resvg/resvg-js', 'webgpu'],
      resolve: { conditions: ['@equiflow/source', ...defaultServerConditions] },
    },
    build: {
      ssr: true,
      outDir: cache,
      minify: false,
      rollupOptions: {
        input: {
          main: resolve(import.meta.dirname, 'main.ts'),
          demo: resolve(import.meta.dirname, 'demo.ts'),
        },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  });
  command = join(cache, 'main.mjs');
  const maps = randomNormal(key(1), [20, 8, 8], 'float32');
  const params = randomUniform(key(2), [20, 2], 'float64').map((u, i) => (i % 2 === 0 ? 0.1 : 0.6) + 0.4 * u);
  writeNpy(at('maps.npy'), maps, [20, 8, 8]);
  writeTable(at('params.txt'), params, ['Omega_m', 'sigma_8']);
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(cache, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function start(...words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.error += text));
  return {
    child,
    ended: new Promise((done) => child.on('close', (code) => done({ code, ...texts }))),
  };
}

const equiflow = (...words: string[]): Promise<Ended> => start(...words).ended;

const PRIOR = 'Omega_m:0.1:0.5,sigma_8:0.6:1.0';
const SMALL = ['--layers', '1', '--hidden', '4', '--transfer-knots', '4', '--spline-knots', '4'];
const training = (changes: Record<string, string> = {}): string[] => {
  const options = {
    '--maps': at('maps.npy'),
    '--params': at('params.txt'),
    '--box': '100',
    '--prior': PRIOR,
    ...changes,
  };
  return ['train', ...SMALL, '--epochs', '1', '--batch', '8', ...Object.entries(options).flat()];
};

describe('the jobs, through files', () => {
  test('a continuous flow: train, infer, sample, evaluate, report', { timeout: 120_000 }, async () => {
    const files = ['--maps', at('maps.npy'), '--params', at('params.txt')];
    const choices = ['--flow', 'continuous', '--hidden', '4', '--transfer-knots', '4', '--steps', '2'];
    const train = ['train', ...files, ...choices, '--prior', PRIOR, '--box', '100', '--batch', '8'];
    const model = at('continuous');
    const trained = await equiflow(...train, '--epochs', '2', '--out', model, '--json');
    expect(trained.error).toBe('');
    const { spec, finished } = JSON.parse(trained.out) as { spec: { model: string }; finished: boolean };
    expect(spec.model).toBe('field-flow');
    expect(finished).toBe(true);
    const other = await equiflow(...train, '--epochs', '2', '--bound', '3', '--out', model);
    expect(other.code).toBe(2);
    expect(other.error).toContain('--bound was 4, now 3');
    for (const [flags, told] of [
      [['--layers', '2'], '--layers is a choice of --flow trenf'],
      [['--loss', 'discriminative', '--init', model], '--loss discriminative trains a TRENF alone'],
    ] as const) {
      const refused = await equiflow(...train, ...flags, '--out', at('refused'));
      expect(refused.code).toBe(2);
      expect(refused.error).toContain(told);
    }
    for (const words of [
      ['infer', '--model', model, ...files, '--count', '1', '--out', at('continuous-posteriors')],
      ['sample', '--model', model, '--theta', '0.3,0.8', '--count', '2', '--out', at('continuous.npy')],
      ['evaluate', '--model', model, ...files, '--calibration', '0', '--out', at('continuous-evaluation')],
      ['report', '--model', model, '--results', at('continuous-evaluation'), '--out', at('continuous.html')],
    ]) {
      const { code, error } = await equiflow(...words, '--json');
      expect(error).toBe('');
      expect(code).toBe(0);
    }
    expect(readNpy(at('continuous.npy')).shape).toEqual([2, 8, 8]);
    expect(fs.readFileSync(at('continuous.html'), 'utf8')).toContain(
      'field-level continuous flow in 2 steps',
    );
  });

  test('simulate, train, infer, sample, evaluate, report', { timeout: 60_000 }, async () => {
    const run = async (...words: string[]): Promise<Record<string, unknown>> => {
      const { code, out, error } = await equiflow(...words, '--json');
      expect(error).toBe('');
      expect(code).toBe(0);
      return JSON.parse(out) as Record<string, unknown>;
    };
    const family = ['--spectrum', 'eh98-nowiggle', '--prior', PRIOR, '--size', '16', '--box', '500'];
    await run('simulate', ...family, '--count', '64', '--maps-per-simulation', '2', '--out', at('sim'));
    const maps = readNpy(at('sim', 'maps.npy'));
    expect(maps.shape).toEqual([64, 16, 16]);
    expect(maps.dtype).toBe('f4');
    expect(readTable(at('sim', 'params.txt')).names).toEqual(['Omega_m', 'sigma_8']);
    expect(readTable(at('sim', 'params.txt')).rows).toBe(32);
    // A map is a function of the seed, its simulation and its number alone.
    await run('simulate', ...family, '--count', '6', '--maps-per-simulation', '2', '--out', at('few'));
    expect(readNpy(at('few', 'maps.npy')).data).toEqual(maps.data.slice(0, 6 * 256));

    const files = ['--maps', at('sim', 'maps.npy'), '--params', at('sim', 'params.txt')];
    const trained = await run(
      'train',
      ...SMALL,
      ...files,
      '--prior',
      PRIOR,
      '--box',
      '500',
      '--epochs',
      '6',
      '--batch',
      '8',
      '--out',
      at('model'),
    );
    expect(trained.finished).toBe(true);
    expect((trained.history as unknown[]).length).toBe(6);
    const again = await equiflow(
      'train',
      ...SMALL,
      ...files,
      '--prior',
      PRIOR,
      '--box',
      '500',
      '--epochs',
      '6',
      '--batch',
      '8',
      '--out',
      at('model'),
    );
    expect(again.out).toContain('was already finished');

    const summary = (await run(
      'infer',
      '--model',
      at('model'),
      ...files,
      '--first',
      '3',
      '--count',
      '2',
      '--figures',
      '1',
      '--samples',
      '200',
      '--exact',
      'eh98-nowiggle',
      '--out',
      at('inferred'),
    )) as {
      results: {
        map: number;
        mean: number[];
        std: number[];
        truth: number[];
        chain: string;
        exact: { std: number[] };
      }[];
    };
    expect(summary.results.map(({ map }) => map)).toEqual([3, 4]);
    const [result] = summary.results;
    // Map 3 is the second of simulation 1.
    expect(result!.truth).toEqual(Array.from(readTable(at('sim', 'params.txt')).data.subarray(2, 4)));
    const chain = readGetDist(at('inferred', result!.chain));
    expect(chain.parameters).toMatchObject([
      { name: 'Omega_m', label: '\\Omega_m', lower: 0.1, upper: 0.5 },
      { name: 'sigma_8', label: '\\sigma_8', lower: 0.6, upper: 1 },
    ]);
    expect(chain.samples.length).toBe(400);
    for (const axis of [0, 1]) {
      const values = chain.samples.filter((_, i) => i % 2 === axis);
      const mean = values.reduce((a, b) => a + b, 0) / 200;
      expect(Math.abs(mean - result!.mean[axis]!)).toBeLessThan((5 * result!.std[axis]!) / Math.sqrt(200));
    }
    expect(fs.existsSync(at('inferred', 'corner-3.png'))).toBe(true);

    await run(
      'sample',
      '--model',
      at('model'),
      '--theta',
      '0.3,0.8',
      '--count',
      '3',
      '--out',
      at('samples.npy'),
      '--png',
    );
    expect(readNpy(at('samples.npy')).shape).toEqual([3, 16, 16]);
    expect(fs.readFileSync(at('samples.png')).subarray(1, 4).toString()).toBe('PNG');

    const evaluated = (await run(
      'evaluate',
      '--model',
      at('model'),
      ...files,
      '--exact',
      'eh98-nowiggle',
      '--samples',
      '4',
      '--calibration',
      '0',
      '--out',
      at('evaluated'),
    )) as {
      count: number;
      heldOut: string;
      gapToExact: { mean: number };
    };
    // A tenth of the 32 simulations, two maps each: the file is the one that was trained on.
    expect(evaluated).toMatchObject({ count: 6, heldOut: 'the validation maps of the training' });
    expect(evaluated.gapToExact.mean).toBeGreaterThan(-5);

    await run(
      'report',
      '--model',
      `Small maps=${at('model')}`,
      '--results',
      at('inferred'),
      at('evaluated'),
      '--out',
      at('report.html'),
    );
    const html = fs.readFileSync(at('report.html'), 'utf8');
    expect(html).toContain('Small maps: likelihood and posteriors');
    expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  test('the posterior of the power spectrum beside the flow’s', { timeout: 120_000 }, async () => {
    const family = ['--spectrum', 'eh98-nowiggle', '--prior', PRIOR, '--size', '16', '--box', '500'];
    const simulations = ['--count', '120', '--seed', '7', '--out', at('spectra')];
    for (const words of [
      ['simulate', ...family, '--count', '20', '--seed', '8', '--out', at('asked')],
      ['simulate', ...family, ...simulations],
      [
        'train',
        ...SMALL,
        '--maps',
        at('spectra', 'maps.npy'),
        '--params',
        at('spectra', 'params.txt'),
      ].concat([
        '--prior',
        PRIOR,
        '--box',
        '500',
        '--epochs',
        '4',
        '--batch',
        '8',
        '--out',
        at('spectrum-model'),
      ]),
    ]) {
      expect(await equiflow(...words)).toMatchObject({ code: 0, error: '' });
    }
    const asked = ['--model', at('spectrum-model'), '--maps', at('asked', 'maps.npy')];
    const spectrum = ['--spectrum-maps', at('spectra', 'maps.npy')];
    const params = ['--spectrum-params', at('spectra', 'params.txt'), '--spectrum-bins', '4'];
    const truth = ['--params', at('asked', 'params.txt')];
    const exact = ['--exact', 'eh98-nowiggle'];
    const inferred = await equiflow(
      ...['infer', ...asked, ...truth, ...exact, ...spectrum, ...params, '--count', '3', '--figures', '1'],
      ...['--json', '--out', at('spectrum-posteriors')],
    );
    expect(inferred).toMatchObject({ code: 0, error: '' });
    type Moments = { mean: number[]; std: number[] };
    for (const one of (JSON.parse(inferred.out) as { results: { exact: Moments; spectrum: Moments }[] })
      .results) {
      // Four bins of 120 maps: wider than the exact one, and not by much.
      for (const axis of [0, 1]) {
        const ratio = one.spectrum.std[axis]! / one.exact.std[axis]!;
        expect(ratio).toBeGreaterThan(0.6);
        expect(ratio).toBeLessThan(3);
      }
    }
    expect(fs.readFileSync(at('spectrum-posteriors', 'corner-0.svg'), 'utf8')).toContain('power spectrum');
    const evaluated = await equiflow(
      ...['evaluate', ...asked, ...truth, ...spectrum, ...params, '--calibration', '20', '--samples', '4'],
      ...['--out', at('spectrum-evaluation')],
    );
    expect(evaluated).toMatchObject({ code: 0, error: '' });
    expect(evaluated.out).toMatch(/power spectrum in 4 bins, same maps: p = [\d.e-]+ \(SBC\)/);
    expect(evaluated.out).toMatch(/ln p\(truth \| map\), flow − power spectrum: −?\d+\.\d+ ± /);
    const results = [at('spectrum-evaluation'), at('spectrum-posteriors')];
    const page = ['--model', at('spectrum-model'), '--results', ...results, '--out', at('spectrum.html')];
    expect(await equiflow('report', ...page)).toMatchObject({ code: 0, error: '' });
    const html = fs.readFileSync(at('spectrum.html'), 'utf8');
    expect(html).toContain('Flow and power spectrum');
    expect(html).toContain('Reduced bispectrum, equilateral');
    const refused = async (...words: string[]): Promise<string> => {
      const { code, error } = await equiflow(...words, '--out', at('refused'));
      expect(code).toBe(2);
      return error;
    };
    expect(await refused('infer', ...asked, ...spectrum)).toMatch(/belong together/);
    expect(await refused('infer', ...asked, '--spectrum-bins', '3')).toMatch(/belongs to --spectrum-maps/);
    const own = ['--spectrum-maps', at('asked', 'maps.npy'), '--spectrum-params', at('asked', 'params.txt')];
    expect(await refused('infer', ...asked, ...own)).toMatch(/these are the maps that are asked about/);
    expect(
      await refused('evaluate', ...asked, ...truth, ...spectrum, ...params, '--calibration', '0'),
    ).toMatch(/ask for them with --calibration/);
  });

  test('the layout of CAMELS: several maps a row, columns by number, a .npz', {
    timeout: 30_000,
  }, async () => {
    writeNpz(at('camels.npz'), {
      maps: { data: randomNormal(key(5), [30, 8, 8], 'float32'), shape: [30, 8, 8] },
    });
    const rows = randomUniform(key(6), [10, 6], 'float64').map((u, i) =>
      i % 6 === 1 ? 0.6 + 0.4 * u : 0.1 + 0.4 * u,
    );
    fs.writeFileSync(
      at('camels.txt'),
      Array.from({ length: 10 }, (_, i) => rows.slice(6 * i, 6 * i + 6).join(' ')).join('\n'),
    );
    const changes = {
      '--maps': at('camels.npz'),
      '--params': at('camels.txt'),
      '--columns': '1,0',
      '--names': 'sigma_8,Omega_m',
      '--out': at('camels'),
    };
    const { code, error } = await equiflow(...training(changes));
    expect(error).toBe('');
    expect(code).toBe(0);
    const unnamed = await equiflow(
      ...training({ '--maps': at('camels.npz'), '--params': at('camels.txt'), '--out': at('none') }),
    );
    expect(unnamed.error).toMatch(/camels.txt: 6 columns without names .* say which with --columns/);
    expect(unnamed.code).toBe(2);
  });

  test('maps whose mean vanishes are trained, used and generated with a drawn mean', {
    timeout: 30_000,
  }, async () => {
    const maps = randomNormal(key(7), [24, 8, 8], 'float64');
    for (let map = 0; map < 24; map++) {
      const own = maps.subarray(64 * map, 64 * (map + 1));
      const mean = own.reduce((a, b) => a + b, 0) / 64;
      own.forEach((value, i) => {
        own[i] = value - mean;
      });
    }
    writeNpy(at('zero.npy'), maps, [24, 8, 8]);
    const params = randomUniform(key(8), [24, 2], 'float64').map(
      (u, i) => (i % 2 === 0 ? 0.1 : 0.6) + 0.4 * u,
    );
    writeTable(at('zero.txt'), params, ['Omega_m', 'sigma_8']);
    const changes = { '--maps': at('zero.npy'), '--params': at('zero.txt'), '--out': at('zero') };
    const refused = await equiflow(...training(changes));
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.error).toMatch(/zero.npy: the mean of every map vanishes, .*; add --mean-draw/);
    expect(fs.existsSync(at('zero'))).toBe(false);
    expect((await equiflow(...training(changes), '--mean-draw')).code).toBe(0);
    const made = [
      '--model',
      at('zero'),
      '--theta',
      '0.3,0.8',
      '--count',
      '2',
      '--out',
      at('zero-samples.npy'),
    ];
    expect((await equiflow('sample', ...made)).code).toBe(0);
    const { data } = readNpy(at('zero-samples.npy'));
    const sum = Array.from(data.slice(0, 64), Number).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum)).toBeLessThan(1e-5);
    const inferred = await equiflow(
      'infer',
      '--model',
      at('zero'),
      '--maps',
      at('zero.npy'),
      '--count',
      '1',
      '--figures',
      '0',
      '--samples',
      '10',
      '--out',
      at('zero-inferred'),
    );
    expect(inferred).toMatchObject({ code: 0, error: '' });
  });

  test('the discriminative loss starts from a trained model', { timeout: 30_000 }, async () => {
    const alone = await equiflow(...training({ '--out': at('sharp') }), '--loss', 'discriminative');
    expect(alone.error).toMatch(/starts from a trained model; .* name it with --init/);
    expect((await equiflow(...training({ '--out': at('start'), '--epochs': '3' }))).code).toBe(0);
    const words = training({
      '--out': at('sharp'),
      '--init': at('start'),
      '--loss': 'discriminative',
      '--draws': '5',
    });
    const { code, error } = await equiflow(...words);
    expect(error).toBe('');
    expect(code).toBe(0);
  });
});

describe('bad inputs: one line, exit code 2, nothing half-written', () => {
  const maps = randomNormal(key(3), [20, 8, 8], 'float32');
  const npy = encodeNpy(maps, [20, 8, 8]);
  const headed = (from: string, to: string): Uint8Array => {
    expect(to.length).toBe(from.length);
    const bytes = Buffer.from(npy);
    bytes.write(to, bytes.indexOf(from), 'latin1');
    return bytes;
  };
  const withValue = (value: number): Uint8Array => {
    const spoiled = maps.slice();
    spoiled[3 * 64 + 5] = value;
    return encodeNpy(spoiled, [20, 8, 8]);
  };
  const cases: [string, () => Record<string, string>, RegExp][] = [
    [
      'missing file',
      () => ({ '--maps': at('none.npy') }),
      /none\.npy: no such file or folder; check the path/,
    ],
    [
      'truncated .npy',
      () => ({ '--maps': file('short.npy', npy.subarray(0, -9)) }),
      /short\.npy: truncated: .* expected .*; copy or write the file again/,
    ],
    [
      'wrong dtype',
      () => ({ '--maps': file('int.npy', encodeNpy(new Int16Array(20 * 64), [20, 8, 8])) }),
      /int\.npy: wrong dtype: maps of i2, not of floats; save them as float32/,
    ],
    [
      'big-endian',
      () => ({ '--maps': file('big.npy', headed('<f4', '>f4')) }),
      /big\.npy: big-endian dtype '>f4' is not read; convert it/,
    ],
    [
      'NaN in maps',
      () => ({ '--maps': file('nan.npy', withValue(Number.NaN)) }),
      /nan\.npy: map 3 holds NaN \(cell 5\); remove or repair that map/,
    ],
    [
      'maps not square',
      () => ({ '--maps': file('flat.npy', encodeNpy(maps, [40, 4, 8])) }),
      /flat\.npy: maps not square: shape \(40, 4, 8\); give shape/,
    ],
    [
      'count of maps and rows that disagree',
      () => ({ '--maps': file('odd.npy', encodeNpy(maps.slice(64), [19, 8, 8])) }),
      /odd\.npy: count of maps and rows disagree: 19 maps, 20 rows of parameters; give/,
    ],
    [
      'parameter outside the prior',
      () => ({ '--prior': 'Omega_m:0.1:0.5,sigma_8:0.6:0.7' }),
      /params\.txt: row \d+ has sigma_8 = \S+, outside the prior from 0\.6 to 0\.7; widen --prior/,
    ],
    [
      'no overdensities',
      () => ({ '--log-density': '' }),
      /maps\.npy: map \d+ holds \S+ \(cell \d+\), where ln\(1 \+ δ\) does not exist; give/,
    ],
    [
      'a drawn mean that is not wanted',
      () => ({ '--mean-draw': '0.1' }),
      /--mean-draw: the maps of \S+ have means of their own; leave it out/,
    ],
    [
      'a prior that cannot be read',
      () => ({ '--prior': 'Omega_m:0.5:0.1' }),
      /--prior Omega_m: 0\.5 to 0\.1 is empty; give LOW < HIGH/,
    ],
    [
      'a folder that cannot be',
      () => ({ '--out': join(at('maps.npy'), 'x') }),
      /a part of the path is not a folder; check the path/,
    ],
    ['an unknown option', () => ({ '--epoch': '3' }), /unknown option '--epoch'.*see equiflow train --help/],
  ];
  const file = (name: string, bytes: Uint8Array): string => {
    fs.writeFileSync(at(name), bytes);
    return at(name);
  };

  test.concurrent.each(cases)('%s', { timeout: 30_000 }, async (name, changes, expected) => {
    const out = at(`refused-${name.replaceAll(' ', '-')}`);
    const words = training({ '--out': out, ...changes() }).filter((word) => word !== '');
    const { code, out: printed, error } = await equiflow(...words);
    expect(error).toMatch(expected);
    expect(error.trim().split('\n')).toHaveLength(1);
    expect(printed).toBe('');
    expect(code).toBe(2);
    expect(fs.existsSync(out)).toBe(false);
    expect(fs.readdirSync(folder).filter((entry) => entry.endsWith('.partial'))).toEqual([]);
  });

  test('Fortran order is read like C order', { timeout: 30_000 }, async () => {
    const plain = file('plain.npy', npy);
    const transposed = new Float32Array(maps.length);
    for (let i = 0; i < 20; i++)
      for (let cell = 0; cell < 64; cell++)
        transposed[i + 20 * ((cell % 8) * 8 + Math.floor(cell / 8))] = maps[64 * i + cell]!;
    const bytes = Buffer.concat([
      headed("'fortran_order': False", "'fortran_order': True ").subarray(0, -4 * maps.length),
      new Uint8Array(transposed.buffer),
    ]);
    const [first, second] = await Promise.all([
      equiflow(...training({ '--maps': plain, '--out': at('c-order') })),
      equiflow(...training({ '--maps': file('fortran.npy', bytes), '--out': at('f-order') })),
    ]);
    expect(second.error).toBe('');
    expect(second.code).toBe(0);
    expect(first.code).toBe(0);
    expect(tensorsOf(at('f-order'))).toEqual(tensorsOf(at('c-order')));
  });

  test('a checkpoint of another version, of other choices, and none', { timeout: 30_000 }, async () => {
    expect((await equiflow(...training({ '--out': at('old') }))).code).toBe(0);
    const other = await equiflow(...training({ '--out': at('old'), '--seed': '5' }));
    expect(other.error).toMatch(
      /holds a training with other choices \(--seed was 1, now 5\); give the same, another --out, or --restart/,
    );
    const model = at('old', 'model.safetensors');
    const bytes = fs.readFileSync(model);
    const place = bytes.indexOf('version');
    expect(bytes.subarray(place, place + 12).toString()).toContain(':1');
    bytes[bytes.indexOf(':1', place) + 1] = '9'.charCodeAt(0);
    fs.writeFileSync(model, bytes);
    for (const words of [
      training({ '--out': at('old') }),
      ['infer', '--model', at('old'), '--maps', at('maps.npy'), '--out', at('x')],
    ]) {
      const { code, error } = await equiflow(...words);
      expect(error).toMatch(
        /model\.safetensors: a checkpoint of version 9, this equiflow reads version 1; train again/,
      );
      expect(code).toBe(2);
    }
    const none = await equiflow(
      'infer',
      '--model',
      at('nowhere'),
      '--maps',
      at('maps.npy'),
      '--out',
      at('x'),
    );
    expect(none.error).toMatch(/no model there; give the folder that equiflow train wrote/);
    expect(fs.existsSync(at('x'))).toBe(false);
  });

  test('results go over nobody else’s files', { timeout: 30_000 }, async () => {
    const words = [
      'simulate',
      '--spectrum',
      'k^-1',
      '--set',
      'A=1',
      '--prior',
      'A:1:2',
      '--count',
      '2',
      '--size',
      '4',
    ];
    fs.mkdirSync(at('mine'), { recursive: true });
    fs.writeFileSync(at('mine', 'thesis.tex'), '');
    const { code, error } = await equiflow(
      'simulate',
      '--spectrum',
      'A*k^-1',
      '--prior',
      'A:1:2',
      '--count',
      '2',
      '--size',
      '4',
      '--out',
      at('mine'),
    );
    expect(error).toMatch(/holds other files \(thesis\.tex\); choose another folder/);
    expect(code).toBe(2);
    expect(fs.readdirSync(at('mine'))).toEqual(['thesis.tex']);
    const both = await equiflow(...words, '--out', at('both'));
    expect(both.error).toMatch(/--set A: A varies already/);
  });

  test('a full disk', { timeout: 30_000 }, (context) => {
    const disk = at('disk');
    fs.mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', disk]).status !== 0) {
      context.skip('mounting a small tmpfs needs root');
    }
    try {
      for (const words of [
        [
          'simulate',
          '--spectrum',
          'A*k^-1',
          '--prior',
          'A:1:2',
          '--count',
          '200',
          '--size',
          '16',
          '--out',
          join(disk, 'sim'),
        ],
        training({ '--out': join(disk, 'model'), '--hidden': '64,64' }),
      ]) {
        const { status, stderr } = spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' });
        expect(stderr).toMatch(
          /^equiflow \w+: \S*disk\/(sim|model)\S*: no space left on the disk; free some space .*nothing was half-written\n$/,
        );
        expect(stderr).not.toContain('.partial');
        expect(status).toBe(2);
        const left = fs.readdirSync(disk, { recursive: true }).map(String);
        expect(left.filter((name) => name !== 'model')).toEqual([]);
      }
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  test('a file beyond what the process may write', { timeout: 30_000 }, () => {
    const words = training({ '--out': at('limited'), '--hidden': '64,64' });
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 16; exec "$0" "$@"`, process.execPath, command, ...words],
      { encoding: 'utf8' },
    );
    expect(stderr).toMatch(/^equiflow train: \S+model\.safetensors: file too large for the file system/);
    expect(status).toBe(2);
    expect(fs.readdirSync(at('limited'))).toEqual([]);
  });
});

/** Everything that a training computed. */
function tensorsOf(model: string): Map<string, unknown> {
  return new Map(readSafetensors(join(model, 'model.safetensors')).tensors);
}

describe('a training that is stopped goes on, bit for bit', () => {
  const long = (name: string, ...more: string[]): string[] => [
    ...training({ '--out': at(name), '--epochs': '8000', '--patience': '8000' }),
    ...more,
  ];
  const exists = async (path: string): Promise<void> => {
    while (!fs.existsSync(path)) await new Promise((done) => setTimeout(done, 10));
  };

  test('Ctrl-C, then kill -9, with another number of workers', { timeout: 120_000 }, async () => {
    const whole = equiflow(...long('whole', '--workers', '1'));
    const first = start(...long('stopped', '--workers', '2', '--checkpoint-every', '600'));
    await exists(at('stopped', 'model.safetensors'));
    // Early in a training of seconds, on a fast machine as on a busy one.
    await new Promise((done) => setTimeout(done, 50));
    first.child.kill('SIGINT');
    const { code, out, error } = await first.ended;
    expect(error).toBe('');
    expect(out).toMatch(/^stopped after step \d+ of 16000; give the same command again to go on\n$/);
    expect(code).toBe(130);

    const log = at('stopped', 'log.json');
    const stepOf = (): number => (JSON.parse(fs.readFileSync(log, 'utf8')) as { step: number }).step;
    const before = stepOf();
    const second = start(...long('stopped', '--checkpoint-every', '0'));
    while (stepOf() === before && second.child.exitCode === null) {
      await new Promise((done) => setTimeout(done, 5));
    }
    second.child.kill('SIGKILL');
    await second.ended;
    expect(stepOf()).toBeGreaterThan(before);

    const last = await equiflow(...long('stopped'));
    expect(last.error).toBe('');
    expect(last.out).toMatch(/training went on and finished after 8000 epochs/);
    expect((await whole).code).toBe(0);
    expect(tensorsOf(at('stopped'))).toEqual(tensorsOf(at('whole')));
  });

  test('a signal elsewhere leaves nothing behind', { timeout: 30_000 }, async () => {
    const { child, ended } = start(
      'simulate',
      '--spectrum',
      'A*k^-1',
      '--prior',
      'A:1:2',
      '--count',
      '100000',
      '--size',
      '64',
      '--out',
      at('stopped-sim'),
    );
    while (!fs.readdirSync(folder).some((name) => name.endsWith('.partial')))
      await new Promise((done) => setTimeout(done, 10));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(fs.readdirSync(folder).filter((name) => name.includes('stopped-sim'))).toEqual([]);
  });
});

test('help tells every command with examples', { timeout: 30_000 }, async () => {
  const { code, out } = await equiflow('--help');
  expect(code).toBe(0);
  for (const name of ['simulate', 'train', 'infer', 'sample', 'evaluate', 'report']) {
    expect(out).toContain(`\n  ${name}`);
    const help = await equiflow(name, '--help');
    expect(help.code).toBe(0);
    expect(help.out).toMatch(new RegExp(`Examples:\\n  equiflow ${name} `));
  }
  const nothing = await equiflow();
  expect(nothing.code).toBe(2);
  expect(nothing.error).toContain('Usage: equiflow');
});

test('the demo runs the public commands and names its report', { timeout: 240_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(dirname(command), 'demo.mjs'),
      '--out',
      at('demo'),
      '--maps',
      '40',
      '--epochs',
      '2',
      '--size',
      '16',
      '--calibration',
      '0',
    ],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/Open \S*demo\/report\.html/);
  const summary = JSON.parse(fs.readFileSync(at('demo', 'summary.json'), 'utf8')) as Record<
    string,
    { gapToExact: unknown }
  >;
  expect(summary.gaussian!.gapToExact).toBeTypeOf('object');
});
