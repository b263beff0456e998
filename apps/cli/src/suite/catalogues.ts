/** Halo catalogues out of particles: found, written, and counted beside an analytic mass function. */
import {
  friendsOfFriends,
  growth,
  type HaloCatalogue,
  linearPower,
  type MassFunctionModel,
  massFunction,
  measureMassFunction,
  nearestNeighbours,
  type PointGraph,
  radiusGraph,
} from '@equiflow/cosmo-sims';
import { type ArrayToWrite, encodeNpz } from '@equiflow/io';
import { writeFileAtomic } from '@equiflow/io/node';
import { writeHdf5 } from './hdf5.ts';

/** Particles of one moment. */
export interface Particles {
  /** [P, 3], Mpc/h. */
  readonly positions: Float32Array | Float64Array;
  /** Peculiar velocities, km/s. */
  readonly velocities: Float32Array | Float64Array;
  readonly boxSize: number;
  readonly omegaM: number;
  readonly scaleFactor: number;
}

/** How halos are found. */
export interface HaloChoices {
  /** In units of the mean distance of the particles. */
  readonly linkingLength: number;
  /** Fewest particles of a halo. */
  readonly minimum: number;
}

/** Finds them. */
export function findHalos(
  { positions, velocities, boxSize, omegaM }: Particles,
  choices: HaloChoices,
): HaloCatalogue {
  return friendsOfFriends(positions, { boxSize, omegaM, ...choices }, velocities);
}

/** Edges between halos, for an equivariant network. */
export type GraphChoice = { readonly neighbours: number } | { readonly radius: number };

/** The graph of a catalogue, in its box. */
export function graphOf({ positions }: HaloCatalogue, boxSize: number, choice: GraphChoice): PointGraph {
  const points = { positions, dimensions: 3, boxSize } as const;
  return 'radius' in choice
    ? radiusGraph(points, choice.radius)
    : nearestNeighbours(points, choice.neighbours);
}

/** The arrays of a catalogue's file. */
export function arraysOf(halos: HaloCatalogue, graph: PointGraph | null): Record<string, ArrayToWrite> {
  const { count, positions, velocities, masses, sizes } = halos;
  const edges = graph?.senders.length ?? 0;
  return {
    positions: { data: positions, shape: [count, 3] },
    velocities: { data: velocities, shape: [count, 3] },
    masses: { data: masses, shape: [count] },
    sizes: { data: sizes, shape: [count] },
    ...(graph && {
      senders: { data: graph.senders, shape: [edges] },
      receivers: { data: graph.receivers, shape: [edges] },
      displacements: { data: graph.displacements, shape: [edges, 3] },
      distances: { data: graph.distances, shape: [edges] },
    }),
  };
}

const HDF5_TYPES = { Float64Array: '<d', Int32Array: '<i' } as const;

/** Writes a catalogue: .npz, or .hdf5 with `attributes`. */
export async function writeCatalogue(
  path: string,
  arrays: Record<string, ArrayToWrite>,
  attributes: Readonly<Record<string, number>>,
): Promise<void> {
  if (path.endsWith('.npz')) {
    writeFileAtomic(path, encodeNpz(arrays));
    return;
  }
  await writeHdf5(path, (file) => {
    for (const [name, value] of Object.entries(attributes)) file.create_attribute(name, value, null, '<d');
    for (const [name, { data, shape }] of Object.entries(arrays)) {
      const dtype = HDF5_TYPES[data.constructor.name as keyof typeof HDF5_TYPES];
      // HDF5 has no use for a dataset of no values here: its absence says that there is none.
      if (data.length > 0) {
        const own = { data: data as Float64Array, shape: [...(shape ?? [data.length])] };
        file.create_dataset({ name, ...own, dtype });
      }
    }
  });
}

/** What a linear spectrum needs besides Ω_m. */
export interface SpectrumParameters {
  readonly omegaB: number;
  readonly h: number;
  readonly ns: number;
  readonly sigma8: number;
  readonly transfer: 'eh98' | 'eh98-nowiggle' | 'bbks';
}

/** One bin of a mass function. */
export interface MassBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Halos that the formula expects in it. */
  readonly expected: number;
}

/** Halos in bins of a factor 2 of mass, from the smallest that can be found on, beside those that a formula expects. */
export function countMasses(
  halos: HaloCatalogue,
  { boxSize, omegaM, scaleFactor }: Particles,
  smallest: number,
  parameters: SpectrumParameters,
  model: MassFunctionModel,
): MassBin[] {
  const most = Math.max(2 * smallest, halos.masses[0] ?? 0);
  const bins = Math.ceil(Math.log2((most * (1 + 1e-9)) / smallest));
  const { edges, counts } = measureMassFunction(
    halos.masses,
    boxSize,
    [smallest * (1 - 1e-9), smallest * (1 - 1e-9) * 2 ** bins],
    bins,
  );
  const rate = massFunction({
    ...{ model, omegaM, redshift: 1 / scaleFactor - 1 },
    matter: linearPower({ omegaM, ...parameters }),
    growthFactor: growth({ omegaM }, 'today').factor(scaleFactor),
  });
  const parts = 4;
  return Array.from(counts, (count, bin) => {
    const [low, high] = [edges[bin]!, edges[bin + 1]!];
    let expected = 0;
    for (let i = 0; i < parts; i++) {
      expected += (rate(low * 2 ** ((i + 0.5) / parts)) * Math.LN2 * boxSize ** 3) / parts;
    }
    return { low, high, count, expected };
  });
}
