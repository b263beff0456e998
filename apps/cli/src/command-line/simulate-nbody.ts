/** The options that `simulate --kind nbody` has and other kinds have not. */
import type { DesignKind, SuiteParameter } from '@equiflow/cosmo-sims';
import type { Command } from 'commander';
import type { SimulateSuiteOptions } from '../commands/simulate-suite.ts';
import { InputError } from '../errors.ts';
import { integer, type NamedPrior, number, oneOf } from '../options.ts';
import { LAYOUTS, type SuiteLayout } from '../suite/layouts.ts';

/** What they hold; all may be left out. */
export interface NbodyFlags {
  readonly suite?: number;
  readonly design?: DesignKind;
  readonly particles?: number;
  readonly meshFactor?: 1 | 2 | 3;
  readonly window?: 'ngp' | 'cic' | 'tsc' | 'pcs';
  readonly scheme?: 'fastpm' | 'cola';
  readonly steps?: number;
  readonly startRedshift?: number;
  readonly redshift?: number;
  readonly amplitudes?: 'random' | 'fixed';
  readonly depth?: number;
  readonly workers?: number;
  readonly shard?: [number, number];
  readonly merge?: boolean;
  readonly layout?: SuiteLayout;
  readonly snapshots?: boolean;
  readonly halos?: boolean;
  readonly linkingLength?: number;
  readonly haloMinimum?: number;
  readonly hdf5?: boolean;
}

/** Options of every kind that a suite uses too. */
interface CommonFlags {
  readonly spectrum: string;
  readonly set: Record<string, number>;
  readonly prior: NamedPrior;
  readonly size: number;
  readonly box: number;
  readonly mapsPerSimulation?: number;
  readonly seed: number;
  readonly out: string;
  readonly dimensions: '2' | '3';
  readonly count?: number;
  readonly theta?: number[];
}

const NAMES = [
  ...['suite', 'design', 'particles', 'meshFactor', 'window', 'scheme', 'steps', 'startRedshift', 'redshift'],
  ...[
    'amplitudes',
    'depth',
    'workers',
    'shard',
    'merge',
    'layout',
    'snapshots',
    'halos',
    'linkingLength',
    'haloMinimum',
    'hdf5',
  ],
] as const;

/** Reads `i/n`. */
function shard(text: string): [number, number] {
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  const [index, shards] = [Number(i), Number(n)];
  if (i === undefined || index < 1 || index > shards) {
    throw new InputError(`--shard '${text}': write i/n with 1 ≤ i ≤ n, such as 3/16`);
  }
  return [index, shards];
}

/** Adds the options. */
export function addNbodyOptions(command: Command): Command {
  return command
    .optionsGroup('Options of --kind nbody:')
    .option('--suite <number>', 'number of simulations', integer('--suite', 1))
    .option(
      '--design <design>',
      'sobol, latin-hypercube or uniform (default: sobol; latin-hypercube with --layout): where in the prior simulations are',
      oneOf('--design', ['sobol', 'latin-hypercube', 'uniform'] as const),
    )
    .option('--particles <number>', 'particles along an axis (default: --size)', integer('--particles', 4))
    .option(
      '--mesh-factor <number>',
      'cells of the force a particle along an axis: 1, 2 or 3 (default: 1)',
      (text) => Number(oneOf('--mesh-factor', ['1', '2', '3'] as const)(text)),
    )
    .option(
      '--window <window>',
      'painting of the force: ngp, cic, tsc or pcs (default: cic)',
      oneOf('--window', ['ngp', 'cic', 'tsc', 'pcs'] as const),
    )
    .option(
      '--scheme <scheme>',
      'fastpm or cola (default: fastpm)',
      oneOf('--scheme', ['fastpm', 'cola'] as const),
    )
    .option(
      '--steps <number>',
      'time steps, uniform in the scale factor (default: 20)',
      integer('--steps', 1),
    )
    .option('--start-redshift <z>', 'where 2LPT ends (default: 9)', number('--start-redshift', { above: 0 }))
    .option('--redshift <z>', 'of the maps (default: 0)', number('--redshift', { least: 0 }))
    .option(
      '--amplitudes <kind>',
      'of the initial modes: random or fixed (default: random)',
      oneOf('--amplitudes', ['random', 'fixed'] as const),
    )
    .option(
      '--depth <length>',
      'depth of a slab in Mpc/h (default: the box)',
      number('--depth', { above: 0 }),
    )
    .option(
      '--workers <number>',
      'processes (default: as many as the machine runs at once); results do not depend on it',
      integer('--workers', 1),
    )
    .option('--shard <i/n>', 'only every n-th simulation, from the i-th: for the tasks of a cluster', shard)
    .option('--merge', 'check and join what the shards have made')
    .option(
      '--layout <layout>',
      'camels (surface densities, 15 maps a simulation) or quijote (with --dimensions 3): files named and filled like those of these suites',
      oneOf('--layout', LAYOUTS),
    )
    .option('--snapshots', "keep the particles: snapshots/NNNNNNN.hdf5 in Gadget's layout (kpc/h, km/s √a)")
    .option(
      '--halos',
      'keep halo catalogues: halos/NNNNNNN.npz with positions, velocities (km/s), masses, sizes',
    )
    .option(
      '--linking-length <b>',
      'of --halos, in units of the mean distance of particles (default: 0.2)',
      number('--linking-length', { above: 0 }),
    )
    .option(
      '--halo-minimum <number>',
      'fewest particles of a halo of --halos (default: 20)',
      integer('--halo-minimum', 2),
    )
    .option('--hdf5', 'write suite.hdf5 too: maps, linear, params, the choices as attributes');
}

