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
  openContinuousFlow,
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
import { foldIn, key } from '@equiflow/tensor';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { EXIT, InputError } from '../errors.ts';
import {
  type Catalogues,
  fromUnits,
  HALO_PRIOR,
  type HaloUnits,
  haloCatalogues,
  haloUnits,
  meanPairs,
  toUnits,
} from '../experiments/halo-catalogues.ts';
import { loadHalos, saveHalos } from '../experiments/halo-checkpoint.ts';
import { type CostFigure, haloCost } from '../experiments/halo-cost.ts';
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
  const evaluation = await evaluate(options, field, units, trained.average, held);
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
      ...evaluationLines(options, evaluation),
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

/** Nats a catalogue, for one (Mpc/h)³ and a unit of ln M each halo; errors are standard errors over the catalogues. */
interface Evaluation {
  readonly tested: number;
  readonly nll: number;
  readonly error: number;
  /** Largest |ln p − ln p at ten times the tolerance|. */
  readonly solverError: number;
  /** −ln p of points without clustering: uniform in the box, ln M normal with a mean linear in θ. */
  readonly unclustered: number;
  /** Mean gain over these, paired. */
  readonly gain: { readonly mean: number; readonly error: number };
  /** −ln p with the θ of another catalogue. */
  readonly shuffled: number;
  readonly radii: readonly number[];
  /** Mean pairs within the radii: held-out catalogues, samples of the same θ, and points without clustering. */
  readonly pairs: {
    readonly data: readonly number[];
    readonly samples: readonly number[];
    readonly uniform: readonly number[];
  };
  /** Mean ln M of catalogues and samples. */
  readonly mass: { readonly data: number; readonly samples: number };
  readonly seconds: { readonly likelihood: number; readonly sampling: number };
}

