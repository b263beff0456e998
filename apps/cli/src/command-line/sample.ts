/** The options of `equiflow sample`. */
import type { SampleOptions } from '../commands/sample.ts';
import { integer, numbers } from '../options.ts';
import { type AddCommand, addPlace, declare } from './shared.ts';

const EXAMPLES = `
equiflow sample --model model --theta 0.3,0.8 --count 16 --out samples.npy --png`;

/** Adds the command. */
export const addSample: AddCommand = (program, run) => {
  const command = declare(program, 'sample', 'Draws new maps at one point of the prior.', EXAMPLES)
    .requiredOption('--model <folder>', 'folder of the model')
    .requiredOption(
      '--theta <list>',
      'values of the parameters, in the order of the model',
      numbers('--theta'),
    )
    .option('--count <number>', 'number of maps', integer('--count', 1), 16)
    .option('--seed <number>', 'seed of the draws', integer('--seed', 0), 1)
    .requiredOption('--out <file>', 'the maps, a .npy file of float32')
    .option('--png [file]', 'also a picture of the first 16 (default: beside the maps)');
  addPlace(command).action((flags: SampleOptions & { readonly json: boolean }) =>
    run(async () => (await import('../commands/sample.ts')).sample(flags), flags.json),
  );
};
