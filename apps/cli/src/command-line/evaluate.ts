/** The options of `equiflow evaluate`. */
import type { EvaluateOptions } from '../commands/evaluate.ts';
import { integer } from '../options.ts';
import {
  type AddCommand,
  addExactOptions,
  addMapsOptions,
  addParamsOptions,
  addSpectrumOptions,
  addWorkers,
  declare,
  exactChoice,
  spectrumChoice,
} from './shared.ts';

type Flags = Omit<EvaluateOptions, 'exact' | 'spectrum'> &
  Parameters<typeof exactChoice>[0] &
  Parameters<typeof spectrumChoice>[0] & { readonly json: boolean };

const EXAMPLES = `
equiflow evaluate --model model --maps test/maps.npy --params test/params.txt --out evaluation
equiflow evaluate --model model --maps test/maps.npy --params test/params.txt --exact eh98-nowiggle \\
  --calibration 200 --out evaluation
equiflow evaluate --model model --maps test/maps.npy --params test/params.txt \\
  --spectrum-maps maps/maps.npy --spectrum-params maps/params.txt --out evaluation`;

/** Adds the command. */
export const addEvaluate: AddCommand = (program, run) => {
  const command = declare(
    program,
    'evaluate',
    'Likelihood, whiteness of the latents, samples against data, calibration: evaluation.json and figures. Of the file that the model was trained on, only the validation maps are used.',
    EXAMPLES,
  ).requiredOption('--model <folder>', 'folder of the model');
  addParamsOptions(addMapsOptions(command), true)
    .requiredOption('--out <folder>', 'folder of the results, written whole or not at all')
    .option('--count <number>', 'maps to use at most (default: all)', integer('--count', 2))
    .option('--samples <number>', 'maps to compare with a sample each', integer('--samples', 2), 200)
    .option(
      '--calibration <number>',
      'maps to calibrate posteriors with, at least 20, or 0',
      integer('--calibration', 0),
      100,
    )
    .option('--seed <number>', 'seed of the draws', integer('--seed', 0), 1);
  addWorkers(addSpectrumOptions(addExactOptions(command))).action((flags: Flags) =>
    run(async () => {
      const { exact: _exact, exactKind: _kind, set: _set, ...others } = flags;
      const { spectrumMaps: _maps, spectrumParams: _params, spectrumBins: _bins, ...rest } = others;
      const { evaluate } = await import('../commands/evaluate.ts');
      return evaluate({ ...rest, ...exactChoice(flags), ...spectrumChoice(flags) });
    }, flags.json),
  );
};
