/** The beginning of a training: the maps as the trainer reads them, and the checkpoint before the first step. */
import {
  type Checkpoint,
  type CovarianceTable,
  initialState,
  type MapDataset,
  type MapFlow,
  type MeanDraw,
  mapModel,
  openEvaluator,
  splitBySimulation,
  type TrainingOptions,
} from '@equiflow/flows';
import { openPool } from '@equiflow/tensor-wasm';
import { covarianceTable } from '../covariance-table.ts';
import { InputError } from '../errors.ts';
import { fingerprint, type MapStack, type ParameterTable, surveyMaps } from '../maps.ts';
import type { Model } from '../model.ts';
import type { NamedPrior } from '../options.ts';
import type { Choices } from '../training-choices.ts';
import { specOf } from './model-choices.ts';
import type { TrainingNotes, TrainOptions } from './options.ts';

/** The maps as they lie on disk, for the trainer. */
export function datasetOf(
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
export async function beginning(
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
  const spec =
    init?.checkpoint.spec ??
    specOf(options, {
      shape: maps.shape,
      parameterNames: prior.names,
      prior: { low: prior.low, high: prior.high },
      logDensity,
      mean: survey.mean,
      deviation: survey.deviation,
    });
  const flow = mapModel(spec);
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
  flow: MapFlow,
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
