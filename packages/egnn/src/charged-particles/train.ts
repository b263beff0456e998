/**
 * Trains a model of the charged particles as the paper does (arXiv:2102.09844, section 5.1): Adam on the mean squared
 * error of batches of 100, the parameters with the best validation error kept. Who computes losses (one process, a
 * pool of workers) is the caller's choice; every random choice is a function of the seed and the epoch.
 */
import {
  adam,
  foldIn,
  initialParameters,
  key,
  permutation,
  type Schedule,
  TensorError,
} from '@equiflow/tensor';
import { type ChargedDataset, chargedBatch } from './dataset.ts';
import type { ChargedModel } from './models.ts';

/**
 * Computes losses for the trainer: squared errors summed over all coordinates of a batch, of any size. The gradient is
 * the trainer's to change.
 */
export interface ChargedExecutor {
  lossAndGradient(
    parameters: Float32Array,
    batch: ChargedDataset,
  ): Promise<{ readonly loss: number; readonly gradient: Float32Array }>;
  loss(parameters: Float32Array, batch: ChargedDataset): Promise<number>;
}

/** Choices of a training. */
export interface ChargedTrainingOptions {
  readonly epochs: number;
  readonly seed: number;
  /** Default 100. */
  readonly batch?: number;
  /** A number, or a schedule of the step. Default 5e-4, the paper's. */
  readonly learningRate?: number | Schedule;
  /**
   * Parameters are validated and kept as their running mean over the steps, ā ← d ā + (1 − d) a with this d (or
   * (1 + step)/(10 + step) while that is less; Polyak & Juditsky 1992). Default 0: the parameters themselves.
   */
  readonly averageDecay?: number;
  /** The validation error is computed after every so many epochs, and after the last. Default 1. */
  readonly validateEvery?: number;
}

/** Everything that later epochs depend on: saved between two epochs, it lets a training go on bit for bit. */
export interface ChargedTrainingState {
  /** Epochs done. */
  epoch: number;
  readonly parameters: Float32Array;
  /** Their running mean. */
  readonly average: Float32Array;
  /** Adam's, by name. */
  readonly optimiser: Readonly<Record<string, Float64Array>>;
  /** Parameters of the best validation error so far, that error, and its epoch. */
  readonly best: { readonly parameters: Float32Array; validation: number; epoch: number };
}

/** What is known after an epoch. */
export interface ChargedEpoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean squared error of a coordinate over the epoch's batches, while the parameters changed. */
  readonly training: number;
  /** Mean squared error on the validation set; null in epochs without one. */
  readonly validation: number | null;
}

/** A state before the first epoch: parameters from the seed. */
export function initialChargedState(model: ChargedModel, seed: number): ChargedTrainingState {
  const parameters = Float32Array.from(initialParameters(model.parameters, seed));
  return {
    epoch: 0,
    parameters,
    average: parameters.slice(),
    optimiser: adam(parameters.length).state,
    best: { parameters: parameters.slice(), validation: Number.POSITIVE_INFINITY, epoch: 0 },
  };
}

/** Steps of an epoch: whole batches only. */
export function chargedStepsPerEpoch(systems: number, batch = 100): number {
  return Math.max(1, Math.floor(systems / batch));
}

/**
 * Trains from a state to the last epoch, changing the state; gives a record after every epoch. Whoever asks for no
 * more records ends the training, and may save the state and go on later.
 * @throws TensorError when an option is no positive whole number, or the loss stops being a number.
 */
export async function* trainCharged(
  executor: ChargedExecutor,
  data: { readonly training: ChargedDataset; readonly validation: ChargedDataset },
  options: ChargedTrainingOptions,
  state: ChargedTrainingState,
): AsyncGenerator<ChargedEpoch, void> {
  const { epochs, seed, learningRate = 5e-4, averageDecay = 0, validateEvery = 1 } = options;
  const { size, particles } = data.training;
  const batch = Math.min(options.batch ?? 100, size);
  for (const [name, value] of Object.entries({ epochs, batch, validateEvery })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TensorError(`trainCharged: ${name} is ${value}; give a positive whole number`);
    }
  }
  if (!(averageDecay >= 0 && averageDecay < 1)) {
    throw new TensorError(`trainCharged: averageDecay is ${averageDecay}; give a number in [0, 1)`);
  }
  const { parameters, average, best } = state;
  const optimiser = adam(parameters.length, { learningRate });
  optimiser.restore(state.optimiser);
  const steps = chargedStepsPerEpoch(size, batch);
  const values = batch * particles * 3;
  while (state.epoch < epochs) {
    const epoch = state.epoch + 1;
    const order = permutation(foldIn(foldIn(key(seed), 1), epoch), size);
    let total = 0;
    for (let step = 0; step < steps; step++) {
      const part = chargedBatch(data.training, order.subarray(step * batch, (step + 1) * batch));
      const { loss, gradient } = await executor.lossAndGradient(parameters, part);
      if (!Number.isFinite(loss)) {
        throw new TensorError(
          `trainCharged: the loss is ${loss} in epoch ${epoch}, step ${step + 1}; lower the learning rate`,
        );
      }
      for (let i = 0; i < gradient.length; i++) gradient[i]! /= values;
      optimiser.step(parameters, gradient);
      const done = optimiser.state.step![0]!;
      updateMean(average, parameters, Math.min(averageDecay, (1 + done) / (10 + done)));
      total += loss / values;
    }
    let validation: number | null = null;
    if (epoch % validateEvery === 0 || epoch === epochs) {
      validation = await meanSquaredError(executor, average, data.validation);
      if (validation < best.validation) {
        Object.assign(best, { validation, epoch });
        best.parameters.set(average);
      }
    }
    for (const [name, values] of Object.entries(optimiser.state)) state.optimiser[name]!.set(values);
    state.epoch = epoch;
    yield { epoch, training: total / steps, validation };
  }
}

/** mean ← d mean + (1 − d) values. */
function updateMean(mean: Float32Array, values: Float32Array, decay: number): void {
  for (let i = 0; i < mean.length; i++) mean[i] = values[i]! + decay * (mean[i]! - values[i]!);
}

/** Mean squared error of a coordinate on a dataset. */
export async function meanSquaredError(
  executor: ChargedExecutor,
  parameters: Float32Array,
  dataset: ChargedDataset,
): Promise<number> {
  return (await executor.loss(parameters, dataset)) / dataset.target.length;
}
