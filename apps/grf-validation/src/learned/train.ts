/** Trains one flow from scratch on maps on disk. */
import {
  type FieldFlow,
  type FieldFlowSpec,
  fieldFlow,
  fieldFlowDefaults,
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
  readonly flow: FlowChoice;
  readonly transferKnots: number;
  /** Hidden widths of the networks from θ to the functions of the flow. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly learningRate: number;
}

/** A TRENF, or the field-level continuous flow. */
export type FlowChoice =
  | { readonly kind: 'trenf'; readonly layers: number }
  | ({ readonly kind: 'continuous' } & Pick<FieldFlowSpec, 'units' | 'timeFunctions' | 'bound' | 'steps'>);

/** A trained flow. */
export interface TrainedModel {
  readonly flow: Trenf | FieldFlow;
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
  const flow = flowOf(family, maps, choice);
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

function flowOf(family: GaussianFamily, maps: StoredMaps, choice: ModelChoice): Trenf | FieldFlow {
  const { transferKnots, hidden } = choice;
  const common = {
    ...{ shape: maps.dataset.shape, boxSize: family.boxSize, transferKnots, hidden },
    ...{ parameterNames: PARAMETER_NAMES, prior: PRIOR },
    ...{ mean: maps.mean, deviation: maps.deviation },
  };
  if (choice.flow.kind === 'trenf') {
    return trenf({ ...trenfDefaults, ...common, layers: choice.flow.layers });
  }
  const { kind: _, ...own } = choice.flow;
  return fieldFlow({ ...fieldFlowDefaults, ...common, ...own });
}
