/**
 * `equiflow experiment halos`: an E(n) flow of halo catalogues, conditional on θ = (Ω_m, σ_8). Simulates small boxes, takes the most
 * massive halos of each as marked points on the torus, trains by flow matching, and prints the likelihood of catalogues that were put aside and
 * the clustering of samples. Says first how long it will take; the same command goes on where it was stopped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FlowField,
  flowMatching,
  haloBase,
  haloField,
  initialState,
  type MapDataset,
  memoryDataset,
  type PooledLossExecutor,
  periodicTransport,
  readBatch,
  type TraceMethod,
  type TrainingOptions,
  type TrainingState,
  train,
  trainingDefaults,
} from '@equiflow/flows';
import { writeJsonAtomic } from '@equiflow/io/node';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { EXIT, InputError } from '../errors.ts';
import {
  type Catalogues,
  HALO_PRIOR,
  type HaloUnits,
  haloCatalogues,
  haloUnits,
  toUnits,
} from '../experiments/halo-catalogues.ts';
import { loadHalos, saveHalos } from '../experiments/halo-checkpoint.ts';
import { type CostFigure, haloCost } from '../experiments/halo-cost.ts';
import { evaluateHalos, haloEvaluationLines } from '../experiments/halo-evaluation.ts';
import { type Choices, requireSameTraining } from '../experiments/training-file.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder } from '../output.ts';
import { clock, progressBar } from '../progress.ts';

/** Choices of the command. */
export interface HalosCommand {
  readonly boxes: number;
  readonly halos: number;
  readonly boxSize: number;
  readonly particles: number;
  readonly steps: number;
  /** Catalogues put aside for the test, of `boxes`. */
  readonly test: number;
  /** Minutes of the training. */
  readonly budget?: number;
  /** Default: 400, or as many as fit the budget. */
  readonly epochs?: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly layers: number;
  readonly hidden: number;
  /** Relative and absolute, of the solves of the evaluation. */
  readonly tolerance: number;
  /** Of the evaluation; Hutchinson's estimate is unbiased, and needs 1/(4 N) of the memory. */
  readonly trace: TraceMethod;
  /** Numbers of halos whose cost is measured in place of everything else. */
  readonly cost?: readonly number[];
  readonly seed: number;
  readonly workers?: number;
  readonly out: string;
}

const MARKER = 'experiment.json';
const DEFAULT_EPOCHS = 400;
/** d of ā ← d ā + (1 − d) a after every step. */
const AVERAGE_DECAY = 0.995;
const SECONDS_BETWEEN_CHECKPOINTS = 30;
/** Memory up to which costs are measured. */
const MEMORY_LIMIT = 2 ** 31;

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Runs the command. */
export async function halos(options: HalosCommand): Promise<Outcome> {
  const { out, boxes, test } = options;
  requireOwnFolder(out, MARKER);
  if (test > boxes - 4) {
    throw new InputError(`--test ${test} of --boxes ${boxes}: at least 4 have to be left to train on`);
  }
  mkdirSync(out, { recursive: true });
  writeJsonAtomic(join(out, MARKER), { options });
  if (options.cost) return costs(options, options.cost);
  const interrupt = watchInterrupt();
  const stopped: Outcome = {
    lines: ['stopped; give the same command again to go on'],
    data: { out, finished: false },
    exitCode: EXIT.interrupted,
  };
  try {
    const { halos: count, boxSize, particles, steps, seed } = options;
    const choices = { boxes, halos: count, boxSize, particles, steps, seed };
    const catalogues = await haloCatalogues(join(out, 'catalogues.safetensors'), choices, interrupt);
    if (!catalogues) return stopped;
    const pool = await openPool(options.workers === undefined ? {} : { workers: options.workers });
    try {
      return (await trainAndTest(options, catalogues, pool, interrupt)) ?? stopped;
    } finally {
      await pool.close();
    }
  } finally {
    interrupt.release();
  }
}

/** The first catalogues train, the last test: a Sobol sequence fills the prior with both. */
async function trainAndTest(
  options: HalosCommand,
  { values, thetas }: Catalogues,
  pool: Pool,
  interrupt: Interrupt,
): Promise<Outcome | null> {
  const { boxes, halos: count, boxSize, layers, hidden, out } = options;
  const width = 4 * count;
  const training = boxes - options.test;
  const units = haloUnits(values.subarray(0, training * width), count, boxSize);
  const field = haloField({ halos: count, box: units.box, layers, hidden, contextSize: 2 });
  const dataset = memoryDataset({
    maps: toUnits(values.subarray(0, training * width), units),
    shape: [count, 4],
    parameters: thetas.slice(0, 2 * training),
    parameterNames: ['Omega_m', 'sigma_8'],
  });
  const trained = await trainFlow(options, field, units, dataset, pool, interrupt);
  if (!trained) return null;
  const held = { values: values.slice(training * width), thetas: thetas.slice(2 * training) };
  const evaluation = await evaluateHalos(options, field, units, trained.average, held);
  const { state, seconds, epochs } = trained;
  const summary = {
    parameters: state.parameters.length,
    epochs: state.epoch,
    plannedEpochs: epochs,
    seconds,
  };
  writeJsonAtomic(join(out, MARKER), { options, training: summary, evaluation });
  return {
    lines: [
      `${training} boxes of ${boxSize} Mpc/h with their ${count} most massive halos; ${summary.parameters} parameters, ${state.epoch} of ${epochs} epochs, trained in ${clock(seconds)}`,
      ...haloEvaluationLines(options, evaluation),
    ],
    data: { out, finished: true, training: summary, evaluation },
  };
}

