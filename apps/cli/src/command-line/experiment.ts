/** The options of `equiflow experiment`: experiments of the literature, with one command each. */
import { Option } from 'commander';
import type { ChargedModelName, ChargedParticlesCommand } from '../commands/charged-particles.ts';
import { InputError } from '../errors.ts';
import { integer, list, number, oneOf } from '../options.ts';
import { addHalosExperiment } from './experiment-halos.ts';
import { addParticleExperiments } from './experiment-particles.ts';
import { type AddCommand, addWorkers, declare } from './shared.ts';

const EXAMPLES = `
equiflow experiment charged-particles --budget 10 --schedule cosine --learning-rate 1e-3 --out charges
equiflow experiment charged-particles --models linear,radial-field,graph-network,egnn --out charges`;

const models: readonly ChargedModelName[] = ['linear', 'graph-network', 'radial-field', 'egnn'];

/** Adds the command. */
export const addExperiment: AddCommand = (program, run) => {
  const experiments = program
    .command('experiment')
    .description('Experiments of the literature, with data of our own simulators.')
    .argument('[name]', 'which: charged-particles, dw4, lj13 or halos')
    .action((name?: string) => {
      throw new InputError(
        `${name === undefined ? '' : `there is no experiment ${name}; `}name an experiment: charged-particles, dw4, lj13 or halos`,
      );
    });
  addParticleExperiments(experiments, run);
  addHalosExperiment(experiments, run);
  const command = declare(
    experiments,
    'charged-particles',
    "EGNN and baselines on the N-body experiment (arXiv:2102.09844, table 2), with the paper's settings. Says first how long it takes; the same command goes on where it was stopped.",
    EXAMPLES,
  )
    .addOption(
      new Option('--models <list>', `models to train, of ${models.join(', ')}`)
        .argParser((text) => list('--models')(text).map(oneOf('--models', models)))
        .default(['egnn'], 'egnn'),
    )
    .requiredOption('--out <folder>', 'folder of the trained parameters and the results')
    .option('--budget <minutes>', 'longest time a model', number('--budget', { above: 0 }))
    .option(
      '--epochs <number>',
      'passes over the training systems (default: 10000, or as many as fit the budget)',
      integer('--epochs', 1),
    )
    .option('--train <number>', 'systems to train on', integer('--train', 1), 3000)
    .option(
      '--validation <number>',
      'systems to choose the best parameters with',
      integer('--validation', 1),
      2000,
    )
    .option('--test <number>', 'systems to test on', integer('--test', 1), 2000)
    .option('--layers <number>', 'layers of a network', integer('--layers', 1), 4)
    .option('--hidden <number>', 'features of a layer', integer('--hidden', 1), 64)
    .option('--batch <number>', 'systems a step', integer('--batch', 1), 100)
    .option('--learning-rate <rate>', 'rate of Adam', number('--learning-rate', { above: 0 }), 5e-4)
    .option(
      '--schedule <word>',
      'rate over time: constant, or cosine down to a hundredth',
      oneOf('--schedule', ['constant', 'cosine'] as const),
      'constant' as const,
    )
    .option(
      '--average <decay>',
      'keep the running mean of the parameters, with this decay a step, such as 0.999',
      number('--average', { least: 0, most: 0.99999 }),
      0,
    )
    .option('--seed <number>', 'seed of the systems and of the training', integer('--seed', 0), 1);
  addWorkers(command).action((flags: ChargedParticlesCommand & { readonly json: boolean }) =>
    run(async () => (await import('../commands/charged-particles.ts')).chargedParticles(flags), flags.json),
  );
};
