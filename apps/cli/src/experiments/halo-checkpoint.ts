/** A training of a halo flow as a file. */
import { initialState, type TrainingState } from '@equiflow/flows';
import type { ParameterSpecs } from '@equiflow/tensor';
import { type Choices, readTraining, writeTraining } from './training-file.ts';

/** A training as it was saved. */
export interface SavedHalos {
  readonly choices: Choices;
  readonly state: TrainingState;
  /** Running mean of the parameters, which is what is used. */
  readonly average: Float32Array;
  /** Seconds of training so far. */
  readonly seconds: number;
}

const KIND = {
  experiment: 'halos',
  training: 'a halo flow',
  remedy: 'repeat --layers and --hidden that it was made with',
};

/** Writes the file, whole or not at all. */
export function saveHalos(file: string, { choices, state, average, seconds }: SavedHalos): void {
  const { parameters, best, optimiser, ...scalars } = state;
  // JSON has no infinity: a validation loss that does not exist yet is null.
  const header = { choices, state: scalars, seconds };
  writeTraining(file, KIND, { named: { parameters, average, best }, optimiser }, header);
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is of another experiment or network.
 */
export function loadHalos(file: string, specs: ParameterSpecs): SavedHalos | null {
  const fresh = initialState({ parameters: specs }, 0);
  const { parameters, best, optimiser } = fresh;
  const average = parameters.slice();
  const header = readTraining<{
    choices: Choices;
    state: Omit<TrainingState, 'parameters' | 'best' | 'optimiser' | 'bestValidation'> & {
      bestValidation: number | null;
    };
    seconds: number;
  }>(file, KIND, { named: { parameters, average, best }, optimiser });
  if (!header) return null;
  const { bestValidation, ...scalars } = header.state;
  const state = Object.assign(fresh, scalars, { bestValidation: bestValidation ?? Number.POSITIVE_INFINITY });
  return { choices: header.choices, state, average, seconds: header.seconds };
}
