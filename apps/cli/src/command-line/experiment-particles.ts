/** The options of `equiflow experiment dw4` and `lj13`: E(n) flows of particles. */
import { type Command, Option } from 'commander';
import type { ParticleFlowCommand } from '../commands/particle-flow.ts';
import type { CouplingName } from '../experiments/particle-fit.ts';
import { integer, number, oneOf } from '../options.ts';
import { addWorkers, declare, type Run } from './shared.ts';

const couplings: readonly CouplingName[] = ['independent', 'aligned', 'transport'];

/** Defaults that differ between the systems. */
const DEFAULTS = {
  dw4: { baseWidth: 1.8, tested: 2000, samples: 2000, tolerance: 1e-5 },
  lj13: { baseWidth: 0.7, tested: 128, samples: 128, tolerance: 1e-3 },
} as const;

const examples = (system: string): string => `
equiflow experiment ${system} --n 100000 --budget 10 --out ${system}
equiflow experiment ${system} --data train.npy --test test.npy --n 10000 --budget 10 --out ${system}-given
equiflow experiment ${system} --log-z --out ${system}-log-z`;

/** Adds both commands. */
export function addParticleExperiments(experiments: Command, run: Run): void {
  for (const system of ['dw4', 'lj13'] as const) {
    const { baseWidth, tested, samples, tolerance } = DEFAULTS[system];
    const command = declare(
      experiments,
      system,
      `An E(n) flow (arXiv:2105.09016) of ${system === 'dw4' ? '4 particles in a double well in the plane' : '13 Lennard-Jones particles in space'}, on data of our own sampler or of a .npy, whose centres of mass are subtracted. Says first how long it takes; the same command goes on where it was stopped.`,
      examples(system),
    )
      .requiredOption('--out <folder>', 'folder of the data, the trained parameters and the results')
      .option('--n <number>', 'configurations to train on', integer('--n', 2), 10_000)
      .option('--data <file>', '.npy of configurations to train on (default: our own sampler)')
      .option(
        '--test <file>',
        '.npy to test with (default: our own sampler, or rows of --data after the first n)',
      )
      .addOption(
        new Option('--train <loss>', 'flow-matching, or likelihood by unrolled steps')
          .argParser(oneOf('--train', ['flow-matching', 'likelihood'] as const))
          .default('flow-matching'),
      )
      .option('--init <folder>', 'start with the parameters of the training in that folder')
      .addOption(
        new Option(
          '--coupling <name>',
          'pairs of flow matching: independent; aligned: each latent renumbered and turned towards its configuration; transport: that, and exchanged within the batch',
        )
          .argParser(oneOf('--coupling', couplings))
          .default('aligned'),
      )
      .option(
        '--time-power <number>',
        'p of the times t = u^p of flow matching, u uniform: above 1 they crowd near the data',
        number('--time-power', { above: 0 }),
        1,
      )
      .option('--budget <minutes>', 'longest time of the training', number('--budget', { above: 0 }))
      .option(
        '--steps <number>',
        'steps of the training (default: 100000, or as many as fit the budget)',
        integer('--steps', 1),
      )
      .option('--batch <number>', 'configurations a step', integer('--batch', 1), 256)
      .option(
        '--learning-rate <rate>',
        'highest rate of Adam, which falls to a hundredth along a cosine',
        number('--learning-rate', { above: 0 }),
        5e-3,
      )
      .option(
        '--average <decay>',
        'decay a step of the running mean of the parameters, which is what is used',
        number('--average', { least: 0, most: 0.99999 }),
        0.999,
      )
      .option('--layers <number>', 'layers of the network', integer('--layers', 1), 3)
      .option('--hidden <number>', 'features of a layer', integer('--hidden', 1), 32)
      .option(
        '--base-width <number>',
        'standard deviation of a coordinate of the base density (E-NF: 1)',
        number('--base-width', { above: 0 }),
        baseWidth,
      )
      .option(
        '--solver-steps <number>',
        'Runge-Kutta steps, with likelihood',
        integer('--solver-steps', 1),
        8,
      )
      .option('--tested <number>', 'test configurations', integer('--tested', 2), tested)
      .option('--samples <number>', 'samples to draw and reweight', integer('--samples', 2), samples)
      .option(
        '--tolerance <number>',
        "of the solver's adaptive steps, relative and absolute: of samples; likelihoods are those at a tenth of it",
        number('--tolerance', { above: 0 }),
        tolerance,
      )
      .option('--log-z', 'compute ln Z by two methods, and nothing else', false)
      .option('--seed <number>', 'seed of data, training and samples', integer('--seed', 0), 1);
    addWorkers(command).action((flags: Omit<ParticleFlowCommand, 'system'> & { readonly json: boolean }) =>
      run(
        async () => (await import('../commands/particle-flow.ts')).particleFlow({ ...flags, system }),
        flags.json,
      ),
    );
  }
}
