/**
 * `equiflow train`: fits a TRENF to maps on disk. The checkpoint holds every choice and the whole state; the same command goes on
 * where it was stopped, and gives the same bits as if it never had been.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Checkpoint,
  type CovarianceTable,
  decodeCheckpoint,
  discriminativeExecutor,
  encodeCheckpoint,
  generativeExecutor,
  initialState,
  layoutOf,
  type MapDataset,
  type MeanDraw,
  openEvaluator,
  type PooledLossExecutor,
  train as runTraining,
  splitBySimulation,
  type TrainingOptions,
  type Trenf,
  type TrenfSpec,
  trainingDefaults,
  trenf,
  withDrawnMeans,
} from '@equiflow/flows';
import { readFile, writeFileAtomic, writeJsonAtomic } from '@equiflow/io/node';
import { TensorError } from '@equiflow/tensor';
import { openPool } from '@equiflow/tensor-wasm';
import { covarianceTable } from '../covariance-table.ts';
import { EXIT, InputError } from '../errors.ts';
import { watchInterrupt } from '../interrupt.ts';
import {
  digest,
  fingerprint,
  type MapStack,
  openMaps,
  type ParameterTable,
  readParameters,
  simulationsOf,
  surveyMaps,
} from '../maps.ts';
import { type Model, type ModelNotes, modelFile, readModel } from '../model.ts';
import type { NamedPrior } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import { type BackendName, type OpenPlace, openPlace } from '../place.ts';
import { clock, progressBar } from '../progress.ts';
import { type Choices, requireSameChoices } from '../training-choices.ts';

/** Choices of `train`. */
export interface TrainOptions {
  readonly maps: string;
  readonly array?: string;
  readonly params: string;
  readonly columns?: readonly (number | string)[];
  readonly names?: readonly string[];
  readonly prior: NamedPrior;
  /** Side of the box, Mpc/h. */
  readonly box: number;
  readonly out: string;
  readonly layers: number;
  readonly transferKnots: number;
  readonly transferSpacing: 'log' | 'linear';
  readonly splineKnots: number;
  readonly hidden: readonly number[];
  readonly logDensity: boolean;
  /** True: draw the mean with the deviation of a cell over N^{d/2}; a number: with that standard deviation. */
  readonly meanDraw?: number | true;
  /** Folder of a model to start from. */
  readonly init?: string;
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly clipNorm: number;
  readonly validation: number;
  readonly patience: number;
  readonly seed: number;
  readonly loss: 'generative' | 'discriminative';
  readonly draws: number;
  readonly workers?: number;
  readonly backend?: BackendName;
  /** Seconds between checkpoints; 0: after every step. */
  readonly checkpointEvery: number;
  readonly restart: boolean;
}

/** The notes of a training: those of a model, and what its loss needs. */
interface TrainingNotes extends ModelNotes {
  readonly covariances: CovarianceTable | null;
}

/** Runs the command. */
export async function train(options: TrainOptions): Promise<Outcome> {
  const maps = openMaps(options.maps, options.array);
  const table = readParameters(options.params, options.prior, options);
  const simulations = simulationsOf(maps, table);
  const init = options.init === undefined ? null : readModel(options.init);
  if (init) requireSameModel(init, options, maps);
  if (options.loss === 'discriminative' && !init) {
    throw new InputError(
      '--loss discriminative starts from a trained model; train one with --loss generative and name it with --init',
    );
  }
  if (options.loss === 'discriminative' && (options.draws < 3 || options.draws % 2 === 0)) {
    throw new InputError(`--draws ${options.draws}: give an odd number of at least 3`);
  }
  const choices = choicesOf(options, maps, table, init);
  const training = trainingOf(options);
  const file = modelFile(options.out);
  const stored = existsSync(file) && !options.restart ? decodeCheckpoint(readFile(file), file) : null;
  if (stored) requireSameChoices((stored.notes as unknown as ModelNotes).choices, choices, options.out);
  if (stored?.state.finished) return outcomeOf(stored, options.out, 'was already finished');

  const dataset = datasetOf(maps, table, simulations, options.prior);
  const opened = await openPlace(options);
  try {
    const checkpoint = stored ?? (await beginning(options, dataset, maps, init, training, choices));
    return await continueTraining(checkpoint, dataset, options, opened, stored !== null);
  } finally {
    await opened.close();
    maps.source.close();
  }
}

/** The options that the trainer knows. */
function trainingOf(options: TrainOptions): TrainingOptions {
  const { batch, epochs, learningRate, clipNorm, validation, patience, seed, loss, draws } = options;
  return {
    ...trainingDefaults,
    batch,
    epochs,
    learningRate,
    clipNorm,
    validationFraction: validation,
    patience,
    seed,
    loss,
    draws,
  };
}