async function evaluate(
  options: HalosCommand,
  field: FlowField,
  units: HaloUnits,
  parameters: Float32Array,
  { values, thetas }: Catalogues,
): Promise<Evaluation> {
  const { halos: count, boxSize, tolerance, seed } = options;
  const tested = thetas.length / 2;
  const tiles = options.trace === 'exact' ? 4 * count : 1;
  tell(`likelihoods of ${tested} catalogues, and as many samples`);
  const flow = openContinuousFlow(field, haloBase(count, units.box), parameters, {
    contextSize: 2,
    prior: HALO_PRIOR,
    rtol: tolerance,
    atol: tolerance,
    dtype: 'float32',
    trace: options.trace,
    seed,
    // Features of the edges, of all basis vectors of an exact trace, stay in the cache.
    batch: Math.max(1, Math.min(16, Math.floor(2 ** 18 / (tiles * count * (count - 1) * options.hidden)))),
  });
  try {
    const x = toUnits(values, units);
    const start = performance.now();
    const { logProb, error } = await flow.density(x, thetas);
    const likelihood = (performance.now() - start) / 1000;
    const turned = Float64Array.from([...thetas.subarray(2), ...thetas.subarray(0, 2)]);
    const shuffled = await flow.logProb(x, turned);
    const sampleStart = performance.now();
    const { samples } = await flow.sample(foldIn(key(seed), 12), tested, thetas);
    const sampling = (performance.now() - sampleStart) / 1000;
    const drawn = fromUnits(samples, units);
    const plain = unclusteredLogProb(values, thetas, count, boxSize);
    const own = logProb.map((value) => value + units.logJacobian);
    const radii = [0.05, 0.1, 0.2, 0.3].map((share) => share * boxSize);
    const all = (count * (count - 1)) / 2;
    return {
      tested,
      nll: -mean(own),
      error: standardError(own),
      solverError: error.reduce((most, value) => Math.max(most, value), 0),
      unclustered: -mean(plain),
      gain: { mean: mean(own) - mean(plain), error: standardError(own.map((value, i) => value - plain[i]!)) },
      shuffled: -mean(shuffled) - units.logJacobian,
      radii,
      pairs: {
        data: meanPairs(values, count, boxSize, radii),
        samples: meanPairs(drawn, count, boxSize, radii),
        uniform: radii.map((radius) => (all * 4 * Math.PI * radius ** 3) / (3 * boxSize ** 3)),
      },
      mass: { data: meanMass(values), samples: meanMass(drawn) },
      seconds: { likelihood, sampling },
    };
  } finally {
    await flow.close();
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function standardError(values: Float64Array): number {
  const centre = mean(values);
  const square = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(square / values.length / Math.max(1, values.length - 1));
}

const meanMass = (values: Float64Array): number => mean(values.filter((_, i) => i % 4 === 3));

/**
 * ln p of catalogues without clustering: uniform positions, ln M normal about a plane in θ with one deviation, both fitted to these very
 * catalogues, which favours it.
 */
function unclusteredLogProb(
  values: Float64Array,
  thetas: Float64Array,
  halos: number,
  boxSize: number,
): Float64Array {
  const masses = values.filter((_, i) => i % 4 === 3);
  const centre = [0, 1].map((axis) => mean(thetas.filter((_, i) => i % 2 === axis)));
  const level = mean(masses);
  const total = [0, 0, 0, 0, 0];
  masses.forEach((mass, i) => {
    const box = Math.floor(i / halos);
    const [a, b] = [thetas[2 * box]! - centre[0]!, thetas[2 * box + 1]! - centre[1]!];
    [a * a, a * b, b * b, a * (mass - level), b * (mass - level)].forEach((value, which) => {
      total[which]! += value;
    });
  });
  const [aa, ab, bb, am, bm] = total as [number, number, number, number, number];
  const determinant = aa * bb - ab * ab;
  const slope = [(bb * am - ab * bm) / determinant, (aa * bm - ab * am) / determinant];
  const rest = masses.map((mass, i) => {
    const box = Math.floor(i / halos);
    const along =
      slope[0]! * (thetas[2 * box]! - centre[0]!) + slope[1]! * (thetas[2 * box + 1]! - centre[1]!);
    return mass - level - along;
  });
  const variance = mean(rest.map((value) => value * value));
  const result = new Float64Array(thetas.length / 2).fill(
    -halos * (3 * Math.log(boxSize) + 0.5 * Math.log(2 * Math.PI * variance)),
  );
  rest.forEach((value, i) => {
    result[Math.floor(i / halos)]! -= value ** 2 / (2 * variance);
  });
  return result;
}

function evaluationLines({ halos: count, trace }: HalosCommand, evaluation: Evaluation): string[] {
  const { tested, nll, error, unclustered, gain, shuffled, radii, pairs, mass, seconds } = evaluation;
  const row = (name: string, numbers: readonly number[], digits = 2): string =>
    `${name.padEnd(34)}${numbers.map((value) => value.toFixed(digits).padStart(9)).join('')}`;
  return [
    `-ln p of ${tested} catalogues          ${nll.toFixed(2)} ± ${error.toFixed(2)} nats (${trace} trace; the solver's error is at most ${evaluation.solverError.toExponential(1)})`,
    `without clustering                 ${unclustered.toFixed(2)}; the flow gains ${gain.mean.toFixed(2)} ± ${gain.error.toFixed(2)} nats a catalogue of ${count}`,
    `with the theta of another box      ${shuffled.toFixed(2)}`,
    row('pairs within, Mpc/h', radii, 1),
    row('  catalogues put aside', pairs.data),
    row('  samples of the same theta', pairs.samples),
    row('  without clustering', pairs.uniform),
    `mean ln M: catalogues ${mass.data.toFixed(3)}, samples ${mass.samples.toFixed(3)}`,
    `likelihoods took ${seconds.likelihood.toFixed(1)} s, samples ${seconds.sampling.toFixed(1)} s`,
  ];
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
