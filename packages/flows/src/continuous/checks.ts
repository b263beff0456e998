/** What all continuous flows ask of what they are given. */
import type { BaseDensity } from '../base-density.ts';
import type { FlowField } from './vector-field.ts';

/** @throws RangeError where samples of the base density are no samples of the field. */
export function requireBase(field: FlowField, base: BaseDensity): void {
  if (field.shape.length !== base.shape.length || field.shape.some((side, i) => side !== base.shape[i])) {
    throw new RangeError(
      `continuous flow: the field moves samples [${field.shape}], the base density has samples [${base.shape}]; give the same shape`,
    );
  }
}

const choices = {
  trace: ['exact', 'hutchinson'],
  noise: ['rademacher', 'gaussian'],
  errorNorm: ['x', 'x and log p'],
  sharing: ['own', 'shared'],
} as const;

/** @throws RangeError for a name that is none of its choices. */
export function requireChoices(given: Readonly<Record<keyof typeof choices, string>>): void {
  for (const name of Object.keys(choices) as (keyof typeof choices)[]) {
    const known: readonly string[] = choices[name];
    if (!known.includes(given[name])) {
      throw new RangeError(
        `continuous flow: ${name} is '${given[name]}'; give ${known.map((one) => `'${one}'`).join(' or ')}`,
      );
    }
  }
}

/** @throws RangeError unless a value is a whole number of `least` or more. */
export function requireWhole(where: string, name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new RangeError(`${where}: ${name} is ${value}; give a whole number, ${least} or more`);
  }
}

/** @throws RangeError for values in another container than a float array, which callers without types can give. */
export function requireFloats(name: string, values: unknown): void {
  if (!(values instanceof Float64Array || values instanceof Float32Array)) {
    throw new RangeError(`continuous flow: ${name} is no Float64Array or Float32Array; give one of these`);
  }
}
