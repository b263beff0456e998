/** The command line of `validate`. */
import { parseArgs } from 'node:util';

/** The parts, in the order they run. */
export const PARTS: readonly ['exact', 'lognormal', 'equivariance', 'learned', 'continuous'] = [
  'exact',
  'lognormal',
  'equivariance',
  'learned',
  'continuous',
];

/** One part of the validation. */
export type Part = (typeof PARTS)[number];

/** What the user asked for. */
export interface Options {
  readonly reduced: boolean;
  readonly only: readonly Part[];
  readonly out: string;
  /** Where the JSON goes besides `OUT/validation.json`. */
  readonly json?: string;
  readonly help: boolean;
}

/** The text of `--help`. */
export const HELP: string = `validate: holds TRENF and the continuous flow against the analytic limits of Gaussian and lognormal fields

  --reduced      fewer meshes, a small learned limit (1 minute instead of 15)
  --only PARTS   of exact,lognormal,equivariance,learned,continuous (default: all)
  --out DIR      where report.html and validation.json go (default: out/validate)
  --json FILE    writes the JSON there too
  --help

Exit code 0 if every limit is kept, 1 if one is broken, 2 if it could not run: a command line that makes no
sense, a folder that cannot be written.
`;

/** A command line that makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the arguments after the program's name. @throws UsageError in one line. */
export function parseOptions(args: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new UsageError(`validate: ${(error as Error).message.split('\n')[0]}`);
  }
  const named = values.only?.split(',') ?? PARTS;
  for (const part of named) {
    if (!(PARTS as readonly string[]).includes(part)) {
      throw new UsageError(`validate: --only ${part}: no such part; give some of ${PARTS.join(',')}`);
    }
  }
  return {
    reduced: values.reduced,
    only: PARTS.filter((part) => (named as readonly string[]).includes(part)),
    out: values.out,
    ...(values.json === undefined ? {} : { json: values.json }),
    help: values.help,
  };
}

function parse(args: readonly string[]): {
  reduced: boolean;
  only?: string;
  out: string;
  json?: string;
  help: boolean;
} {
  return parseArgs({
    args: [...args],
    options: {
      reduced: { type: 'boolean', default: false },
      only: { type: 'string' },
      out: { type: 'string', default: 'out/validate' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;
}
