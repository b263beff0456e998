/**
 * `equiflow halos`: the halos of a snapshot by friends of friends, as a catalogue, with the graph that an equivariant network wants, and
 * their number beside an analytic mass function.
 */
import { type MassFunctionModel, particleMass } from '@equiflow/cosmo-sims';
import { InputError } from '../errors.ts';
import { loadHdf5 } from '../hdf5-rows.ts';
import type { Outcome } from '../outcome.ts';
import {
  arraysOf,
  countMasses,
  findHalos,
  type GraphChoice,
  graphOf,
  type HaloChoices,
  type MassBin,
  type SpectrumParameters,
  writeCatalogue,
} from '../suite/catalogues.ts';
import { type GadgetSnapshot, readGadget } from '../suite/gadget-snapshot.ts';

/** Choices of the command. */
export interface FindHalosOptions extends HaloChoices {
  readonly snapshot: string;
  /** Mpc/h in a unit of length of the snapshot. */
  readonly unit: number;
  readonly graph?: GraphChoice;
  readonly massFunction: MassFunctionModel;
  /** Omega_b, n_s, sigma_8 of the linear spectrum, where the snapshot does not say. */
  readonly set: Readonly<Record<string, number>>;
  readonly spectrum?: SpectrumParameters['transfer'];
  readonly out: string;
}

const NAMES = { Omega_b: 'omegaB', n_s: 'ns', sigma_8: 'sigma8', h: 'h' } as const;

/** Runs the command. */
export async function findHalosCommand(options: FindHalosOptions): Promise<Outcome> {
  const { snapshot, unit, linkingLength, minimum, graph: choice, out } = options;
  if (!/\.(npz|hdf5|h5)$/.test(out))
    throw new InputError(`--out ${out}: give a name that ends in .npz or .hdf5`);
  const unknown = Object.keys(options.set).find((name) => !(name in NAMES));
  if (unknown !== undefined) {
    throw new InputError(`--set ${unknown}: a spectrum has ${Object.keys(NAMES).join(', ')}`);
  }
  await loadHdf5();
  const particles = readGadget(snapshot, unit);
  const { boxSize, omegaM, scaleFactor, positions } = particles;
  const halos = findHalos(particles, { linkingLength, minimum });
  if (choice && halos.count < 2)
    throw new InputError(`${snapshot}: ${halos.count} halos make no graph; lower --minimum`);
  const graph = choice ? graphOf(halos, boxSize, choice) : null;
  await writeCatalogue(out, arraysOf(halos, graph), {
    ...{ BoxSize: boxSize, Omega0: omegaM, Time: scaleFactor, LinkingLength: linkingLength },
  });
  const smallest = minimum * particleMass(omegaM, boxSize, positions.length / 3);
  const parameters = parametersOf(particles, options);
  const bins = parameters ? countMasses(halos, particles, smallest, parameters, options.massFunction) : null;
  const edges = graph ? `, ${graph.senders.length} edges` : '';
  return {
    lines: [
      `${halos.count} halos of at least ${minimum} particles (${smallest.toExponential(2)} M☉/h)${edges} in ${out}`,
      ...(bins
        ? tableOf(bins, options.massFunction)
        : [
            'no mass function to compare with: the snapshot does not tell its linear spectrum; give --set Omega_b=…,n_s=…,sigma_8=…',
          ]),
    ],
    data: {
      ...{ out, halos: halos.count, edges: graph?.senders.length ?? 0, boxSize, omegaM, scaleFactor },
      ...{ linkingLength, minimum, massFunction: bins && { model: options.massFunction, bins } },
    },
  };
}

function parametersOf(
  { parameters, h }: GadgetSnapshot,
  { set, spectrum }: FindHalosOptions,
): SpectrumParameters | null {
  const given = Object.fromEntries(
    Object.entries(set).map(([name, value]) => [NAMES[name as keyof typeof NAMES], value]),
  );
  const all: Partial<SpectrumParameters> = {
    ...{ h, transfer: 'eh98' as const, ...parameters, ...given },
    ...(spectrum ? { transfer: spectrum } : {}),
  };
  const { omegaB, ns, sigma8, transfer } = all;
  if (omegaB === undefined || ns === undefined || sigma8 === undefined) return null;
  return { omegaB, h: all.h ?? h, ns, sigma8, transfer: transfer ?? 'eh98' };
}

function tableOf(bins: readonly MassBin[], model: MassFunctionModel): string[] {
  return [
    `mass [M☉/h]                halos   ${model}`,
    ...bins.map(
      ({ low, high, count, expected }) =>
        `${low.toExponential(2)} to ${high.toExponential(2)}  ${String(count).padStart(7)}   ${expected.toFixed(1).padStart(9)}`,
    ),
  ];
}
