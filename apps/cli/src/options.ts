/** Readers of option values. Each says which option was wrong, what was given, and what is wanted. */
import type { Box } from '@equiflow/flows';
import { InputError } from './errors.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number. */
export function parseNumber(flag: string, text: string): number {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) throw new InputError(`${flag}: '${text}' is no number`);
  return Number(trimmed);
}

/** Reader of a number within limits; `above` excludes its end. */
export function number(
  flag: string,
  { above, least, most }: { above?: number; least?: number; most?: number } = {},
): (text: string) => number {
  return (text) => {
    const value = parseNumber(flag, text);
    if (above !== undefined && !(value > above))
      throw new InputError(`${flag} ${text}: must be above ${above}`);
    if (least !== undefined && !(value >= least))
      throw new InputError(`${flag} ${text}: must be at least ${least}`);
    if (most !== undefined && !(value <= most))
      throw new InputError(`${flag} ${text}: must be at most ${most}`);
    return value;
  };
}

/** Reader of a whole number of at least `least`. */
export function integer(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(flag, text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InputError(`${flag} ${text}: give a whole number of at least ${least}`);
    }
    return value;
  };
}

/** Reader of one of some words. */
export function oneOf<T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word === undefined) throw new InputError(`${flag} '${text}': give ${words.join(' or ')}`);
    return word;
  };
}

/** Reader of `a,b,c`. */
export function list(flag: string): (text: string) => string[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim());
    if (items.some((item) => item === ''))
      throw new InputError(`${flag} '${text}': an item of the list is empty`);
    return items;
  };
}

/** Reader of `0.3,0.8`. */
export function numbers(flag: string): (text: string) => number[] {
  return (text) => list(flag)(text).map((item) => parseNumber(flag, item));
}

/** Reader of `64,64` or `none`. */
export function widths(flag: string): (text: string) => number[] {
  return (text) => (text === 'none' ? [] : list(flag)(text).map(integer(flag, 1)));
}

/** Reader of columns: numbers from 0, or names. */
export function columns(flag: string): (text: string) => (number | string)[] {
  return (text) => list(flag)(text).map((item) => (/^\d+$/.test(item) ? Number(item) : item));
}

/** A uniform prior with the names of its parameters, in the order typed. */
export interface NamedPrior extends Box {
  readonly names: readonly string[];
}

/** Reads `Omega_m:0.1:0.5,sigma_8:0.6:1.0`. */
export function prior(text: string): NamedPrior {
  const parts = list('--prior')(text).map((item) => {
    const [name = '', from, to, ...rest] = item.split(':');
    if (!/^[A-Za-z_]\w*$/.test(name) || from === undefined || to === undefined || rest.length > 0) {
      throw new InputError(`--prior '${item}': write NAME:LOW:HIGH, such as Omega_m:0.1:0.5`);
    }
    const [low, high] = [parseNumber('--prior', from), parseNumber('--prior', to)];
    if (!(low < high)) throw new InputError(`--prior ${name}: ${low} to ${high} is empty; give LOW < HIGH`);
    return { name, low, high };
  });
  const names = parts.map(({ name }) => name);
  requireDistinct('--prior', names);
  return { names, low: parts.map(({ low }) => low), high: parts.map(({ high }) => high) };
}

/** Reads `A=100,n=-1`. */
export function assignments(text: string): Record<string, number> {
  const pairs = list('--set')(text).map((item): [string, number] => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.+)$/.exec(item) ?? [];
    if (name === undefined) throw new InputError(`--set '${item}': write NAME=NUMBER, such as n=-1`);
    return [name, parseNumber(`--set ${name}`, value!)];
  });
  requireDistinct(
    '--set',
    pairs.map(([name]) => name),
  );
  return Object.fromEntries(pairs);
}

/** Refuses a name that comes twice. */
export function requireDistinct(flag: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`${flag}: ${twice} is given twice`);
}

/** θ given by the user, checked against a prior. */
export function requireTheta(flag: string, theta: readonly number[], box: NamedPrior): void {
  const { names, low, high } = box;
  if (theta.length !== names.length) {
    throw new InputError(
      `${flag}: ${theta.length} values for the ${names.length} parameters ${names.join(', ')}`,
    );
  }
  theta.forEach((value, axis) => {
    if (!(value >= low[axis]! && value <= high[axis]!)) {
      throw new InputError(
        `${flag}: ${names[axis]} = ${value} is outside the prior from ${low[axis]} to ${high[axis]}`,
      );
    }
  });
}
