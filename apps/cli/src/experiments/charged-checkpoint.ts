/** A training on the charged particles as a file. */
import { type ChargedModel, type ChargedTrainingState, initialChargedState } from '@equiflow/egnn';
import { type Choices, readTraining, type TrainingArrays, writeTraining } from './training-file.ts';

/** A training as it was saved. */
export interface SavedCharged {
  readonly choices: Choices;
  readonly state: ChargedTrainingState;
}

const KIND = {
  experiment: 'charged-particles',
  training: 'the charged particles',
  remedy: 'name another --out, or repeat the options that it was made with',
};

const arraysOf = ({ parameters, average, best, optimiser }: ChargedTrainingState): TrainingArrays => ({
  named: { parameters, average, best: best.parameters },
  optimiser,
});

/** Writes the file, whole or not at all. */
export function saveCharged(file: string, { choices, state }: SavedCharged): void {
  const { best, epoch } = state;
  const validation = Number.isFinite(best.validation) ? best.validation : null;
  writeTraining(file, KIND, arraysOf(state), { choices, epoch, best: { epoch: best.epoch, validation } });
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is not of this experiment and model.
 */
export function loadCharged(file: string, model: ChargedModel): SavedCharged | null {
  const state = initialChargedState(model, 0);
  const header = readTraining<{
    choices: Choices;
    epoch: number;
    best: { epoch: number; validation: number | null };
  }>(file, KIND, arraysOf(state));
  if (!header) return null;
  state.epoch = header.epoch;
  state.best.epoch = header.best.epoch;
  state.best.validation = header.best.validation ?? Number.POSITIVE_INFINITY;
  return { choices: header.choices, state };
}
