/** A training of an E(n) flow as a safetensors file, with a header that names every choice. */
import { existsSync } from 'node:fs';
import { FileFormatError, type StoredTensor } from '@equiflow/io';
import { readSafetensors, writeSafetensors } from '@equiflow/io/node';
import type { ParameterSpecs } from '@equiflow/tensor';
import { InputError } from '../errors.ts';
import { initialParticleState, type ParticleTrainingState } from './particle-training.ts';

/** What a training depends on, beside its state. */
export type ParticleChoices = Readonly<Record<string, number | string>>;

/** Mean losses of a sample, over the steps since the entry before. */
export type LossHistory = readonly { readonly step: number; readonly loss: number }[];

/** A training as it was saved. */
export interface SavedParticles {
  readonly choices: ParticleChoices;
  readonly state: ParticleTrainingState;
  readonly history: LossHistory;
  /** Seconds of training so far. */
  readonly seconds: number;
}

const VERSION = 1;
const EXPERIMENT = 'en-flow';

/** Writes the file, whole or not at all. */
export function saveParticles(file: string, { choices, state, history, seconds }: SavedParticles): void {
  const { parameters, average, optimiser } = state;
  const moments = Object.entries(optimiser).map(([name, data]) => [`optimiser.${name}`, data] as const);
  const tensors = Object.fromEntries(
    [['parameters', parameters] as const, ['average', average] as const, ...moments].map(
      ([name, data]): [string, StoredTensor] => [name, { shape: [data.length], data }],
    ),
  );
  const header = { version: VERSION, experiment: EXPERIMENT, choices, step: state.step, history, seconds };
  writeSafetensors(file, tensors, { equiflow: JSON.stringify(header) });
}

/**
 * Reads the file; null where there is none.
 * @throws FileFormatError when it is damaged, or is of another experiment or network.
 */
export function loadParticles(file: string, specs: ParameterSpecs): SavedParticles | null {
  if (!existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(file);
  const header = JSON.parse(metadata.equiflow ?? '{}') as {
    version?: number;
    experiment?: string;
    choices: ParticleChoices;
    step: number;
    history: LossHistory;
    seconds: number;
  };
  if (header.experiment !== EXPERIMENT || header.version !== VERSION) {
    throw new FileFormatError(file, 'no training of an E(n) flow', 'name another folder');
  }
  const state = initialParticleState(specs, 0);
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
  fill(state.parameters, 'parameters');
  fill(state.average, 'average');
  for (const [name, values] of Object.entries(state.optimiser)) fill(values, `optimiser.${name}`);
  state.step = header.step;
  return { choices: header.choices, state, history: header.history, seconds: header.seconds };
}

/** Refuses to go on with a training that was made with other choices. */
export function requireSameChoices(file: string, before: ParticleChoices, now: ParticleChoices): void {
  for (const [name, value] of Object.entries(now)) {
    if (before[name] !== value) {
      throw new InputError(
        `${file} holds a training with ${name} ${before[name]}, not ${value}; repeat that, or choose another --out`,
      );
    }
  }
}
