#!/usr/bin/env node
/**
 * The demo: what a first user would type, run through files on disk with the public commands alone. Gaussian maps, where every
 * answer is known exactly and the flow has to give it; then lognormal maps, and slabs of particle-mesh simulations, whose law
 * nobody knows. Ends with a report and a summary.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, writeJsonAtomic } from '@equiflow/io/node';
import { Command } from 'commander';
import type { Evaluation } from './commands/evaluate.ts';
import { summaryOf } from './commands/evaluate.ts';
import { EXIT, isTold, oneLine } from './errors.ts';
import { integer } from './options.ts';
import { clock } from './progress.ts';

const PRIOR = 'Omega_m:0.1:0.5,sigma_8:0.6:1.0';

/** Maps of an N-body simulation: slabs of half of the box along its three axes. */
const SLABS = 6;

/**
 * Particles along an axis for each cell of a map. With 1 the smallest waves of a map are those of the particles' lattice, and
 * posteriors come out too narrow where σ_8 and Ω_m are small and the lattice survives.
 */
const PARTICLES_A_CELL = 1.5;

/** Fewest maps that the likelihood of the power spectrum is fitted to. */
const FEWEST_FOR_SPECTRUM = 400;

/** One family of maps, from simulation to evaluation. */
interface Run {
  readonly name: 'gaussian' | 'lognormal' | 'nbody';
  readonly heading: string;
  readonly kind: 'grf' | 'lognormal' | 'nbody';
  readonly size: number;
  readonly box: number;
  readonly maps: number;
  readonly testMaps: number;
  readonly layers: number;
  readonly epochs: number;
  readonly calibration: number;
  readonly flags: readonly string[];
}

/** A command that did not come to its end: its own message stands above. */
class Stopped extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('stopped');
    this.exitCode = exitCode;
  }
}

/** Runs one command, shown as a user would type it. */
async function equiflow(...words: string[]): Promise<void> {
  const shown = words.map((word) => (/^[\w./:,=+-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  process.stdout.write(`\n$ equiflow ${shown}\n`);
  const program = fileURLToPath(
    new URL(import.meta.url.endsWith('.mjs') ? './main.mjs' : './main.js', import.meta.url),
  );
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? EXIT.interrupted));
  });
  if (exitCode !== 0) throw new Stopped(exitCode);
}

/** Simulates, trains, infers, samples, evaluates; returns what the evaluation found. */
async function runFamily(run: Run, out: string): Promise<Record<string, unknown>> {
  const at = (name: string): string => join(out, run.name, name);
  const start = performance.now();
  const simulate = (count: number, seed: string, folder: string): Promise<void> =>
    equiflow(
      ...['simulate', '--kind', run.kind, '--spectrum', 'eh98-nowiggle', '--prior', PRIOR],
      ...(run.kind === 'nbody'
        ? [
            '--suite',
            `${count / SLABS}`,
            '--maps-per-simulation',
            `${SLABS}`,
            '--depth',
            `${run.box / 2}`,
            '--steps',
            '10',
            '--particles',
            `${Math.ceil(PARTICLES_A_CELL * run.size)}`,
          ]
        : ['--count', `${count}`]),
      ...['--size', `${run.size}`, '--box', `${run.box}`, '--seed', seed, '--out', folder],
    );
  await simulate(run.maps, '1', at('maps'));
  await simulate(run.testMaps, '2', at('test'));
  const maps = (folder: string): string[] => [
    ...['--maps', join(at(folder), 'maps.npy'), '--params', join(at(folder), 'params.txt')],
  ];
  // Nobody knows the law of N-body maps.
  const exact = run.kind === 'nbody' ? [] : ['--exact', 'eh98-nowiggle', '--exact-kind', run.kind];
  // What the power spectrum tells of the same maps, from the same simulations.
  const spectrum =
    run.calibration > 0 && run.maps >= FEWEST_FOR_SPECTRUM
      ? [
          ...['--spectrum-maps', join(at('maps'), 'maps.npy')],
          ...['--spectrum-params', join(at('maps'), 'params.txt')],
        ]
      : [];
  await equiflow(
    ...['train', ...maps('maps'), '--prior', PRIOR, '--box', `${run.box}`],
    ...[
      '--layers',
      `${run.layers}`,
      '--epochs',
      `${run.epochs}`,
      ...run.flags,
      '--restart',
      '--out',
      at('model'),
    ],
  );
  await equiflow(
    'infer',
    '--model',
    at('model'),
    ...maps('test'),
    ...['--every', run.kind === 'nbody' ? `${SLABS}` : '1', '--count', '4'],
    ...exact,
    ...spectrum,
    '--out',
    at('posteriors'),
  );
  await equiflow(
    ...['sample', '--model', at('model'), '--theta', '0.3,0.8', '--count', '16'],
    ...['--out', at('samples.npy'), '--png'],
  );
  await equiflow(
    ...['evaluate', '--model', at('model'), ...maps('test'), ...exact, ...spectrum],
    ...['--calibration', `${run.calibration}`, '--out', at('evaluation')],
  );
  const evaluation = readJson(join(at('evaluation'), 'evaluation.json')) as Evaluation;
  return { ...summaryOf(evaluation), runSeconds: (performance.now() - start) / 1000 };
}