/** Everything that the result depends on, by the option that set it. */
function choicesOf(
  options: TrainOptions,
  maps: MapStack,
  table: ParameterTable,
  init: Model | null,
): Choices {
  const { prior, box, layers, hidden, logDensity, meanDraw, seed, loss, draws } = options;
  return {
    '--maps': `${maps.count} maps of ${maps.shape.join(' × ')} (${fingerprint(maps)})`,
    '--params': `${table.rows} rows of ${prior.names.join(', ')} (${digest(table.values)})`,
    '--prior': prior.names.map((name, axis) => `${name}:${prior.low[axis]}:${prior.high[axis]}`).join(','),
    '--box': box,
    '--layers': layers,
    '--transfer-knots': options.transferKnots,
    '--transfer-spacing': options.transferSpacing,
    '--spline-knots': options.splineKnots,
    '--hidden': hidden.join(',') || 'none',
    '--log-density': logDensity,
    '--mean-draw': meanDraw ?? false,
    '--init': init?.id ?? 'none',
    '--batch': options.batch,
    '--epochs': options.epochs,
    '--learning-rate': options.learningRate,
    '--clip-norm': options.clipNorm,
    '--validation': options.validation,
    '--patience': options.patience,
    '--seed': seed,
    '--loss': loss,
    ...(loss === 'discriminative' ? { '--draws': draws } : {}),
  };
}

/** A model to start from must be of the same kind: its standardisation and its parameters are taken over. */
function requireSameModel({ checkpoint, folder, notes }: Model, options: TrainOptions, maps: MapStack): void {
  const { spec } = checkpoint;
  const wanted: [string, unknown, unknown][] = [
    ['maps', spec.shape.join(' × '), maps.shape.join(' × ')],
    ['--box', spec.boxSize, options.box],
    ['--prior', spec.parameterNames.join(), options.prior.names.join()],
    ['--layers', spec.layers, options.layers],
    ['--transfer-knots', spec.transferKnots, options.transferKnots],
    ['--transfer-spacing', spec.transferSpacing, options.transferSpacing],
    ['--spline-knots', spec.splineKnots, options.splineKnots],
    ['--hidden', spec.hidden.join(), options.hidden.join()],
    ['--log-density', spec.logDensity, options.logDensity],
    ['--mean-draw', notes.meanDraw !== null, options.meanDraw !== undefined],
  ];
  const differing = wanted.find(([, has, given]) => has !== given);
  if (differing) {
    const [name, has, given] = differing;
    throw new InputError(`--init ${folder}: that model has ${name} ${has}, this one ${given}; give the same`);
  }
}

/** The maps as they lie on disk, for the trainer. */
function datasetOf(
  maps: MapStack,
  table: ParameterTable,
  simulations: Int32Array,
  prior: NamedPrior,
): MapDataset {
  return {
    count: maps.count,
    shape: maps.shape,
    parameterNames: prior.names,
    parameters: table.values,
    simulations,
    read(index, out, offset) {
      out.set(maps.source.readRowsSync(index, index + 1, 'float32'), offset);
    },
  };
}

/** The checkpoint before the first step: the maps are read once for their moments. */
async function beginning(
  options: TrainOptions,
  dataset: MapDataset,
  maps: MapStack,
  init: Model | null,
  training: TrainingOptions,
  choices: Choices,
): Promise<Checkpoint> {
  const { logDensity, prior, seed } = options;
  const split = splitBySimulation(dataset, training.validationFraction, seed);
  const isTraining = new Uint8Array(dataset.count);
  for (const map of split.train) isTraining[map] = 1;
  const survey = await surveyMaps(maps, (map) => isTraining[map] === 1, logDensity);
  const meanDraw = meanDrawOf(options, survey, maps, init);
  const spec: TrenfSpec = init?.checkpoint.spec ?? {
    shape: maps.shape,
    boxSize: options.box,
    layers: options.layers,
    transferKnots: options.transferKnots,
    transferSpacing: options.transferSpacing,
    splineKnots: options.splineKnots,
    hidden: options.hidden,
    parameterNames: prior.names,
    prior: { low: prior.low, high: prior.high },
    logDensity,
    mean: survey.mean,
    deviation: survey.deviation,
  };
  const flow = trenf(spec);
  const state = initialState(flow, seed);
  if (init) {
    state.parameters.set(init.checkpoint.state.best);
    state.best.set(init.checkpoint.state.best);
  }
  const notes: TrainingNotes = {
    maps: { file: options.maps, fingerprint: fingerprint(maps) },
    meanDraw,
    choices,
    seconds: 0,
    covariances: options.loss === 'discriminative' ? await tableOf(flow, state.best, prior, options) : null,
  };
  return { spec, training, state, notes: { ...notes } };
}

async function tableOf(
  flow: Trenf,
  parameters: Float32Array,
  prior: NamedPrior,
  { seed, workers }: TrainOptions,
): Promise<CovarianceTable> {
  // Differences of likelihoods: in float64, whatever trains.
  const pool = await openPool(workers === undefined ? {} : { workers });
  const evaluator = openEvaluator(flow, parameters, { pool });
  try {
    return await covarianceTable(flow, evaluator, prior, seed);
  } finally {
    await evaluator.close();
    await pool.close();
  }
}

