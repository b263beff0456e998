/** A training on the charged particles as a safetensors file, with a header that names every choice. */
import { existsSync } from 'node:fs';
import { type ChargedModel, type ChargedTrainingState, initialChargedState } from '@equiflow/egnn';
import { FileFormatError, type StoredTensor } from '@equiflow/io';
import { readSafetensors, writeSafetensors } from '@equiflow/io/node';

/** What a training depends on, beside its state. */
export type ChargedChoices = Readonly<Record<string, number | string>>;

const VERSION = 1;

/** Writes the file, whole or not at all. */
export function saveCharged(file: string, choices: ChargedChoices, state: ChargedTrainingState): void {
  const { parameters, average, optimiser, best, epoch } = state;
  const moments = Object.entries(optimiser).map(([name, data]) => [`optimiser.${name}`, data] as const);
  const tensors = Object.fromEntries(
    [
      ['parameters', parameters] as const,
      ['average', average] as const,
      ['best', best.parameters] as const,
      ...moments,
    ].map(([name, data]): [string, StoredTensor] => [name, { shape: [data.length], data }]),
  );
  const header = {
    version: VERSION,
    experiment: 'charged-particles',
    choices,
    epoch,
    best: { epoch: best.epoch, validation: Number.isFinite(best.validation) ? best.validation : null },
  };
  writeSafetensors(file, tensors, { equiflow: JSON.stringify(header) });
}

/** A training as it was saved. */
export interface SavedCharged {
  readonly choices: ChargedChoices;
  readonly state: ChargedTrainingState;
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is not of this experiment and model.
 */
export function loadCharged(file: string, model: ChargedModel): SavedCharged | null {
  if (!existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(file);
  const header = JSON.parse(metadata.equiflow ?? '{}') as {
    version?: number;
    experiment?: string;
    choices: ChargedChoices;
    epoch: number;
    best: { epoch: number; validation: number | null };
  };
  if (header.experiment !== 'charged-particles' || header.version !== VERSION) {
    throw new FileFormatError(file, 'no training of this experiment', 'name another --out');
  }
  const state = initialChargedState(model, 0);
  const fill = (target: Float32Array | Float64Array, name: string): void => {
    const stored = tensors.get(name)?.data;
    if (stored?.constructor !== target.constructor || stored.length !== target.length) {
      throw new FileFormatError(
        file,
        `tensor ${name} is missing or has another size`,
        'name another --out, or repeat the options that it was made with',
      );
    }
    target.set(stored as Float32Array);
  };
  fill(state.parameters, 'parameters');
  fill(state.average, 'average');
  fill(state.best.parameters, 'best');
  for (const [name, values] of Object.entries(state.optimiser)) fill(values, `optimiser.${name}`);
  state.epoch = header.epoch;
  state.best.epoch = header.best.epoch;
  state.best.validation = header.best.validation ?? Number.POSITIVE_INFINITY;
  return { choices: header.choices, state };
}
