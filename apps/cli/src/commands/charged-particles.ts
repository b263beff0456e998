/**
 * `equiflow experiment charged-particles`: EGNN and its baselines on the N-body experiment (Satorras, Hoogeboom & Welling
 * 2021, arXiv:2102.09844, section 5.1 and table 2), with the paper's settings unless told otherwise. Says first how long it
 * will take; the same command goes on where it was stopped.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChargedDataset,
  type ChargedModel,
  chargedBatch,
  chargedDataset,
  chargedEgnn,
  chargedStepsPerEpoch,
  graphNetwork,
  initialChargedState,
  linearDynamics,
  meanSquaredError,
  radialField,
  trainCharged,
} from '@equiflow/egnn';
import { writeJsonAtomic } from '@equiflow/io/node';
import { cosineSchedule, layoutOf } from '@equiflow/tensor';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { EXIT } from '../errors.ts';
import { loadCharged, saveCharged } from '../experiments/charged-checkpoint.ts';
import { chargedExecutor, type PooledChargedExecutor } from '../experiments/charged-executor.ts';
import { requireSameTraining } from '../experiments/training-file.ts';
import { type Interrupt, watchInterrupt } from '../interrupt.ts';
import type { Outcome } from '../outcome.ts';
import { requireOwnFolder } from '../output.ts';
import { clock, progressBar } from '../progress.ts';

/** Name of a model on the command line. */
export type ChargedModelName = 'linear' | 'graph-network' | 'radial-field' | 'egnn';

/** What may be trained, and its mean squared error in table 2 of the paper. */
const MODELS: Readonly<
  Record<
    ChargedModelName,
    { readonly paper: number; make(options: { layers: number; hidden: number }): ChargedModel }
  >
> = {
  linear: { paper: 0.0819, make: linearDynamics },
  'graph-network': { paper: 0.0107, make: graphNetwork },
  'radial-field': { paper: 0.0104, make: radialField },
  egnn: { paper: 0.0071, make: chargedEgnn },
};

/** Other rows of the literature's tables, for comparison. */
const ELSEWHERE = 'SE(3)-transformer 0.0244, TFN 0.0155, SEGNN 0.0043, CGENN 0.0039';

/** Choices of the command. */
export interface ChargedParticlesCommand {
  readonly models: readonly ChargedModelName[];
  /** Default: 10,000, or as many as fit the budget. */
  readonly epochs?: number;
  /** Minutes a model. */
  readonly budget?: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly layers: number;
  readonly hidden: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly schedule: 'constant' | 'cosine';
  /** Decay of the running mean of the parameters; 0: none. */
  readonly average: number;
  readonly seed: number;
  readonly workers?: number;
  readonly out: string;
}

/** One row of the result. */
interface ChargedResult {
  readonly model: ChargedModelName;
  readonly test: number;
  readonly validation: number;
  readonly paper: number;
  readonly parameters: number;
  readonly epochs: number;
  readonly plannedEpochs: number;
  readonly bestEpoch: number;
  readonly seconds: number;
}

interface Data {
  readonly training: ChargedDataset;
  readonly validation: ChargedDataset;
  readonly test: ChargedDataset;
}

const MARKER = 'experiment.json';
const PAPER_EPOCHS = 10_000;
/** Epochs between two validations, the authors' interval. */
const VALIDATE_EVERY = 5;
const SECONDS_BETWEEN_CHECKPOINTS = 30;

const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Runs the command. */
export async function chargedParticles(options: ChargedParticlesCommand): Promise<Outcome> {
  const { out, seed, train, validation, test } = options;
  requireOwnFolder(out, MARKER);
  mkdirSync(out, { recursive: true });
  writeJsonAtomic(join(out, MARKER), { options, results: [] });
  const data = simulate(seed, [train, validation, test]);
  const pool = await openPool(options.workers === undefined ? {} : { workers: options.workers });
  const interrupt = watchInterrupt();
  const results: ChargedResult[] = [];
  try {
    for (const name of options.models) {
      const result = await trainOne(name, options, data, pool, interrupt);
      if (!result) {
        return {
          lines: ['stopped; give the same command again to go on'],
          data: { out, finished: false, results },
          exitCode: EXIT.interrupted,
        };
      }
      results.push(result);
      writeJsonAtomic(join(out, MARKER), { options, results });
    }
  } finally {
    interrupt.release();
    await pool.close();
  }
  return {
    lines: [...table(results), `In the literature: ${ELSEWHERE}.`],
    data: { out, finished: true, results },
  };
}

/** Draws the systems, saying beforehand how long it takes: three numbered stretches of one seed. */
function simulate(seed: number, sizes: readonly [number, number, number]): Data {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const probe = Math.min(50, total);
  const start = performance.now();
  chargedDataset({ seed, size: probe });
  const seconds = ((performance.now() - start) / 1000 / probe) * total;
  tell(`simulating ${total} systems: about ${clock(seconds)}`);
  const [training, validation, test] = sizes.map((size, which) =>
    chargedDataset({ seed, first: sizes.slice(0, which).reduce((sum, own) => sum + own, 0), size }),
  );
  return { training: training!, validation: validation!, test: test! };
}

