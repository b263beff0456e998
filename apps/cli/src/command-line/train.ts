/** The options of `equiflow train`. */
import { fieldFlowDefaults, trainingDefaults, trenfDefaults } from '@equiflow/flows';
import { Option } from 'commander';

import { integer, number, oneOf, prior, widths } from '../options.ts';
import type { TrainOptions } from '../training/options.ts';
import { type AddCommand, addMapsOptions, addParamsOptions, addPlace, declare } from './shared.ts';

const EXAMPLES = `
equiflow train --maps maps/maps.npy --params maps/params.txt --box 1000 \\
  --prior Omega_m:0.1:0.5,sigma_8:0.6:1.0 --layers 2 --out model
equiflow train --maps Maps_Mtot_Nbody_IllustrisTNG_LH_z=0.00.npy --params params_LH_IllustrisTNG.txt \\
  --columns 0,1 --names Omega_m,sigma_8 --prior Omega_m:0.1:0.5,sigma_8:0.6:1.0 --box 25 --out model
equiflow train … --out model          # the same command again goes on after Ctrl-C, a crash, or a power cut
equiflow train … --loss discriminative --init model --epochs 3 --out sharper`;

/** Adds the command. */
export const addTrain: AddCommand = (program, run) => {
  const command = declare(
    program,
    'train',
    'Trains a flow on maps: model.safetensors and log.json. The same command goes on where it was stopped.',
    EXAMPLES,
  );
  addParamsOptions(addMapsOptions(command), true)
    .requiredOption('--prior <list>', 'uniform prior NAME:LOW:HIGH,…; every row must lie inside', prior)
    .requiredOption('--box <length>', 'side of the maps in Mpc/h', number('--box', { above: 0 }))
    .requiredOption('--out <folder>', 'folder of the model')
    .option('--log-density', 'the flow begins with ln(1 + δ): for overdensities', false)
    .addOption(
      new Option(
        '--mean-draw [deviation]',
        'for maps whose mean vanishes: draw one with this standard deviation (default: that of a cell over N^(d/2))',
      ).argParser(number('--mean-draw', { above: 0 })),
    )
    .option(
      '--flow <kind>',
      'trenf, layers of a filter and a function of the cells, or continuous, a differential equation',
      oneOf('--flow', ['trenf', 'continuous'] as const),
      'trenf',
    )
    .option(
      '--layers <number>',
      `layers of a TRENF (default: ${trenfDefaults.layers})`,
      integer('--layers', 1),
    )
    .option(
      '--transfer-knots <number>',
      'knots of ln T(k), or of every w(k) of a continuous flow',
      integer('--transfer-knots', 3),
      trenfDefaults.transferKnots,
    )
    .option(
      '--transfer-spacing <word>',
      'knots uniform in ln k (log) or in k (linear)',
      oneOf('--transfer-spacing', ['log', 'linear'] as const),
      trenfDefaults.transferSpacing,
    )
    .option(
      '--spline-knots <number>',
      `knots of psi(x) of a TRENF (default: ${trenfDefaults.splineKnots})`,
      integer('--spline-knots', 2),
    )
    .option(
      '--steps <number>',
      `Runge-Kutta steps of a continuous flow (default: ${fieldFlowDefaults.steps})`,
      integer('--steps', 1),
    )
    .option(
      '--bound <slope>',
      `most that its nonlinear part may stretch in unit time (default: ${fieldFlowDefaults.bound})`,
      number('--bound', { above: 0 }),
    )
    .option(
      '--channels <number>',
      `its convolved functions of the cells; 0: Gaussian (default: ${fieldFlowDefaults.channels})`,
      integer('--channels', 0),
    )
    .option(
      '--units <number>',
      `hidden units of these functions (default: ${fieldFlowDefaults.units})`,
      integer('--units', 1),
    )
    .option(
      '--time-functions <number>',
      `polynomials of time in its coefficients (default: ${fieldFlowDefaults.timeFunctions})`,
      integer('--time-functions', 1),
    )
    .addOption(
      new Option(
        '--hidden <list>',
        'hidden widths of the networks from the parameters to the functions of the flow, or none',
      )
        .argParser(widths('--hidden'))
        .default(trenfDefaults.hidden, trenfDefaults.hidden.join(',')),
    )
    .option(
      '--loss <loss>',
      'generative, -ln p(x|θ), or discriminative, -ln p(θ|x)',
      oneOf('--loss', ['generative', 'discriminative'] as const),
      trainingDefaults.loss,
    )
    .option(
      '--draws <number>',
      'draws of θ a map for the discriminative loss, odd',
      integer('--draws', 3),
      trainingDefaults.draws,
    )
    .option('--init <folder>', 'model to start from: its parameters and standardisation')
    .option(
      '--epochs <number>',
      'passes over the training maps',
      integer('--epochs', 1),
      trainingDefaults.epochs,
    )
    .option('--batch <number>', 'maps a step', integer('--batch', 1), trainingDefaults.batch)
    .option(
      '--learning-rate <rate>',
      'peak rate of Adam',
      number('--learning-rate', { above: 0 }),
      trainingDefaults.learningRate,
    )
    .option(
      '--clip-norm <norm>',
      'longest gradient',
      number('--clip-norm', { above: 0 }),
      trainingDefaults.clipNorm,
    )
    .option(
      '--validation <share>',
      'share of the simulations put aside',
      number('--validation', { above: 0, most: 0.9 }),
      trainingDefaults.validationFraction,
    )
    .option(
      '--patience <epochs>',
      'stop after so many epochs without a better validation loss',
      integer('--patience', 1),
      trainingDefaults.patience,
    )
    .option('--seed <number>', 'seed of all draws', integer('--seed', 0), trainingDefaults.seed)
    .option(
      '--checkpoint-every <seconds>',
      'time between checkpoints',
      number('--checkpoint-every', { least: 0 }),
      30,
    )
    .option('--restart', 'forget the training that the folder holds', false);
  addPlace(command).action((flags: TrainOptions & { readonly json: boolean }) =>
    run(async () => (await import('../commands/train.ts')).train(flags), flags.json),
  );
};
