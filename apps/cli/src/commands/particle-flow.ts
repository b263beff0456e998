/**
 * `equiflow experiment dw4` and `lj13`: E(n) flows (Satorras et al. 2021, arXiv:2105.09016) of the particles of Köhler, Klein & Noé 2020
 * (arXiv:2006.02425), trained by flow matching or by likelihood on configurations of our own sampler or of a .npy. Says first how long
 * it will take; the same command goes on where it was stopped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dw4System, enField, lj13System, type ParticleSystem, zeroMeanNormal } from '@equiflow/flows';
import { readJson, writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { openPool } from '@equiflow/tensor-wasm';
import { EXIT, InputError } from '../errors.ts';
import { type ParticleData, readConfigurations, sampleConfigurations } from '../experiments/particle-data.ts';
import { evaluateParticles } from '../experiments/particle-evaluation.ts';
import { evaluationFigures } from '../experiments/particle-figures.ts';
import { fitParticles, type ParticleFitOptions } from '../experiments/particle-fit.ts';
import { chainLine, computeLogZ, LOG_Z_EFFORTS, logZLines } from '../experiments/particle-log-z.ts';
import { particlePage } from '../experiments/particle-page.ts';
import { watchInterrupt } from '../interrupt.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder } from '../output.ts';
import { clock } from '../progress.ts';

/** Choices of the command. */
export interface ParticleFlowCommand extends ParticleFitOptions {
  /** Configurations to train on. */
  readonly n: number;
  /** .npy to test with. Default: our own sampler, or the rows of `data` after the first n. */
  readonly test?: string;
  /** Test configurations of which the likelihood is computed. */
  readonly tested: number;
  /** Samples that are drawn and reweighted. */
  readonly samples: number;
  readonly tolerance: number;
  /** Computes ln Z by two methods and nothing else. */
  readonly logZ: boolean;
  readonly workers?: number;
}

const MARKER = 'experiment.json';

/** Steps whose divergences a worker computes at a time: with their basis vectors they should fit the caches. */
const TRACED_TOGETHER = { dw4: 32, lj13: 8 } as const;

/** NLL in the literature (E-NF's table; recalled) by n, and what equivariant flow matching reports (recalled). */
const LITERATURE: Readonly<Record<'dw4' | 'lj13', string>> = {
  dw4: 'E-NF 8.31, 8.15, 7.69, 7.48 at n = 100, 1000, 10^4, 10^5; equivariant flow matching 7.19 to 7.23',
  lj13: 'equivariant flow matching 17.0 to 17.25',
};

/** Runs the command. */
export async function particleFlow(options: ParticleFlowCommand): Promise<Outcome> {
  const { out, seed } = options;
  const system = options.system === 'dw4' ? dw4System() : lj13System();
  requireOwnFolder(out, MARKER);
  mkdirSync(out, { recursive: true });
  if (options.logZ) {
    writeJsonAtomic(join(out, MARKER), { options });
    const report = computeLogZ(system, seed, LOG_Z_EFFORTS[options.system]!);
    writeJsonAtomic(join(out, MARKER), { options, logZ: report });
    return { lines: logZLines(options.system, report), data: { out, logZ: report } };
  }
  requireSameData(out, options);
  writeJsonAtomic(join(out, MARKER), { options });
  const { training, test } = configurations(system, options);
  const { energy } = system;
  const field = enField({
    particles: energy.particles,
    dimensions: energy.dimensions,
    layers: options.layers,
    hidden: options.hidden,
  });
  const base = zeroMeanNormal(energy.particles, energy.dimensions, options.baseWidth);
  const pool = await openPool(options.workers === undefined ? {} : { workers: options.workers });
  const interrupt = watchInterrupt();
  try {
    const trained = await fitParticles(options, field, base, training, pool, interrupt);
    if (!trained) {
      return {
        lines: ['stopped; give the same command again to go on'],
        data: { out, finished: false },
        exitCode: EXIT.interrupted,
      };
    }
    const { state, seconds, steps, history } = trained;
    const evaluation = await evaluateParticles(system, field, base, state.average, {
      test: test.values,
      samples: options.samples,
      tolerance: options.tolerance,
      pool,
      chunk: TRACED_TOGETHER[options.system],
      logZ: system.logZ.value,
      seed,
    });
    const { drawn, ...figures } = evaluation;
    const summary = { steps: state.step, plannedSteps: steps, seconds, parameters: state.parameters.length };
    writeJsonAtomic(join(out, MARKER), { options, training: summary, evaluation: figures });
    const described = `${options.system}: ${summary.parameters} parameters, ${summary.steps} of ${steps} steps of ${options.batch} (${options.train}), n = ${options.n}, trained in ${clock(seconds)}`;
    const literature = `In the literature (recalled): ${LITERATURE[options.system]}.`;
    const rows = evaluationFigures(system, evaluation, {
      tolerance: options.tolerance,
      equilibrium: options.data === undefined && options.test === undefined,
    });
    const page = { name: options.system, figures: rows, remarks: [described, literature], history, drawn };
    writeFileAtomic(join(out, 'report.html'), particlePage(page));
    const widest = Math.max(...rows.map(([name]) => name.length));
    return {
      lines: [described, ...rows.map(([name, value]) => `${name.padEnd(widest)}  ${value}`), literature],
      data: { out, finished: true, training: summary, evaluation: figures },
    };
  } finally {
    interrupt.release();
    await pool.close();
  }
}

/** Refuses a folder whose sampled data are of other choices. */
function requireSameData(out: string, options: ParticleFlowCommand): void {
  let before: { options?: Partial<ParticleFlowCommand> };
  try {
    before = readJson(join(out, MARKER)) as typeof before;
  } catch {
    return;
  }
  for (const name of ['system', 'n', 'seed', 'data', 'test'] as const) {
    const old = before.options?.[name];
    if (before.options && old !== options[name]) {
      throw new InputError(
        `${join(out, MARKER)} is of ${name} ${old ?? 'not given'}, not ${options[name] ?? 'not given'}; repeat that, or choose another --out`,
      );
    }
  }
}

/** Training and test configurations. */
function configurations(
  system: ParticleSystem,
  options: ParticleFlowCommand,
): { readonly training: ParticleData; readonly test: ParticleData } {
  const { out, n, seed, tested } = options;
  const training = options.data
    ? readConfigurations('--data', options.data, system, n)
    : sampleConfigurations(join(out, 'train.npy'), system, n, seed, 0);
  if (training.report) process.stderr.write(`training data: ${chainLine(training.report)}\n`);
  if (options.test) return { training, test: readConfigurations('--test', options.test, system, tested) };
  if (options.data) {
    const all = readConfigurations('--data', options.data, system, n + tested);
    const width = system.energy.particles * system.energy.dimensions;
    return { training, test: { values: all.values.slice(n * width), count: tested, report: null } };
  }
  const test = sampleConfigurations(join(out, 'test.npy'), system, tested, seed, 1);
  if (test.report) process.stderr.write(`test data: ${chainLine(test.report)}\n`);
  return { training, test };
}
