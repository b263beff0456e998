/** The options of `equiflow infer`. */
import type { InferOptions } from '../commands/infer.ts';
import { integer, oneOf } from '../options.ts';
import {
  type AddCommand,
  addExactOptions,
  addMapsOptions,
  addParamsOptions,
  addPlace,
  addSpectrumOptions,
  declare,
  exactChoice,
  spectrumChoice,
} from './shared.ts';

type Flags = Omit<InferOptions, 'exact' | 'spectrum'> &
  Parameters<typeof exactChoice>[0] &
  Parameters<typeof spectrumChoice>[0] & { readonly json: boolean };

const EXAMPLES = `
equiflow infer --model model --maps observed.npy --out posteriors
equiflow infer --model model --maps test/maps.npy --params test/params.txt --first 0 --count 10 --out posteriors
equiflow infer --model model --maps test/maps.npy --exact eh98-nowiggle --out posteriors`;

/** Adds the command. */
export const addInfer: AddCommand = (program, run) => {
  const command = declare(
    program,
    'infer',
    'Posteriors of the parameters: GetDist chains, summary.json, corner plots.',
    EXAMPLES,
  ).requiredOption('--model <folder>', 'folder of the model');
  addParamsOptions(addMapsOptions(command), false)
    .requiredOption('--out <folder>', 'folder of the results, written whole or not at all')
    .option('--first <index>', 'first map', integer('--first', 0), 0)
    .option(
      '--every <number>',
      'distance to the next map, such as the maps a simulation',
      integer('--every', 1),
      1,
    )
    .option('--count <number>', 'number of maps (default: all from the first on)', integer('--count', 1))
    .option(
      '--method <method>',
      'grid (adaptive, exactly normalised), sampler (affine-invariant ensemble), or auto: grid for up to 3 parameters',
      oneOf('--method', ['auto', 'grid', 'sampler'] as const),
      'auto',
    )
    .option('--samples <number>', 'draws a map in its chain', integer('--samples', 2), 1000)
    .option('--figures <number>', 'maps to draw corner plots of', integer('--figures', 0), 4)
    .option('--seed <number>', 'seed of the draws', integer('--seed', 0), 1);
  addPlace(addSpectrumOptions(addExactOptions(command))).action((flags: Flags) =>
    run(async () => {
      const { exact: _exact, exactKind: _kind, set: _set, ...others } = flags;
      const { spectrumMaps: _maps, spectrumParams: _params, spectrumBins: _bins, ...rest } = others;
      const { infer } = await import('../commands/infer.ts');
      return infer({ ...rest, ...exactChoice(flags), ...spectrumChoice(flags) });
    }, flags.json),
  );
};
