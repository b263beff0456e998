/**
 * The files of a finished suite: equiflow's own, or those of the public suites, so that code written for these reads ours.
 *
 * CAMELS Multifield Dataset (Villaescusa-Navarro et al. 2021, arXiv:2109.10915; documentation, "Description"):
 * `Maps_Mtot_Nbody_NAME_LH_z=0.00.npy`, surface densities in (M☉/h)/(Mpc/h)², float32, 15 maps a simulation (three axes, five slabs of a
 * fifth of the box), and `params_LH_Nbody_NAME.txt`, a row a simulation: Ω_m, σ_8, and four astrophysical parameters which N-body
 * simulations have not, kept so that all tables have six columns; they are 1.
 *
 * Quijote (Villaescusa-Navarro et al. 2020, arXiv:1909.05273; documentation, "Density fields"): the overdensity of each simulation as a
 * cube, `3D_cubes/latin_hypercube/I/df_m_N_CIC_z=Z.npy`, and `latin_hypercube_params.txt`: Ω_m, Ω_b, h, n_s, σ_8.
 */
import { join } from 'node:path';
import {
  SUITE_PARAMETERS,
  type SuiteOptions,
  type SuiteParameter,
  surfaceDensity,
} from '@equiflow/cosmo-sims';
import { NpyWriter, writeFileAtomic, writeNpy, writeTable } from '@equiflow/io/node';
import { InputError } from '../errors.ts';

/** Layouts of other suites. */
export const LAYOUTS = ['camels', 'quijote'] as const;

/** The name of a layout. */
export type SuiteLayout = (typeof LAYOUTS)[number];

/** Where a finished suite has its maps and parameters, below its folder. */
export interface SuiteFiles {
  readonly maps: string;
  readonly params: string;
}

const CAMELS = { maps: 15, slabs: 5, columns: 6 } as const;
const NAME = 'Nbody_equiflow';

/** A suite, as far as its files depend on it. */
export interface LayoutOptions extends SuiteOptions {
  readonly layout?: SuiteLayout;
}

/** The files of a suite. */
export function filesOf({ layout, redshift }: LayoutOptions): SuiteFiles {
  if (layout === 'camels') {
    return {
      maps: `Maps_Mtot_${NAME}_LH_z=${redshift.toFixed(2)}.npy`,
      params: `params_LH_${NAME}.txt`,
    };
  }
  if (layout === 'quijote') {
    return { maps: join('3D_cubes', 'latin_hypercube'), params: 'latin_hypercube_params.txt' };
  }
  return { maps: 'maps.npy', params: 'params.txt' };
}

/** Refuses a suite that the layout cannot hold. */
export function requireLayout(options: LayoutOptions): void {
  const { layout, design, names, mapsPerSimulation, depth, boxSize } = options;
  if (layout === undefined) return;
  if (design !== 'latin-hypercube') {
    throw new InputError(
      `--layout ${layout} --design ${design}: its file names say Latin hypercube; leave --design out, or give latin-hypercube`,
    );
  }
  if (layout === 'quijote') {
    if (options.dimensions !== 3)
      throw new InputError('--layout quijote holds cubes; give --dimensions 3 with it');
    return;
  }
  if (options.dimensions === 3)
    throw new InputError('--layout camels holds maps; leave --dimensions out, or give 2');
  const other = names.find((name) => name !== 'Omega_m' && name !== 'sigma_8');
  if (other !== undefined) {
    throw new InputError(
      `--layout camels has columns for Omega_m and sigma_8 alone, not for ${other}; hold it with --set`,
    );
  }
  if (mapsPerSimulation !== CAMELS.maps || Math.abs(depth * CAMELS.slabs - boxSize) > 1e-9 * boxSize) {
    throw new InputError(
      `--layout camels has ${CAMELS.maps} maps a simulation, of a fifth of the box each; leave --maps-per-simulation and --depth out`,
    );
  }
}

/** The value of a parameter in a simulation. */
function parameterOf(options: SuiteOptions, theta: ArrayLike<number>, name: SuiteParameter): number {
  return options.held[name] ?? theta[options.names.indexOf(name)]!;
}

/** Writes a finished suite. */
export interface SuiteWriter {
  /** Takes the simulations in their order. */
  add(index: number, theta: Float64Array, maps: Float32Array): void;
  close(): void;
  abort(): void;
}

/** The writer of a suite's maps and parameters. */
export function suiteWriter(folder: string, options: LayoutOptions): SuiteWriter {
  const { layout, mapSize, dimensions = 2, mapsPerSimulation, names, redshift, depth } = options;
  const files = filesOf(options);
  const rowShape = Array.from({ length: dimensions }, () => mapSize);
  const rows: number[][] = [];
  const writer =
    layout === 'quijote' ? null : new NpyWriter(join(folder, files.maps), { dtype: 'f4', rowShape });
  return {
    add(index, theta, maps) {
      rows.push(tableRow(options, theta));
      if (!writer) {
        const cube = `df_m_${mapSize}_CIC_z=${redshift}.npy`;
        writeNpy(join(folder, files.maps, String(index), cube), maps, rowShape);
        return;
      }
      const values =
        layout === 'camels' ? surfaceDensity(maps, parameterOf(options, theta, 'Omega_m'), depth) : maps;
      const cells = values.length / mapsPerSimulation;
      for (let map = 0; map < mapsPerSimulation; map++)
        writer.append(values.subarray(map * cells, (map + 1) * cells));
    },
    close() {
      writer?.close();
      const path = join(folder, files.params);
      if (layout === undefined) writeTable(path, rows.flat(), names);
      // No line of names: the original tables have none.
      else
        writeFileAtomic(path, rows.map((row) => `${row.map((v) => v.toExponential()).join(' ')}\n`).join(''));
    },
    abort: () => writer?.abort(),
  };
}

function tableRow(options: LayoutOptions, theta: Float64Array): number[] {
  const { layout } = options;
  if (layout === undefined) return Array.from(theta);
  if (layout === 'quijote') return SUITE_PARAMETERS.map((name) => parameterOf(options, theta, name));
  const own = [parameterOf(options, theta, 'Omega_m'), parameterOf(options, theta, 'sigma_8')];
  return [...own, ...new Array<number>(CAMELS.columns - own.length).fill(1)];
}