function meanDrawOf(
  { meanDraw, logDensity, seed, maps: file }: TrainOptions,
  { meansVanish, rawDeviation }: { readonly meansVanish: boolean; readonly rawDeviation: number },
  maps: MapStack,
  init: Model | null,
): MeanDraw | null {
  if (meanDraw === undefined) {
    if (!meansVanish) return null;
    throw new InputError(
      `${file}: the mean of every map vanishes, where a density of ${maps.pixels} dimensions has no upper bound; add --mean-draw, which draws a mean of fixed variance for each map`,
    );
  }
  if (!meansVanish) {
    throw new InputError(`--mean-draw: the maps of ${file} have means of their own; leave it out`);
  }
  if (init) return init.notes.meanDraw;
  if (meanDraw !== true) return { deviation: meanDraw, seed };
  // A k = 0 mode of the variance of a cell, like a mode of white noise. ln(1 + δ) has a deviation of its own scale.
  const cell = logDensity ? Math.sqrt(Math.log1p(rawDeviation ** 2)) : rawDeviation;
  return { deviation: cell / Math.sqrt(maps.pixels), seed };
}

/** Trains from a checkpoint to the end or to the next signal. */
async function continueTraining(
  checkpoint: Checkpoint,
  plain: MapDataset,
  options: TrainOptions,
  { place, name, ran }: OpenPlace,
  resumed: boolean,
): Promise<Outcome> {
  const { spec, training, state } = checkpoint;
  const notes = checkpoint.notes as unknown as TrainingNotes;
  const { meanDraw } = notes;
  const dataset = meanDraw ? withDrawnMeans(plain, meanDraw, spec.logDensity) : plain;
  const flow = trenf(spec);
  const executor: PooledLossExecutor = notes.covariances
    ? await discriminativeExecutor(flow, place, {
        table: notes.covariances,
        draws: training.draws,
        seed: training.seed,
      })
    : await generativeExecutor(flow, place);
  const interrupt = watchInterrupt();
  const begun = performance.now();
  const soFar = (): Checkpoint => ({
    ...checkpoint,
    notes: {
      ...notes,
      seconds: notes.seconds + (performance.now() - begun) / 1000,
      computedBy: [...new Set([...(notes.computedBy ?? []), ran()])].filter((how) => how !== null),
    },
  });
  const save = (): void => {
    const now = soFar();
    writeFileAtomic(modelFile(options.out), encodeCheckpoint(now));
    writeJsonAtomic(join(options.out, 'log.json'), logOf(now));
  };
  try {
    // A folder that cannot be written is told before the work, not after it.
    if (!resumed) save();
    let bar: ReturnType<typeof progressBar> | undefined;
    let saved = performance.now();
    let validation = state.history.at(-1)?.validation;
    for await (const { step, totalSteps, loss, record } of runTraining(dataset, executor, training, state)) {
      bar ??= progressBar(resumed ? 'training (resumed)' : 'training', totalSteps);
      if (record) validation = record.validation;
      bar.to(
        step,
        `epoch ${state.epoch + 1}  loss ${loss.toFixed(1)}${validation === undefined ? '' : `  validation ${validation.toFixed(1)}`}`,
      );
      if (interrupt.asked && !state.finished) {
        bar.end();
        save();
        return {
          lines: [`stopped after step ${step} of ${totalSteps}; give the same command again to go on`],
          data: { model: modelFile(options.out), finished: false, step, totalSteps },
          exitCode: EXIT.interrupted,
        };
      }
      if (performance.now() - saved >= 1000 * options.checkpointEvery) {
        save();
        saved = performance.now();
      }
    }
    bar?.end();
    save();
  } catch (error) {
    // What the place cannot compute any more can be gone on with elsewhere, from the last step.
    if (error instanceof TensorError && state.step > 0) save();
    throw error;
  } finally {
    interrupt.release();
    await executor.close();
  }
  const outcome = outcomeOf(soFar(), options.out, resumed ? 'went on and finished' : 'finished');
  return {
    ...outcome,
    lines: [...outcome.lines, `computed by ${name}`],
    data: { ...outcome.data, backend: name },
  };
}

/** The history as a file of its own, for plots. */
function logOf({ spec, training, state, notes }: Checkpoint): Record<string, unknown> {
  const { step, epoch, bestEpoch, bestValidation, finished, history } = state;
  return {
    spec,
    training,
    choices: notes.choices,
    parameters: layoutOf(trenf(spec).parameters).size,
    finished,
    step,
    epoch,
    bestEpoch,
    bestValidation: Number.isFinite(bestValidation) ? bestValidation : null,
    seconds: notes.seconds,
    history,
  };
}

function outcomeOf(checkpoint: Checkpoint, folder: string, how: string): Outcome {
  const { state, notes } = checkpoint;
  const seconds = notes.seconds as number;
  const { epoch, bestEpoch, bestValidation } = state;
  return {
    lines: [
      `training ${how} after ${epoch} epochs, ${clock(seconds)}; best validation loss ${bestValidation.toFixed(2)} nats a map (epoch ${bestEpoch})`,
      `model in ${modelFile(folder)}`,
    ],
    data: { model: modelFile(folder), ...logOf(checkpoint) },
  };
}
