/** The options of `equiflow halos`. */
import type { FindHalosOptions } from '../commands/find-halos.ts';
import { InputError } from '../errors.ts';
import { assignments, integer, number, oneOf } from '../options.ts';
import { type AddCommand, declare } from './shared.ts';

const EXAMPLES = `
equiflow halos --snapshot suite/snapshots/0000000.hdf5 --linking-length 0.2 --out halos.npz
equiflow halos --snapshot snap_004.hdf5 --set Omega_b=0.049,n_s=0.9624,sigma_8=0.834 --neighbours 8 --out halos.hdf5`;

interface Flags extends Omit<FindHalosOptions, 'graph'> {
  readonly neighbours?: number;
  readonly radius?: number;
  readonly json: boolean;
}

/** Adds the command. */
export const addHalos: AddCommand = (program, run) => {
  declare(
    program,
    'halos',
    'Friends-of-friends halos of a snapshot in the HDF5 layout of Gadget: positions (Mpc/h), velocities (km/s), masses (M☉/h), and a graph for equivariant networks; their mass function beside an analytic one.',
    EXAMPLES,
  )
    .requiredOption('--snapshot <file>', 'HDF5 snapshot')
    .requiredOption('--out <file>', 'catalogue: .npz or .hdf5')
    .option(
      '--linking-length <b>',
      'in units of the mean distance of the particles',
      number('--linking-length', { above: 0 }),
      0.2,
    )
    .option('--minimum <number>', 'fewest particles of a halo', integer('--minimum', 2), 20)
    .option('--neighbours <k>', 'adds edges from the k nearest halos', integer('--neighbours', 1))
    .option(
      '--radius <length>',
      'adds edges between halos nearer than this, Mpc/h',
      number('--radius', { above: 0 }),
    )
    .option(
      '--unit <length>',
      'unit of length of the snapshot in Mpc/h',
      number('--unit', { above: 0 }),
      1e-3,
    )
    .option(
      '--mass-function <name>',
      'sheth-tormen, press-schechter or tinker08',
      oneOf('--mass-function', ['sheth-tormen', 'press-schechter', 'tinker08'] as const),
      'sheth-tormen',
    )
    .option(
      '--set <list>',
      'Omega_b, n_s, sigma_8 of the linear spectrum, where the snapshot does not tell them',
      assignments,
      {},
    )
    .option(
      '--spectrum <name>',
      'eh98, eh98-nowiggle or bbks (default: what the snapshot tells, else eh98)',
      oneOf('--spectrum', ['eh98', 'eh98-nowiggle', 'bbks'] as const),
    )
    .action(({ neighbours, radius, json, ...flags }: Flags) =>
      run(async () => {
        if (neighbours !== undefined && radius !== undefined)
          throw new InputError('--neighbours and --radius are two graphs; give one of them');
        const graph =
          neighbours !== undefined ? { neighbours } : radius !== undefined ? { radius } : undefined;
        const { findHalosCommand } = await import('../commands/find-halos.ts');
        return findHalosCommand({ ...flags, ...(graph ? { graph } : {}) });
      }, json),
    );
};
