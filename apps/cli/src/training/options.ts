/** What `equiflow train` is told, and what a checkpoint of it remembers beside the flow. */
import { type CovarianceTable, type TrainingOptions, trainingDefaults } from '@equiflow/flows';
import type { ModelNotes } from '../model.ts';
import type { NamedPrior } from '../options.ts';
import type { BackendName } from '../place.ts';

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
  /** What is trained. */
  readonly flow: 'trenf' | 'continuous';
  readonly transferKnots: number;
  readonly transferSpacing: 'log' | 'linear';
  readonly hidden: readonly number[];
  /** Of a TRENF alone. */
  readonly layers?: number;
  readonly splineKnots?: number;
  /** Of a continuous flow alone. */
  readonly channels?: number;
  readonly units?: number;
  readonly timeFunctions?: number;
  readonly bound?: number;
  readonly steps?: number;
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
export interface TrainingNotes extends ModelNotes {
  readonly covariances: CovarianceTable | null;
}

/** The options that the trainer knows. */
export function trainingOf(options: TrainOptions): TrainingOptions {
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
