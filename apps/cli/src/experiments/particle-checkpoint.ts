/** A training of an E(n) flow as a file. */
import type { ParameterSpecs } from '@equiflow/tensor';
import { initialParticleState, type ParticleTrainingState } from './particle-training.ts';
import { type Choices, readTraining, type TrainingArrays, writeTraining } from './training-file.ts';

/** Mean losses of a sample, over the steps since the entry before. */
export type LossHistory = readonly { readonly step: number; readonly loss: number }[];

/** A training as it was saved. */
export interface SavedParticles {
  readonly choices: Choices;
  readonly state: ParticleTrainingState;
  readonly history: LossHistory;
  /** Seconds of training so far. */
  readonly seconds: number;
}

const KIND = {
  experiment: 'en-flow',
  training: 'an E(n) flow',
  remedy: 'repeat --layers and --hidden that it was made with',
};

const arraysOf = ({ parameters, average, optimiser }: ParticleTrainingState): TrainingArrays => ({
  named: { parameters, average },
  optimiser,
});

/** Writes the file, whole or not at all. */
export function saveParticles(file: string, { choices, state, history, seconds }: SavedParticles): void {
  writeTraining(file, KIND, arraysOf(state), { choices, step: state.step, history, seconds });
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is of another experiment or network.
 */
export function loadParticles(file: string, specs: ParameterSpecs): SavedParticles | null {
  const state = initialParticleState(specs, 0);
  const header = readTraining<{ choices: Choices; step: number; history: LossHistory; seconds: number }>(
    file,
    KIND,
    arraysOf(state),
  );
  if (!header) return null;
  const { choices, step, history, seconds } = header;
  state.step = step;
  return { choices, state, history, seconds };
}
