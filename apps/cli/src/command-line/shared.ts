/** What the commands have in common: how one is declared, and the options that several take. */
import { type Command, Option } from 'commander';
import { InputError } from '../errors.ts';
import type { SpectrumChoice } from '../evaluation/spectrum-likelihood.ts';
import type { ExactChoice } from '../exact.ts';
import { assignments, columns, integer, list, oneOf } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import { backends } from '../place.ts';

/** Runs a command and shows its outcome. */
export type Run = (work: () => Promise<Outcome>, json: boolean) => Promise<void>;

/** Adds a command to the program. */
export type AddCommand = (program: Command, run: Run) => void;

/** Declares a command with the options that all have. */
export function declare(program: Command, name: string, description: string, examples: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'print one JSON object on standard output instead of text', false)
    .allowExcessArguments(false)
    .addHelpText('after', `\nExamples:\n${examples.trim().replace(/^/gm, '  ')}\n`);
}

/** Options of maps on disk. */
export function addMapsOptions(command: Command): Command {
  return command
    .requiredOption('--maps <file>', 'maps: .npy or .npz, shape (maps, N, N) or (maps, N, N, N), floats')
    .option('--array <name>', 'array of a .npz that holds several');
}

/** Options of a table of parameters; `required` where the command cannot do without. */
export function addParamsOptions(command: Command, required: boolean): Command {
  const flags = '--params <file>';
  const text = 'text table with one row of parameters a map, or a simulation of several maps';
  return (required ? command.requiredOption(flags, text) : command.option(flags, text))
    .option(
      '--columns <list>',
      'columns of the table: numbers from 0, or names (default: those named like the parameters)',
      columns('--columns'),
    )
    .option('--names <list>', 'names of these columns (default: those of the prior)', list('--names'));
}

/** Number of workers. */
export function addWorkers(command: Command): Command {
  return command.option(
    '--workers <number>',
    'worker threads (default: as many as the machine runs at once); results do not depend on it',
    integer('--workers', 1),
  );
}

/** Where the flow is computed, and the number of workers. */
export function addPlace(command: Command): Command {
  return addWorkers(command).addOption(
    new Option('--backend <name>', 'what computes: wasm (worker threads), or gpu (WebGPU, in float32)')
      .default('wasm')
      .argParser(oneOf('--backend', backends)),
  );
}

/** Options that name the exact law of the maps. */
export function addExactOptions(command: Command): Command {
  return command
    .option(
      '--exact <spectrum>',
      'the spectrum that the maps were simulated with, as in simulate: adds the exact likelihood and posterior',
    )
    .addOption(
      new Option('--exact-kind <kind>', 'law of these maps: grf or lognormal')
        .default('grf')
        .argParser(oneOf('--exact-kind', ['grf', 'lognormal'] as const)),
    )
    .option('--set <list>', 'parameters of that spectrum that were held, such as h=0.7', assignments);
}

/** The choice behind `--exact`, `--exact-kind` and `--set`. */
export function exactChoice(options: {
  readonly exact?: string;
  readonly exactKind: 'grf' | 'lognormal';
  readonly set?: Record<string, number>;
}): { exact?: ExactChoice } {
  if (options.exact === undefined) {
    if (options.set !== undefined)
      throw new InputError('--set belongs to --exact; give the spectrum with it');
    return {};
  }
  return { exact: { kind: options.exactKind, spectrum: options.exact, set: options.set ?? {} } };
}

/** Options that ask for the posterior of the power spectrum beside the flow's. */
export function addSpectrumOptions(command: Command): Command {
  return command
    .option(
      '--spectrum-maps <file>',
      'simulated maps, such as those of the training: adds the posterior of a likelihood of the power spectrum, fitted to them',
    )
    .option('--spectrum-params <file>', 'their parameters')
    .option(
      '--spectrum-bins <number>',
      'bins of the power spectrum, uniform in ln k (default: 12)',
      integer('--spectrum-bins', 1),
    );
}

/** The choice behind `--spectrum-maps`, `--spectrum-params` and `--spectrum-bins`. */
export function spectrumChoice(options: {
  readonly spectrumMaps?: string;
  readonly spectrumParams?: string;
  readonly spectrumBins?: number;
}): { spectrum?: SpectrumChoice } {
  const { spectrumMaps: maps, spectrumParams: params, spectrumBins: bins = 12 } = options;
  if (maps === undefined && params === undefined) {
    if (options.spectrumBins !== undefined)
      throw new InputError('--spectrum-bins belongs to --spectrum-maps; give the maps with it');
    return {};
  }
  if (maps === undefined || params === undefined) {
    throw new InputError('--spectrum-maps and --spectrum-params belong together; give both');
  }
  return { spectrum: { maps, params, bins } };
}