interface Trained {
  readonly state: TrainingState;
  /** Running mean of the parameters. */
  readonly average: Float32Array;
  readonly seconds: number;
  readonly epochs: number;
}

/** Trains to the end, the budget or an interrupt (then null), saving as it goes. */
async function trainFlow(
  options: HalosCommand,
  field: FlowField,
  units: HaloUnits,
  dataset: MapDataset,
  pool: Pool,
  interrupt: Interrupt,
): Promise<Trained | null> {
  const { out, seed, budget, batch, learningRate, halos: count, layers, hidden } = options;
  const file = join(out, 'flow.safetensors');
  const executor = await flowMatching(field, haloBase(count, units.box), pool, {
    contextSize: 2,
    prior: HALO_PRIOR,
    coupling: periodicTransport(units.box),
    seed,
    chunk: Math.max(1, Math.floor(1024 / count)),
  });
  try {
    const saved = loadHalos(file, field.parameters);
    const perEpoch = await secondsPerEpoch(executor, dataset, field, batch);
    const fitting = budget === undefined ? DEFAULT_EPOCHS : Math.floor((60 * budget) / perEpoch);
    const before = saved?.choices.epochs as number | undefined;
    const epochs = options.epochs ?? before ?? Math.max(1, Math.min(DEFAULT_EPOCHS, fitting));
    const training: TrainingOptions = {
      ...trainingDefaults,
      ...{ batch, epochs, learningRate, seed },
      patience: epochs,
    };
    const choices: Choices = { layers, hidden, batch, learningRate, seed, epochs, maps: dataset.count };
    if (saved) requireSameTraining(file, saved.choices, choices);
    const state = saved?.state ?? initialState(field, seed);
    const average = saved?.average ?? state.parameters.slice();
    const earlier = saved?.seconds ?? 0;
    tell(
      `${state.parameters.length} parameters, ${epochs - state.epoch} of ${epochs} epochs of ${perEpoch.toFixed(2)} s: about ${clock((epochs - state.epoch) * perEpoch)}${budget === undefined ? '' : `, at most ${budget} min`}`,
    );
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    let savedAt = 0;
    const bar = progressBar('training', epochs);
    for await (const { record } of train(dataset, executor, training, state)) {
      // Losses of flow matching scatter much: the mean over the last steps is better than any of them.
      const decay = Math.min(AVERAGE_DECAY, (1 + state.step) / (10 + state.step));
      for (let i = 0; i < average.length; i++) {
        average[i] = state.parameters[i]! + decay * (average[i]! - state.parameters[i]!);
      }
      if (record)
        bar.to(record.epoch, `loss ${record.train.toFixed(3)}, validation ${record.validation.toFixed(3)}`);
      const spent = budget !== undefined && elapsed() > 60 * budget;
      const stopped = interrupt.asked || spent;
      if (stopped || state.finished || elapsed() - savedAt > SECONDS_BETWEEN_CHECKPOINTS) {
        saveHalos(file, { choices, state, average, seconds: earlier + elapsed() });
        savedAt = elapsed();
      }
      if (stopped) break;
    }
    bar.end();
    if (interrupt.asked && !state.finished) return null;
    return { state, average, seconds: earlier + elapsed(), epochs };
  } finally {
    await executor.close();
  }
}

/** Seconds of an epoch, measured on one batch. */
async function secondsPerEpoch(
  executor: PooledLossExecutor,
  dataset: MapDataset,
  field: FlowField,
  batch: number,
): Promise<number> {
  const { parameters } = initialState(field, 0);
  const part = await readBatch(
    dataset,
    Int32Array.from({ length: batch }, (_, i) => i % dataset.count),
  );
  const [warm, measured] = [2, 6];
  let start = 0;
  for (let run = 0; run < warm + measured; run++) {
    if (run === warm) start = performance.now();
    await executor.lossAndGradient(parameters, part, run);
  }
  return ((performance.now() - start) / 1000 / measured) * Math.ceil(dataset.count / batch);
}

/** Memory and time for catalogues of other sizes. */
function costs({ layers, hidden, out }: HalosCommand, sizes: readonly number[]): Outcome {
  const rows = sizes.map((size) => haloCost(size, { layers, hidden, limit: MEMORY_LIMIT }));
  const cell = (figure: CostFigure | null): string[] =>
    figure === null
      ? ['-', '-']
      : [
          (figure.bytes / 2 ** 20).toFixed(figure.bytes < 2 ** 24 ? 1 : 0),
          figure.milliseconds.toPrecision(3),
        ];
  const heads = ['halos', 'training MiB', 'ms', 'exact MiB', 'ms', 'Hutchinson MiB', 'ms'];
  const table = rows.map((row) => [
    String(row.halos),
    ...cell(row.training),
    ...cell(row.exact),
    ...cell(row.hutchinson),
  ]);
  const lines = [heads, ...table].map((cells) =>
    cells.map((text, column) => text.padStart(Math.max(8, heads[column]!.length))).join('  '),
  );
  writeJsonAtomic(join(out, MARKER), { options: { layers, hidden, cost: sizes }, costs: rows });
  return {
    lines: [
      `One catalogue, ${layers} layers of ${hidden}, float32, one thread; -: more than ${MEMORY_LIMIT / 2 ** 20} MiB.`,
      'training: a step; exact, Hutchinson: an evaluation of the field with its divergence.',
      ...lines,
    ],
    data: { out, costs: rows },
  };
}