/** Refuses the options of a suite for another kind. */
export function refuseNbodyOptions(flags: NbodyFlags): void {
  const given = NAMES.find((name) => flags[name] !== undefined);
  if (given !== undefined) {
    const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new InputError(`--${flag} belongs to --kind nbody; leave it out, or give that kind`);
  }
}

/** The suite that the options describe. @throws InputError naming the option that does not fit */
export function suiteOf(flags: NbodyFlags & CommonFlags): SimulateSuiteOptions {
  if (flags.suite === undefined)
    throw new InputError('--kind nbody needs --suite NUMBER, the number of simulations');
  if (flags.count !== undefined) {
    throw new InputError(
      '--count belongs to grf and lognormal; a suite has --suite and --maps-per-simulation',
    );
  }
  if (flags.theta !== undefined)
    throw new InputError('--theta belongs to grf and lognormal; a suite varies θ');
  const transfers = ['eh98', 'eh98-nowiggle', 'bbks'] as const;
  const transfer = oneOf('--spectrum', transfers)(flags.spectrum);
  const { prior, box, size, layout } = flags;
  if (!flags.halos && (flags.linkingLength !== undefined || flags.haloMinimum !== undefined)) {
    throw new InputError('--linking-length and --halo-minimum belong to --halos; give it with them');
  }
  const halos = { linkingLength: flags.linkingLength ?? 0.2, minimum: flags.haloMinimum ?? 20 };
  const camels = layout === 'camels' ? { maps: 15, depth: box / 5 } : undefined;
  return {
    names: prior.names as readonly SuiteParameter[],
    low: prior.low,
    high: prior.high,
    set: flags.set,
    design: flags.design ?? (layout === undefined ? 'sobol' : 'latin-hypercube'),
    count: flags.suite,
    seed: flags.seed,
    transfer,
    boxSize: box,
    particles: flags.particles ?? size,
    meshFactor: flags.meshFactor ?? 1,
    window: flags.window ?? 'cic',
    scheme: flags.scheme ?? 'fastpm',
    steps: flags.steps ?? 20,
    startRedshift: flags.startRedshift ?? 9,
    redshift: flags.redshift ?? 0,
    amplitudes: flags.amplitudes ?? 'random',
    mapSize: size,
    mapsPerSimulation: flags.mapsPerSimulation ?? camels?.maps ?? 1,
    depth: flags.depth ?? camels?.depth ?? box,
    ...(flags.dimensions === '3' ? { dimensions: 3 } : {}),
    ...(layout === undefined ? {} : { layout }),
    ...(flags.halos ? { halos } : {}),
    out: flags.out,
    merge: flags.merge ?? false,
    snapshots: flags.snapshots ?? false,
    hdf5: flags.hdf5 ?? false,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(flags.shard === undefined ? {} : { shard: flags.shard }),
  };
}
