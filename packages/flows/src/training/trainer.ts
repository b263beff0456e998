/**
 * Trains a flow of maps: mini-batches streamed from the dataset, gradients from an executor (workers, one process, later a
 * GPU), Adam on the host, validation by epoch, early stopping. Every random choice is a function of the seed and the
 * epoch, so a training that is interrupted at any step and resumed gives the same bits.
 */
import {
  adam,
  clipByGlobalNorm,
  cosineSchedule,
  foldIn,
  initialParameters,
  key,
  permutation,
  type Schedule,
} from '@equiflow/tensor';
import type { Flow } from '../flow.ts';
import type { EpochRecord, TrainingState } from './checkpoint.ts';
import { type Batch, type MapDataset, readBatch, splitBySimulation } from './dataset.ts';
import type { TrainingOptions } from './options.ts';

/** Computes losses for the trainer. Sums over the maps of the batch, in nats. */
export interface LossExecutor {
  lossAndGradient(
    parameters: Float32Array,
    batch: Batch,
    step: number,
  ): Promise<{ loss: number; gradient: Float32Array }>;
  loss(parameters: Float32Array, batch: Batch): Promise<number>;
}

/** What the trainer reports after every step; `record` is set where an epoch ends. */
export interface TrainingProgress {
  readonly step: number;
  readonly totalSteps: number;
  /** Mean loss of the step's maps, nats a map. */
  readonly loss: number;
  readonly record: EpochRecord | null;
}

/** A state at the first step: parameters from the seed. */
export function initialState(flow: Pick<Flow, 'parameters'>, seed: number): TrainingState {
  const parameters = Float32Array.from(initialParameters(flow.parameters, seed));
  return {
    step: 0,
    epoch: 0,
    parameters,
    optimiser: adam(parameters.length).state,
    best: parameters.slice(),
    bestValidation: Number.POSITIVE_INFINITY,
    bestEpoch: 0,
    epochLoss: 0,
    history: [],
    finished: false,
  };
}

/** A linear rise over the first 2 % of the steps and a cosine down to a hundredth. */
export function learningRateSchedule(totalSteps: number, peak: number): Schedule {
  return cosineSchedule({
    peak,
    warmUpSteps: Math.ceil(0.02 * (totalSteps - 1)),
    totalSteps,
    final: peak / 100,
  });
}

/**
 * Runs a training from a state to its end, changing the state after every step: whoever stops between two steps (the
 * caller of the generator) may save it and go on later.
 * @throws Error naming the step when the loss stops being a number.
 */
export async function* train(
  dataset: MapDataset,
  executor: LossExecutor,
  options: TrainingOptions,
  state: TrainingState,
): AsyncGenerator<TrainingProgress, TrainingState> {
  const split = splitBySimulation(dataset, options.validationFraction, options.seed);
  const pixels = dataset.shape.reduce((product, length) => product * length, 1);
  const batch = Math.min(options.batch, split.train.length);
  const stepsPerEpoch = Math.floor(split.train.length / batch);
  const totalSteps = stepsPerEpoch * options.epochs;
  const indicesAt = (step: number): Int32Array => {
    const order = permutation(
      foldIn(foldIn(key(options.seed), 2), Math.floor(step / stepsPerEpoch)),
      split.train.length,
    );
    const start = (step % stepsPerEpoch) * batch;
    return order.subarray(start, start + batch).map((place) => split.train[place]!);
  };
  const optimiser = adam(state.parameters.length, {
    learningRate: learningRateSchedule(totalSteps, options.learningRate),
  });
  optimiser.restore(state.optimiser);
  state.optimiser = optimiser.state;
  let epochStart = performance.now();
  let next = state.finished || state.step >= totalSteps ? null : readBatch(dataset, indicesAt(state.step));
  while (next && !state.finished) {
    const current = await next;
    const { step } = state;
    // The next maps are read while this step computes.
    next = step + 1 < totalSteps ? readBatch(dataset, indicesAt(step + 1)) : null;
    next?.catch(() => undefined);
    const { loss, gradient } = await executor.lossAndGradient(state.parameters, current, step);
    if (!Number.isFinite(loss)) {
      throw new Error(
        `training: the loss is ${loss / current.size} at step ${step + 1}; lower the learning rate (${options.learningRate})`,
      );
    }
    // Gradient of the mean loss a pixel: of order one whatever the mesh.
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= current.size * pixels;
    clipByGlobalNorm([gradient], options.clipNorm);
    optimiser.step(state.parameters, gradient);
    state.step = step + 1;
    state.epochLoss += loss / current.size;
    let record: EpochRecord | null = null;
    if (state.step % stepsPerEpoch === 0) {
      record = {
        epoch: state.epoch + 1,
        train: state.epochLoss / stepsPerEpoch,
        validation: await meanLoss(dataset, executor, state.parameters, split.validation, batch),
        seconds: (performance.now() - epochStart) / 1000,
      };
      endEpoch(state, record, options.patience);
      if (state.step >= totalSteps) state.finished = true;
      epochStart = performance.now();
    }
    yield { step: state.step, totalSteps, loss: loss / current.size, record };
  }
  state.finished = true;
  return state;
}

function endEpoch(state: TrainingState, record: EpochRecord, patience: number): void {
  state.epoch = record.epoch;
  state.epochLoss = 0;
  state.history.push(record);
  if (record.validation < state.bestValidation) {
    state.bestValidation = record.validation;
    state.bestEpoch = record.epoch;
    state.best.set(state.parameters);
  } else if (record.epoch - state.bestEpoch >= patience) state.finished = true;
}

/** Mean loss a map over some maps, nats. */
export async function meanLoss(
  dataset: MapDataset,
  executor: LossExecutor,
  parameters: Float32Array,
  maps: Int32Array,
  batch: number,
): Promise<number> {
  let total = 0;
  for (let start = 0; start < maps.length; start += batch) {
    total += await executor.loss(parameters, await readBatch(dataset, maps.subarray(start, start + batch)));
  }
  return total / maps.length;
}
