/**
 * `equiflow experiment dw4` and `lj13`: E(n) flows (Satorras et al. 2021, arXiv:2105.09016) of the particles of Köhler, Klein & Noé 2020
 * (arXiv:2006.02425), trained by flow matching or by likelihood on configurations of our own sampler or of a .npy. Says first how long
 * it will take; the same command goes on where it was stopped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BaseDensity,
  type Coupling,
  dw4System,
  enField,
  equivariantTransport,
  type FlowField,
  flowMatching,
  independentCoupling,
  lj13System,
  type ParticleSystem,
  type PooledLossExecutor,
  unrolledLikelihood,
  zeroMeanNormal,
} from '@equiflow/flows';
import { readJson, writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { EXIT, InputError } from '../errors.ts';
import { type LossHistory, loadParticles, saveParticles } from '../experiments/particle-checkpoint.ts';
import { type ParticleData, readConfigurations, sampleConfigurations } from '../experiments/particle-data.ts';
import { evaluateParticles } from '../experiments/particle-evaluation.ts';
import { evaluationFigures } from '../experiments/particle-figures.ts';
import { chainLine, computeLogZ, LOG_Z_EFFORTS, logZLines } from '../experiments/particle-log-z.ts';
import { particlePage } from '../experiments/particle-page.ts';
import {
  initialParticleState,
  type ParticleTrainingOptions,
  type ParticleTrainingState,
  trainParticles,
} from '../experiments/particle-training.ts';
import { requireSameTraining } from '../experiments/training-file.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder } from '../output.ts';
import { clock, progressBar } from '../progress.ts';

/** How pairs of data and latents are made for flow matching. */
export type CouplingName = 'independent' | 'aligned' | 'transport';

/** Choices of the command. */
export interface ParticleFlowCommand {
  readonly system: 'dw4' | 'lj13';
  /** Configurations to train on. */
  readonly n: number;
  /** .npy of them. Default: our own sampler. */
  readonly data?: string;
  /** .npy to test with. Default: our own sampler, or the rows of `data` after the first n. */
  readonly test?: string;
  readonly train: 'flow-matching' | 'likelihood';
  /** Folder of a training whose parameters this one starts with. */
  readonly init?: string;
  readonly coupling: CouplingName;
  /** p of the times t = u^p of flow matching. */
  readonly timePower: number;
  /** Most minutes of training. */
  readonly budget?: number;
  readonly steps?: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly average: number;
  readonly layers: number;
  readonly hidden: number;
  /** Standard deviation of a coordinate of the base density. */
  readonly baseWidth: number;
  /** Steps of the solver, in training by likelihood. */
  readonly solverSteps: number;
  /** Test configurations of which the likelihood is computed. */
  readonly tested: number;
  /** Samples that are drawn and reweighted. */
  readonly samples: number;
  readonly tolerance: number;
  /** Computes ln Z by two methods and nothing else. */
  readonly logZ: boolean;
  readonly seed: number;
  readonly workers?: number;
  readonly out: string;
}

const MARKER = 'experiment.json';
const CHECKPOINT = 'flow.safetensors';
const DEFAULT_STEPS = 100_000;
const SECONDS_BETWEEN_CHECKPOINTS = 30;
/** Gradients of the mean loss beyond this are rare, and not to be followed to the end. */
const CLIP_NORM = 20;
/** Samples that a worker takes at a time. */
const CHUNKS = { dw4: 64, lj13: 32 } as const;

/** Steps whose divergences a worker computes at a time: with their basis vectors they should fit the caches. */
const TRACED_TOGETHER = { dw4: 32, lj13: 8 } as const;

/** NLL in the literature (E-NF's table; recalled) by n, and what equivariant flow matching reports (recalled). */
const LITERATURE: Readonly<Record<'dw4' | 'lj13', string>> = {
  dw4: 'E-NF 8.31, 8.15, 7.69, 7.48 at n = 100, 1000, 10^4, 10^5; equivariant flow matching 7.19 to 7.23',
  lj13: 'equivariant flow matching 17.0 to 17.25',
};

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
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
    const trained = await train(options, field, base, training, pool, interrupt);
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
  if (training.report) tell(`training data: ${chainLine(training.report)}`);
  if (options.test) return { training, test: readConfigurations('--test', options.test, system, tested) };
  if (options.data) {
    const all = readConfigurations('--data', options.data, system, n + tested);
    const width = system.energy.particles * system.energy.dimensions;
    return { training, test: { values: all.values.slice(n * width), count: tested, report: null } };
  }
  const test = sampleConfigurations(join(out, 'test.npy'), system, tested, seed, 1);
  if (test.report) tell(`test data: ${chainLine(test.report)}`);
  return { training, test };
}

const COUPLINGS: Readonly<Record<CouplingName, () => Coupling>> = {
  independent: () => independentCoupling,
  aligned: () => equivariantTransport({ exchange: false, rounds: 2 }),
  transport: () => equivariantTransport({ rounds: 2 }),
};