/** Seconds of an epoch with its share of validation, measured. */
async function secondsPerEpoch(
  executor: PooledChargedExecutor,
  model: ChargedModel,
  { training, validation }: Data,
  batch: number,
): Promise<number> {
  const { parameters } = initialChargedState(model, 0);
  const part = chargedBatch(
    training,
    Array.from({ length: batch }, (_, i) => i % training.size),
  );
  const time = async (work: () => Promise<unknown>, runs: number): Promise<number> => {
    const start = performance.now();
    for (let run = 0; run < runs; run++) await work();
    return (performance.now() - start) / 1000 / runs;
  };
  const step = (): Promise<unknown> => executor.lossAndGradient(parameters, part);
  await time(step, 5);
  const stepSeconds = await time(step, 15);
  const validationSeconds = await time(() => executor.loss(parameters, validation), 1);
  return chargedStepsPerEpoch(training.size, batch) * stepSeconds + validationSeconds / VALIDATE_EVERY;
}

/** Trains one model to its end, its budget or an interrupt (then null), saving as it goes. */
async function trainOne(
  name: ChargedModelName,
  options: ChargedParticlesCommand,
  data: Data,
  pool: Pool,
  interrupt: Interrupt,
): Promise<ChargedResult | null> {
  const { layers, hidden, learningRate, schedule, average, seed, budget } = options;
  const model = MODELS[name].make({ layers, hidden });
  const parameters = layoutOf(model.parameters).size;
  const file = join(options.out, `${name}.safetensors`);
  const batch = Math.min(options.batch, options.train);
  const executor = await chargedExecutor(model, data.training.particles, batch, pool);
  try {
    const perEpoch = await secondsPerEpoch(executor, model, data, batch);
    const saved = loadCharged(file, model);
    const fitting = budget === undefined ? PAPER_EPOCHS : Math.floor((60 * budget) / perEpoch);
    const before = saved?.choices.epochs as number | undefined;
    const epochs = options.epochs ?? before ?? Math.max(1, Math.min(PAPER_EPOCHS, fitting));
    const { train, validation } = options;
    const choices = {
      model: name,
      train,
      validation,
      layers,
      hidden,
      batch,
      learningRate,
      schedule,
      average,
      seed,
      epochs,
    };
    if (saved) requireSameTraining(file, saved.choices, choices);
    const state = saved?.state ?? initialChargedState(model, seed);
    const steps = chargedStepsPerEpoch(options.train, batch) * epochs;
    const left = perEpoch * (epochs - state.epoch);
    tell(
      `${name}: ${parameters} parameters, ${epochs - state.epoch} of ${epochs} epochs of ${perEpoch.toFixed(2)} s: about ${clock(left)}${budget === undefined ? '' : `, at most ${budget} min`}`,
    );

    const rate =
      schedule === 'constant'
        ? learningRate
        : cosineSchedule({ peak: learningRate, totalSteps: steps, final: learningRate / 100 });
    const start = performance.now();
    const elapsed = (): number => (performance.now() - start) / 1000;
    let savedAt = 0;
    const bar = progressBar(name, epochs);
    const training = trainCharged(
      executor,
      data,
      { epochs, seed, batch, learningRate: rate, averageDecay: average, validateEvery: VALIDATE_EVERY },
      state,
    );
    for await (const { epoch, training: error } of training) {
      bar.to(epoch, `error ${error.toFixed(5)}, best ${state.best.validation.toFixed(5)}`);
      const stopped = interrupt.asked || (budget !== undefined && elapsed() > 60 * budget);
      if (stopped || epoch === epochs || elapsed() - savedAt > SECONDS_BETWEEN_CHECKPOINTS) {
        saveCharged(file, { choices, state });
        savedAt = elapsed();
      }
      if (stopped) break;
    }
    bar.end();
    if (interrupt.asked && state.epoch < epochs) return null;
    // An end between two validations: the last parameters may be the best. The saved state goes on as if unasked.
    let best = state.best;
    if (state.epoch < epochs && state.epoch % VALIDATE_EVERY !== 0) {
      const last = await meanSquaredError(executor, state.average, data.validation);
      if (last < best.validation) {
        best = { parameters: state.average, validation: last, epoch: state.epoch };
      }
    }
    return {
      model: name,
      test: await meanSquaredError(executor, best.parameters, data.test),
      validation: best.validation,
      paper: MODELS[name].paper,
      parameters,
      epochs: state.epoch,
      plannedEpochs: epochs,
      bestEpoch: best.epoch,
      seconds: elapsed(),
    };
  } finally {
    await executor.close();
  }
}

function table(results: readonly ChargedResult[]): string[] {
  const rows = [
    ['model', 'test error', 'paper', 'epochs', 'best', 'time'],
    ...results.map((row) => [
      row.model,
      row.test.toFixed(5),
      row.paper.toFixed(4),
      row.epochs === row.plannedEpochs ? String(row.epochs) : `${row.epochs} of ${row.plannedEpochs}`,
      String(row.bestEpoch),
      clock(row.seconds),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
}
