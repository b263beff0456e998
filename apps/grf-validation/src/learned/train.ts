/** Trains one TRENF from scratch on maps on disk. */
import {
  generativeExecutor,
  initialState,
  type TrainingOptions,
  type TrainingState,
  type Trenf,
  train,
  trainingDefaults,
  trenf,
  trenfDefaults,
} from '@equiflow/flows';
import type { Pool } from '@equiflow/tensor-wasm';
import type { Progress } from '../progress.ts';
import { type GaussianFamily, PARAMETER_NAMES, PRIOR } from './gaussian-family.ts';
import type { StoredMaps } from './maps.ts';

/** What is trained, and for how long. */
export interface ModelChoice {
  readonly layers: number;
  readonly transferKnots: number;
  /** Hidden widths of the networks from θ to T̂ and ψ. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly learningRate: number;
}

/** A trained flow. */
export interface TrainedModel {
  readonly flow: Trenf;
  /** The parameters of the best validation loss. */
  readonly parameters: Float32Array;
  readonly state: TrainingState;
  readonly options: TrainingOptions;
  /** Wall-clock of the training: reading maps, compiling, steps, validation. */
  readonly seconds: number;
}

/** Trains from the seed; `what` names it in the progress. */
export async function trainModel(
  family: GaussianFamily,
  maps: StoredMaps,
  choice: ModelChoice,
  pool: Pool,
  progress: Progress,
  what: string,
): Promise<TrainedModel> {
  const start = performance.now();
  const flow = trenf({
    ...trenfDefaults,
    shape: maps.dataset.shape,
    boxSize: family.boxSize,
    layers: choice.layers,
    transferKnots: choice.transferKnots,
    hidden: choice.hidden,
    parameterNames: PARAMETER_NAMES,
    prior: PRIOR,
    mean: maps.mean,
    deviation: maps.deviation,
  });
  const options: TrainingOptions = {
    ...trainingDefaults,
    epochs: choice.epochs,
    learningRate: choice.learningRate,
    patience: choice.epochs,
    validationFraction: 1 / 16,
  };
  const executor = await generativeExecutor(flow, pool);
  const state = initialState(flow, options.seed);
  try {
    for await (const { step, totalSteps } of train(maps.dataset, executor, options, state)) {
      progress.step(`training ${what}`, step / totalSteps);
    }
  } finally {
    await executor.close();
  }
  const seconds = (performance.now() - start) / 1000;
  return { flow, parameters: state.best, state, options, seconds };
}
