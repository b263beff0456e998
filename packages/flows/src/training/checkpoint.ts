/**
 * A checkpoint is one safetensors file: the parameters by name, the optimiser's moments, and a JSON header that
 * names every choice. A training resumed from it goes on bit for bit, for its random numbers are functions of the
 * seed and the step alone.
 */

import { decodeSafetensors, encodeSafetensors, FileFormatError } from '@equiflow/io';
import { layoutOf } from '@equiflow/tensor';
import { kindOf, MAP_MODEL_KINDS, type MapModelKind, type MapModelSpec, mapModel } from '../map-model.ts';
import type { TrainingOptions } from './options.ts';

/** Raised when a change makes old files unreadable. */
export const CHECKPOINT_VERSION = 1;

/** One epoch of the history: mean loss a map, nats. */
export interface EpochRecord {
  readonly epoch: number;
  readonly train: number;
  readonly validation: number;
  readonly seconds: number;
}

/** Everything that a training needs to go on. */
export interface TrainingState {
  /** Steps done. */
  step: number;
  /** Epochs done. */
  epoch: number;
  readonly parameters: Float32Array;
  /** What the optimiser carries from step to step, by name. */
  optimiser: Readonly<Record<string, Float64Array>>;
  /** Parameters with the lowest validation loss so far. */
  readonly best: Float32Array;
  bestValidation: number;
  bestEpoch: number;
  /** Sum of the losses of the steps done in the current epoch. */
  epochLoss: number;
  history: EpochRecord[];
  /** True when the training has come to its end. */
  finished: boolean;
}

/** A model with its training. */
export interface Checkpoint {
  readonly spec: MapModelSpec;
  readonly training: TrainingOptions;
  readonly state: TrainingState;
  /** What the caller adds: where the maps came from, how long it took. */
  readonly notes: Readonly<Record<string, unknown>>;
}

/** The bytes of a checkpoint. */
export function encodeCheckpoint({ spec, training, state, notes }: Checkpoint): Uint8Array {
  const { parameters, optimiser, best, ...scalars } = state;
  const { slots } = layoutOf(mapModel(spec).parameters);
  const named = Object.fromEntries(
    Object.entries({ best, parameters }).flatMap(([group, flat]) =>
      slots.map(({ name, shape, offset, size }) => [
        `${group}.${name}`,
        { shape, data: flat.subarray(offset, offset + size) },
      ]),
    ),
  );
  const moments = Object.fromEntries(
    Object.entries(optimiser).map(([name, data]) => [`optimiser.${name}`, { shape: [data.length], data }]),
  );
  const header = { version: CHECKPOINT_VERSION, model: kindOf(spec), spec, training, state: scalars, notes };
  // JSON has no infinity: a validation loss that does not exist yet is null.
  return encodeSafetensors({ ...named, ...moments }, { equiflow: JSON.stringify(header) });
}

/**
 * Reads a checkpoint.
 * @throws FileFormatError when the file is damaged, is not equiflow's, or has another version.
 */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const text = metadata.equiflow;
  if (text === undefined) {
    throw new FileFormatError(
      file,
      'a safetensors file without an equiflow header',
      'give the model.safetensors that equiflow train wrote',
    );
  }
  const header = JSON.parse(text) as {
    version: number;
    model: MapModelKind;
    spec: MapModelSpec;
    training: TrainingOptions;
    state: Omit<TrainingState, 'parameters' | 'optimiser' | 'best'> & {
      bestValidation: number | null;
    };
    notes: Record<string, unknown>;
  };
  if (header.version !== CHECKPOINT_VERSION) {
    throw new FileFormatError(
      file,
      `a checkpoint of version ${header.version}, this equiflow reads version ${CHECKPOINT_VERSION}`,
      'train again, or use the equiflow that wrote it',
    );
  }
  if (!MAP_MODEL_KINDS.includes(header.model)) {
    throw new FileFormatError(
      file,
      `a checkpoint of the kind ${header.model}, this equiflow reads ${MAP_MODEL_KINDS.join(' and ')}`,
      'use the equiflow that wrote it',
    );
  }
  const { slots, size } = layoutOf(mapModel(header.spec).parameters);
  const gather = (group: string): Float32Array => {
    const flat = new Float32Array(size);
    for (const { name, offset, size: count } of slots) {
      const stored = tensors.get(`${group}.${name}`);
      if (!(stored?.data instanceof Float32Array) || stored.data.length !== count) {
        throw new FileFormatError(
          file,
          `tensor ${group}.${name} is missing or has another size`,
          'copy the file again or train again',
        );
      }
      flat.set(stored.data, offset);
    }
    return flat;
  };
  return {
    spec: header.spec,
    training: header.training,
    notes: header.notes,
    state: {
      ...header.state,
      bestValidation: header.state.bestValidation ?? Number.POSITIVE_INFINITY,
      parameters: gather('parameters'),
      optimiser: Object.fromEntries(
        [...tensors].flatMap(([name, { data }]) =>
          name.startsWith('optimiser.') && data instanceof Float64Array
            ? [[name.slice('optimiser.'.length), data]]
            : [],
        ),
      ),
      best: gather('best'),
    },
  };
}