/** Choices of the demo. */
interface DemoOptions {
  readonly out: string;
  readonly maps: number;
  readonly epochs: number;
  readonly size: number;
  readonly calibration: number;
}

async function demo({ out, maps, epochs, size, calibration }: DemoOptions): Promise<void> {
  const start = performance.now();
  const testMaps = Math.min(300, Math.max(40, Math.round(maps / 10)));
  const runs: readonly Run[] = [
    {
      name: 'gaussian',
      heading: 'Gaussian maps',
      kind: 'grf',
      size,
      box: 1000,
      maps,
      testMaps,
      layers: 2,
      epochs,
      calibration: Math.min(calibration, testMaps),
      flags: [],
    },
    {
      name: 'lognormal',
      heading: 'Lognormal maps',
      kind: 'lognormal',
      size: Math.ceil(size / 2),
      box: 250,
      maps,
      testMaps,
      layers: 2,
      epochs: Math.ceil(epochs / 2),
      calibration: Math.min(calibration, testMaps),
      flags: ['--log-density'],
    },
    {
      name: 'nbody',
      heading: 'N-body maps',
      kind: 'nbody',
      size: Math.ceil(size / 2),
      box: 250,
      maps: SLABS * Math.max(10, Math.round(maps / 10)),
      testMaps: SLABS * Math.max(7, Math.round(testMaps / 6)),
      layers: 4,
      epochs: Math.ceil(2.5 * epochs),
      calibration: Math.min(2 * calibration, SLABS * Math.max(7, Math.round(testMaps / 6))),
      flags: ['--log-density', '--transfer-knots', '16'],
    },
  ];
  process.stdout.write(
    `equiflow learns p(map | Ω_m, σ_8) from map files, infers both parameters of maps it has not seen, and draws new maps.\nEverything goes into ${out}.\n`,
  );
  const results: Record<string, Record<string, unknown>> = {};
  for (const run of runs) results[run.name] = await runFamily(run, out);
  const report = join(out, 'report.html');
  await equiflow(
    ...['report', '--model', ...runs.map(({ heading, name }) => `${heading}=${join(out, name, 'model')}`)],
    '--results',
    ...runs.flatMap(({ name }) => ['evaluation', 'posteriors'].map((folder) => join(out, name, folder))),
    ...['--title', 'equiflow demo', '--out', report],
  );
  const seconds = (performance.now() - start) / 1000;
  const summary = join(out, 'summary.json');
  writeJsonAtomic(summary, { report, seconds, ...results });
  process.stdout.write(`\nDone in ${clock(seconds)}. Open ${report} (figures as numbers in ${summary}).\n`);
}

const program = new Command('demo')
  .description('Simulates, trains, infers, samples and evaluates, in about three minutes on two cores.')
  .option('--out <folder>', 'folder of everything', 'out/demo')
  .option(
    '--maps <number>',
    'Gaussian maps to train on, as many lognormal ones, and 6 of each of a tenth as many N-body simulations',
    integer('--maps', 40),
    4000,
  )
  .option(
    '--epochs <number>',
    'passes over the Gaussian maps; half as many over the lognormal ones, 2.5 times as many over the N-body ones',
    integer('--epochs', 1),
    24,
  )
  .option(
    '--size <number>',
    'cells a side of the Gaussian maps; half as many of the others',
    integer('--size', 8),
    64,
  )
  .option(
    '--calibration <number>',
    'maps to calibrate posteriors with, at least 20, or 0',
    integer('--calibration', 0),
    100,
  )
  .allowExcessArguments(false);

try {
  program.parse();
  // Ctrl-C reaches the command that runs: the demo waits for it and ends with it.
  process.on('SIGINT', () => {});
  await demo(program.opts());
} catch (error) {
  if (error instanceof Stopped) process.exitCode = error.exitCode;
  else if (isTold(error)) {
    process.stderr.write(`demo: ${oneLine(error)}\n`);
    process.exitCode = EXIT.input;
  } else throw error;
}