/** The executor of the loss that was chosen. */
function executorOf(
  { train: loss, coupling, timePower, seed, system, solverSteps }: ParticleFlowCommand,
  field: FlowField,
  base: BaseDensity,
  pool: Pool,
): Promise<PooledLossExecutor> {
  const chunk = CHUNKS[system];
  if (loss === 'flow-matching') {
    return flowMatching(field, base, pool, { coupling: COUPLINGS[coupling](), timePower, seed, chunk });
  }
  return unrolledLikelihood(field, base, pool, { trace: 'hutchinson', steps: solverSteps, seed, chunk });
}

/** A training at its end, or at that of its budget. */
interface Trained {
  readonly state: ParticleTrainingState;
  readonly seconds: number;
  readonly steps: number;
  readonly history: LossHistory;
}

/** Trains to the end, the budget or an interrupt (then null), saving as it goes. */
async function train(
  options: ParticleFlowCommand,
  field: FlowField,
  base: BaseDensity,
  data: ParticleData,
  pool: Pool,
  interrupt: Interrupt,
): Promise<Trained | null> {
  const { out, seed, budget, system } = options;
  const file = join(out, CHECKPOINT);
  const width = data.values.length / data.count;
  const executor = await executorOf(options, field, base, pool);
  try {
    const saved = loadParticles(file, field.parameters);
    const given = options.init === undefined ? undefined : startFrom(options.init, field);
    const fresh = (): ParticleTrainingState => initialParticleState(field.parameters, seed, given);
    const training: Omit<ParticleTrainingOptions, 'steps'> = {
      batch: Math.min(options.batch, data.count),
      learningRate: options.learningRate,
      averageDecay: options.average,
      clipNorm: CLIP_NORM,
      seed,
    };
    const perStep = await secondsPerStep(executor, data, width, training, fresh());
    const fitting = budget === undefined ? DEFAULT_STEPS : Math.max(1, Math.floor((60 * budget) / perStep));
    const before = saved?.choices.steps as number | undefined;
    const steps = options.steps ?? before ?? fitting;
    const choices = {
      system,
      n: data.count,
      data: options.data ?? 'own',
      loss: options.train,
      init: options.init ?? 'none',
      ...(options.train === 'flow-matching'
        ? { coupling: options.coupling, timePower: options.timePower }
        : { solverSteps: options.solverSteps }),
      batch: training.batch,
      learningRate: options.learningRate,
      average: options.average,
      layers: options.layers,
      hidden: options.hidden,
      baseWidth: options.baseWidth,
      seed,
      steps,
    };
    if (saved) requireSameTraining(file, saved.choices, choices);
    const state = saved?.state ?? fresh();
    const earlier = saved?.seconds ?? 0;
    const left = steps - state.step;
    tell(
      `${system}: ${state.parameters.length} parameters, ${left} of ${steps} steps of ${(1000 * perStep).toFixed(1)} ms: about ${clock(left * perStep)}${budget === undefined ? '' : `, at most ${budget} min`}`,
    );
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    let savedAt = 0;
    const history = [...(saved?.history ?? [])];
    const every = Math.max(1, Math.floor(steps / 100));
    let [total, counted] = [0, 0];
    const bar = progressBar(system, steps);
    for await (const loss of trainParticles(executor, data.values, width, { ...training, steps }, state)) {
      total += loss;
      counted++;
      if (state.step % every === 0 || state.step === steps) {
        history.push({ step: state.step, loss: total / counted });
        bar.to(state.step, `loss ${(total / counted).toFixed(4)}`);
        [total, counted] = [0, 0];
      }
      const stopped = interrupt.asked || (budget !== undefined && elapsed() > 60 * budget);
      if (stopped || state.step === steps || elapsed() - savedAt > SECONDS_BETWEEN_CHECKPOINTS) {
        saveParticles(file, { choices, state, history, seconds: earlier + elapsed() });
        savedAt = elapsed();
      }
      if (stopped) break;
    }
    bar.end();
    if (interrupt.asked && state.step < steps) return null;
    return { state, seconds: earlier + elapsed(), steps, history };
  } finally {
    await executor.close();
  }
}

/** The mean parameters of another training. */
function startFrom(folder: string, field: FlowField): Float32Array {
  const saved = loadParticles(join(folder, CHECKPOINT), field.parameters);
  if (!saved) throw new InputError(`--init ${folder}: holds no ${CHECKPOINT}; name the --out of a training`);
  return saved.state.average;
}

/** Seconds of a step, measured on a copy of the training. */
async function secondsPerStep(
  executor: PooledLossExecutor,
  data: ParticleData,
  width: number,
  options: Omit<ParticleTrainingOptions, 'steps'>,
  state: ParticleTrainingState,
): Promise<number> {
  const [warm, measured] = [2, 6];
  let start = 0;
  const steps = trainParticles(executor, data.values, width, { ...options, steps: warm + measured }, state);
  for await (const _ of steps) if (state.step === warm) start = performance.now();
  return (performance.now() - start) / 1000 / measured;
}
