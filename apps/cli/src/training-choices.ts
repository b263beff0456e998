/** The choices of a training, stored in its checkpoint: a run goes on only with the same ones. */
import { InputError } from './errors.ts';

/** Choices by option. */
export type Choices = Readonly<Record<string, unknown>>;

/**
 * Refuses to go on with other choices than those of the checkpoint.
 * @throws InputError naming every choice that differs
 */
export function requireSameChoices(stored: Choices, given: Choices, folder: string): void {
  const differing = [...new Set([...Object.keys(stored), ...Object.keys(given)])].filter(
    (name) => JSON.stringify(stored[name]) !== JSON.stringify(given[name]),
  );
  if (differing.length === 0) return;
  const told = differing.map((name) => `${name} was ${show(stored[name])}, now ${show(given[name])}`);
  throw new InputError(
    `${folder} holds a training with other choices (${told.join('; ')}); give the same, another --out, or --restart`,
  );
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'not given');
}
