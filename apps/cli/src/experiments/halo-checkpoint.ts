/** A training of a halo flow as a safetensors file, with a header that names every choice. */
import { existsSync } from 'node:fs';
import { initialState, type TrainingState } from '@equiflow/flows';
import { FileFormatError, type StoredTensor } from '@equiflow/io';
import { readSafetensors, writeSafetensors } from '@equiflow/io/node';
import type { ParameterSpecs } from '@equiflow/tensor';

/** What a training depends on, beside its state. */
export type HaloChoices = Readonly<Record<string, number | string>>;

/** A training as it was saved. */
export interface SavedHalos {
  readonly choices: HaloChoices;
  readonly state: TrainingState;
  /** Running mean of the parameters, which is what is used. */
  readonly average: Float32Array;
  /** Seconds of training so far. */
  readonly seconds: number;
}

const VERSION = 1;
const EXPERIMENT = 'halos';

/** Writes the file, whole or not at all. */
export function saveHalos(file: string, { choices, state, average, seconds }: SavedHalos): void {
  const { parameters, best, optimiser, ...scalars } = state;
  const moments = Object.entries(optimiser).map(([name, data]) => [`optimiser.${name}`, data] as const);
  const tensors = Object.fromEntries(
    [
      ['parameters', parameters] as const,
      ['average', average] as const,
      ['best', best] as const,
      ...moments,
    ].map(([name, data]): [string, StoredTensor] => [name, { shape: [data.length], data }]),
  );
  // JSON has no infinity: a validation loss that does not exist yet is null.
  const header = { version: VERSION, experiment: EXPERIMENT, choices, state: scalars, seconds };
  writeSafetensors(file, tensors, { equiflow: JSON.stringify(header) });
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is of another experiment or network.
 */
export function loadHalos(file: string, specs: ParameterSpecs): SavedHalos | null {
  if (!existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(file);
  const header = JSON.parse(metadata.equiflow ?? '{}') as {
    version?: number;
    experiment?: string;
    choices: HaloChoices;
    state: Omit<TrainingState, 'parameters' | 'best' | 'optimiser' | 'bestValidation'> & {
      bestValidation: number | null;
    };
    seconds: number;
  };
  if (header.experiment !== EXPERIMENT || header.version !== VERSION) {
    throw new FileFormatError(file, 'no training of a halo flow', 'name another --out');
  }
  const fresh = initialState({ parameters: specs }, 0);
  const fill = (target: Float32Array | Float64Array, name: string): void => {
    const stored = tensors.get(name)?.data;
    if (stored?.constructor !== target.constructor || stored.length !== target.length) {
      throw new FileFormatError(
        file,
        `tensor ${name} is missing or has another size`,
        'repeat --layers and --hidden that it was made with',
      );
    }
    target.set(stored as Float32Array);
  };
  fill(fresh.parameters, 'parameters');
  fill(fresh.best, 'best');
  const average = fresh.parameters.slice();
  fill(average, 'average');
  for (const [name, values] of Object.entries(fresh.optimiser)) fill(values, `optimiser.${name}`);
  const { bestValidation, ...scalars } = header.state;
  const state = Object.assign(fresh, scalars, {
    bestValidation: bestValidation ?? Number.POSITIVE_INFINITY,
  });
  return { choices: header.choices, state, average, seconds: header.seconds };
}
