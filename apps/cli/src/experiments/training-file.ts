/** The training of an experiment as a safetensors file: arrays by name, and a header that names every choice. */
import { existsSync } from 'node:fs';
import { FileFormatError, type StoredTensor } from '@equiflow/io';
import { readSafetensors, writeSafetensors } from '@equiflow/io/node';
import { InputError } from '../errors.ts';

/** What a training depends on, beside its state. */
export type Choices = Readonly<Record<string, number | string>>;

type Arrays = Readonly<Record<string, Float32Array | Float64Array>>;

/** The arrays of a training: its parameters under several names, and what the optimiser carries from step to step. */
export interface TrainingArrays {
  readonly named: Arrays;
  readonly optimiser: Arrays;
}

/** Which experiment a file belongs to, and what to do about one that does not. */
export interface TrainingKind {
  readonly experiment: string;
  /** As in 'no training of an E(n) flow'. */
  readonly training: string;
  /** What to do about arrays of another size. */
  readonly remedy: string;
}

const VERSION = 1;

const flattened = ({
  named,
  optimiser,
}: TrainingArrays): (readonly [string, Float32Array | Float64Array])[] => [
  ...Object.entries(named),
  ...Object.entries(optimiser).map(([name, data]) => [`optimiser.${name}`, data] as const),
];

/** Writes the file, whole or not at all. */
export function writeTraining(
  file: string,
  { experiment }: TrainingKind,
  arrays: TrainingArrays,
  header: object,
): void {
  const tensors = Object.fromEntries(
    flattened(arrays).map(([name, data]): [string, StoredTensor] => [name, { shape: [data.length], data }]),
  );
  writeSafetensors(file, tensors, { equiflow: JSON.stringify({ version: VERSION, experiment, ...header }) });
}

/**
 * Reads the file into arrays of the sizes that it must have, and gives its header back; null where there is no file.
 * @throws FileFormatError when it is damaged, or is of another experiment or network.
 */
export function readTraining<Header>(file: string, kind: TrainingKind, into: TrainingArrays): Header | null {
  if (!existsSync(file)) return null;
  const { tensors, metadata } = readSafetensors(file);
  const header = JSON.parse(metadata.equiflow ?? '{}') as { version?: number; experiment?: string };
  if (header.experiment !== kind.experiment || header.version !== VERSION) {
    throw new FileFormatError(file, `no training of ${kind.training}`, 'name another --out');
  }
  for (const [name, target] of flattened(into)) {
    const stored = tensors.get(name)?.data;
    if (stored?.constructor !== target.constructor || stored.length !== target.length) {
      throw new FileFormatError(file, `tensor ${name} is missing or has another size`, kind.remedy);
    }
    target.set(stored as Float32Array);
  }
  return header as Header;
}

/**
 * Refuses to go on with a training that was made with other choices.
 * @throws InputError naming the first that differs
 */
export function requireSameTraining(file: string, before: Choices, now: Choices): void {
  for (const [name, value] of Object.entries(now)) {
    if (before[name] !== value) {
      throw new InputError(
        `${file} holds a training with ${name} ${before[name]}, not ${value}; repeat that, or choose another --out`,
      );
    }
  }
}
