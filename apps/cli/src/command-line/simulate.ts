/** The options of `equiflow simulate`. */
import { InputError } from '../errors.ts';
import { assignments, integer, type NamedPrior, number, numbers, oneOf, prior } from '../options.ts';
import { WORKER } from '../suite/worker-name.ts';
import { type AddCommand, declare } from './shared.ts';
import { addNbodyOptions, type NbodyFlags, refuseNbodyOptions, suiteOf } from './simulate-nbody.ts';

interface Flags extends NbodyFlags {
  readonly kind: 'grf' | 'lognormal' | 'nbody';
  readonly spectrum: string;
  readonly set: Record<string, number>;
  readonly count?: number;
  readonly size: number;
  readonly dimensions: '2' | '3';
  readonly box: number;
  readonly prior: NamedPrior;
  readonly theta?: number[];
  readonly mapsPerSimulation?: number;
  readonly seed: number;
  readonly out: string;
  readonly json: boolean;
}

const EXAMPLES = `
equiflow simulate --spectrum eh98-nowiggle --count 4000 --size 64 --box 1000 \\
  --prior Omega_m:0.1:0.5,sigma_8:0.6:1.0 --out maps
equiflow simulate --kind lognormal --spectrum 'A*k^n*exp(-(k*R)^2)' --set n=-1,R=2 \\
  --prior A:50:200 --count 500 --size 32 --box 250 --out lognormal
equiflow simulate --kind nbody --suite 1000 --spectrum eh98 --particles 64 --size 64 --box 1000 --depth 250 \\
  --prior Omega_m:0.1:0.5,sigma_8:0.6:1.0 --out nbody`;

/** Adds the command. */
export const addSimulate: AddCommand = (program, run) => {
  program.command(`${WORKER} <words...>`, { hidden: true }).action((words: string[]) =>
    run(async () => {
      await (await import('../suite/workers.ts')).runWorker(words);
      return { lines: [], data: {} };
    }, false),
  );
  const command = declare(
    program,
    'simulate',
    'Makes Gaussian or lognormal maps, or maps of particle-mesh simulations, with parameters drawn from a prior: maps.npy, params.txt, simulation.json.',
    EXAMPLES,
  )
    .option(
      '--kind <kind>',
      'grf, lognormal (overdensities) or nbody (overdensities of slabs of simulations)',
      oneOf('--kind', ['grf', 'lognormal', 'nbody'] as const),
      'grf',
    )
    .requiredOption(
      '--spectrum <spectrum>',
      'eh98 or eh98-nowiggle (linear matter at z = 0; maps are its full projection P/L, cubes P itself), or a formula of k for the spectrum of the maps in (Mpc/h)^d',
    )
    .requiredOption('--prior <list>', 'parameters that vary, NAME:LOW:HIGH,…: uniform', prior)
    .option('--set <list>', 'parameters that are held, NAME=NUMBER,…', assignments, {})
    .option('--theta <list>', 'one point of the prior for all maps instead of draws', numbers('--theta'))
    .option('--count <number>', 'number of maps (grf, lognormal)', integer('--count', 1))
    .option(
      '--maps-per-simulation <number>',
      'maps that share a row of parameters (default: 1; with --layout camels 15)',
      integer('--maps-per-simulation', 1),
    )
    .option('--size <number>', 'cells a side', integer('--size', 4), 64)
    .option('--dimensions <number>', '2 or 3', oneOf('--dimensions', ['2', '3'] as const), '2')
    .option('--box <length>', 'side of the box in Mpc/h', number('--box', { above: 0 }), 1000)
    .option('--seed <number>', 'seed of all draws', integer('--seed', 0), 1)
    .requiredOption('--out <folder>', 'folder of the results, written whole or not at all');
  addNbodyOptions(command).action((flags: Flags) =>
    run(async () => {
      if (flags.kind === 'nbody') {
        return (await import('../commands/simulate-suite.ts')).simulateSuite(suiteOf(flags));
      }
      refuseNbodyOptions(flags);
      const { kind, count, mapsPerSimulation = 1 } = flags;
      if (count === undefined)
        throw new InputError(`--kind ${kind} needs --count NUMBER, the number of maps`);
      const dimensions = flags.dimensions === '2' ? 2 : 3;
      return (await import('../commands/simulate.ts')).simulate({
        ...flags,
        kind,
        count,
        mapsPerSimulation,
        dimensions,
      });
    }, flags.json),
  );
};
