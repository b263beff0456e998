/** The choices of a training, as plain data that a checkpoint stores. */

/** How to train. */
export interface TrainingOptions {
  /** Maps a step. */
  readonly batch: number;
  /** Passes over the training maps. */
  readonly epochs: number;
  /** Peak learning rate of Adam; it rises over the first 2 % of the steps and falls to a hundredth along a cosine. */
  readonly learningRate: number;
  /** Gradients longer than this (Euclidean norm, after dividing by the pixels) are shortened to it. */
  readonly clipNorm: number;
  /** Fraction of the simulations put aside to validate. */
  readonly validationFraction: number;
  /** Stop after this many epochs without a better validation loss. */
  readonly patience: number;
  readonly seed: number;
  /** Generative: −log p(x|θ). Discriminative: −log p(θ|x). */
  readonly loss: 'generative' | 'discriminative';
  /** Draws of θ a map when the loss is discriminative. */
  readonly draws: number;
}

/** Defaults, good for a few thousand maps. */
export const trainingDefaults: TrainingOptions = {
  batch: 32,
  epochs: 20,
  learningRate: 5e-3,
  clipNorm: 1,
  validationFraction: 0.1,
  patience: 10,
  seed: 1,
  loss: 'generative',
  draws: 33,
};
