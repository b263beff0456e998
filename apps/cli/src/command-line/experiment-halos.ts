/** The options of `equiflow experiment halos`: an E(n) flow of halo catalogues. */
import { type Command, Option } from 'commander';
import type { HalosCommand } from '../commands/halos.ts';
import { integer, list, number, oneOf } from '../options.ts';
import { addWorkers, declare, type Run } from './shared.ts';

const EXAMPLES = `
equiflow experiment halos --budget 10 --out halos
equiflow experiment halos --boxes 1000 --halos 24 --particles 48 --box-size 120 --out halos-24
equiflow experiment halos --cost 8,16,32,64 --out halos-cost`;

/** Adds the command. */
export function addHalosExperiment(experiments: Command, run: Run): void {
  const command = declare(
    experiments,
    'halos',
    'An E(n) flow (arXiv:2105.09016) of the most massive halos of small N-body boxes, conditional on Omega_m and sigma_8: a density on the torus with the symmetries of the box, trained by flow matching. Says first how long it takes; the same command goes on where it was stopped.',
    EXAMPLES,
  )
    .requiredOption('--out <folder>', 'folder of the catalogues, the trained parameters and the results')
    .option(
      '--boxes <number>',
      'boxes to simulate, a Sobol design in Omega_m and sigma_8',
      integer('--boxes', 8),
      512,
    )
    .option('--test <number>', 'boxes of these to put aside for the test', integer('--test', 2), 64)
    .option(
      '--halos <number>',
      'halos of a catalogue: the most massive of its box',
      integer('--halos', 2),
      12,
    )
    .option('--box-size <length>', 'side of a box, Mpc/h', number('--box-size', { above: 0 }), 100)
    .option('--particles <number>', 'particles along an axis', integer('--particles', 8), 32)
    .option('--steps <number>', 'time steps of a simulation', integer('--steps', 1), 12)
    .option('--budget <minutes>', 'longest time of the training', number('--budget', { above: 0 }))
    .option(
      '--epochs <number>',
      'passes over the catalogues (default: 400, or as many as fit the budget)',
      integer('--epochs', 1),
    )
    .option('--batch <number>', 'catalogues a step', integer('--batch', 1), 32)
    .option('--learning-rate <rate>', 'peak rate of Adam', number('--learning-rate', { above: 0 }), 3e-3)
    .option('--layers <number>', 'layers of the network', integer('--layers', 1), 4)
    .option('--hidden <number>', 'features of a layer', integer('--hidden', 1), 32)
    .option(
      '--tolerance <number>',
      "of the solver's steps in the evaluation, relative and absolute",
      number('--tolerance', { above: 0 }),
      1e-4,
    )
    .addOption(
      new Option(
        '--trace <word>',
        'divergences of the evaluation: exact, or by hutchinson, beyond about 32 halos',
      )
        .argParser(oneOf('--trace', ['exact', 'hutchinson'] as const))
        .default('exact'),
    )
    .option(
      '--cost <list>',
      'measure memory and time for catalogues of these numbers of halos, and nothing else',
      (text: string) => list('--cost')(text).map(integer('--cost', 2)),
    )
    .option('--seed <number>', 'seed of boxes, training and samples', integer('--seed', 0), 1);
  addWorkers(command).action((flags: HalosCommand & { readonly json: boolean }) =>
    run(async () => (await import('../commands/halos.ts')).halos(flags), flags.json),
  );
}
