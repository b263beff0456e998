/** A measured number held against its limit, and the sections that the report and the JSON are made of. */

/** One row: what was measured, and what it must keep. A row without a limit is only reported. */
export interface Check {
  readonly name: string;
  readonly value: number;
  /** Standard error of the value. */
  readonly error?: number;
  readonly unit?: string;
  readonly limit?: { readonly atMost: number } | { readonly moreThan: number };
  readonly passed?: boolean;
}

interface Details {
  readonly error?: number;
  readonly unit?: string;
}

/** The value must not exceed the limit; NaN fails. */
export function atMost(name: string, value: number, limit: number, details: Details = {}): Check {
  return { name, value, ...details, limit: { atMost: limit }, passed: value <= limit };
}

/** The value must exceed the limit; NaN fails. */
export function moreThan(name: string, value: number, limit: number, details: Details = {}): Check {
  return { name, value, ...details, limit: { moreThan: limit }, passed: value > limit };
}

/** A value without a limit. */
export function reported(name: string, value: number, details: Details = {}): Check {
  return { name, value, ...details };
}

/** What one part of the validation found. */
export interface Section {
  /** True when every limit is kept, and there is at least one. */
  readonly passed: boolean;
  readonly seconds: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly checks: readonly Check[];
  /** The numbers behind the checks, as JSON. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Joins checks to a section. @throws RangeError when no check has a limit: such a section proves nothing. */
export function section(
  checks: readonly Check[],
  limits: Readonly<Record<string, number>>,
  figures: Readonly<Record<string, unknown>>,
  seconds: number,
): Section {
  const limited = checks.filter((check) => check.limit !== undefined);
  if (limited.length === 0) throw new RangeError('section: no check has a limit; nothing would be proved');
  return { passed: limited.every((check) => check.passed === true), seconds, limits, checks, figures };
}

/** `≤ 0.1`, `≤ 2e-6` or `> 0.01`. */
export function limitText(limit: NonNullable<Check['limit']>): string {
  const shown = (value: number): string => (value < 1e-3 ? value.toExponential() : `${value}`);
  return 'atMost' in limit ? `≤ ${shown(limit.atMost)}` : `> ${shown(limit.moreThan)}`;
}
