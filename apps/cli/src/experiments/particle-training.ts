/**
 * Trains the vector field of a continuous flow on samples in memory: Adam with a cosine schedule, and the running mean of
 * the parameters, which is what is used. Who computes losses is the caller's choice; every random choice is a function of
 * the seed and the step, so that a training goes on bit for bit where it was stopped.
 */
import type { LossExecutor } from '@equiflow/flows';
import {
  adam,
  clipByGlobalNorm,
  cosineSchedule,
  foldIn,
  initialParameters,
  key,
  type ParameterSpecs,
  permutation,
} from '@equiflow/tensor';

/** Choices of a training. */
export interface ParticleTrainingOptions {
  readonly steps: number;
  readonly batch: number;
  /** Highest rate; it rises over the first 2 % of the steps and falls to a hundredth. */
  readonly learningRate: number;
  /** ā ← d ā + (1 − d) a after every step, with this d (or (1 + step)/(10 + step) while that is less). */
  readonly averageDecay: number;
  /** Longest gradient of the mean loss; longer ones are shortened. */
  readonly clipNorm: number;
  readonly seed: number;
}

/** Everything that later steps depend on. */
export interface ParticleTrainingState {
  /** Steps done. */
  step: number;
  readonly parameters: Float32Array;
  /** Their running mean. */
  readonly average: Float32Array;
  /** Adam's, by name. */
  readonly optimiser: Readonly<Record<string, Float64Array>>;
}

/** A state before the first step: parameters from the seed, or given. */
export function initialParticleState(
  specs: ParameterSpecs,
  seed: number,
  given?: Float32Array,
): ParticleTrainingState {
  const parameters = given?.slice() ?? Float32Array.from(initialParameters(specs, seed));
  return { step: 0, parameters, average: parameters.slice(), optimiser: adam(parameters.length).state };
}

/**
 * Trains from a state on, changing it; gives the mean loss a sample after every step.
 * @param data samples, row-major [count, width].
 * @throws Error naming the step when the loss stops being a number.
 */
export async function* trainParticles(
  executor: LossExecutor,
  data: Float32Array,
  width: number,
  options: ParticleTrainingOptions,
  state: ParticleTrainingState,
): AsyncGenerator<number, void> {
  const { steps, seed, learningRate, averageDecay } = options;
  const count = data.length / width;
  const batch = Math.min(options.batch, count);
  const perEpoch = Math.floor(count / batch);
  const { parameters, average } = state;
  const optimiser = adam(parameters.length, {
    learningRate: cosineSchedule({
      peak: learningRate,
      warmUpSteps: Math.floor(0.02 * steps),
      totalSteps: steps,
      final: learningRate / 100,
    }),
  });
  optimiser.restore(state.optimiser);
  const noParameters = new Float32Array(0);
  let shown = { epoch: -1, order: new Int32Array(0) };
  while (state.step < steps) {
    const epoch = Math.floor(state.step / perEpoch);
    if (shown.epoch !== epoch) {
      shown = { epoch, order: permutation(foldIn(foldIn(key(seed), 1), epoch), count) };
    }
    const first = (state.step % perEpoch) * batch;
    const maps = new Float32Array(batch * width);
    for (let i = 0; i < batch; i++) {
      const row = shown.order[first + i]! * width;
      maps.set(data.subarray(row, row + width), i * width);
    }
    const { loss, gradient } = await executor.lossAndGradient(
      parameters,
      { size: batch, maps, parameters: noParameters },
      state.step,
    );
    if (!Number.isFinite(loss)) {
      throw new Error(
        `training: the loss is ${loss / batch} at step ${state.step + 1}; lower the learning rate (${learningRate})`,
      );
    }
    for (let i = 0; i < gradient.length; i++) gradient[i]! /= batch;
    clipByGlobalNorm([gradient], options.clipNorm);
    optimiser.step(parameters, gradient);
    const decay = Math.min(averageDecay, (1 + state.step) / (10 + state.step));
    for (let i = 0; i < average.length; i++) {
      average[i] = parameters[i]! + decay * (average[i]! - parameters[i]!);
    }
    for (const [name, values] of Object.entries(optimiser.state)) state.optimiser[name]!.set(values);
    state.step++;
    yield loss / batch;
  }
}
