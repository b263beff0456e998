/**
 * Maps to train on, wherever they lie: read one at a time, so that files of tens of GB stream through a small
 * memory. Several maps may share one simulation, a row of parameters; splits are by simulation, never by map.
 */
import { foldIn, key, permutation } from '@equiflow/tensor';

/** Fields and the parameters they were simulated with. */
export interface MapDataset {
  /** Number of maps. */
  readonly count: number;
  /** Shape of one map. */
  readonly shape: readonly number[];
  readonly parameterNames: readonly string[];
  /** One row a simulation, row-major [simulations, parameters]. */
  readonly parameters: Float64Array;
  /** Simulation (row of `parameters`) of every map, [count]. */
  readonly simulations: Int32Array;
  /** Copies the values of map `index` to `out` at `offset`. */
  read(index: number, out: Float32Array | Float64Array, offset: number): void | Promise<void>;
}

/** Map numbers of a training and a validation part that share no simulation. */
export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Puts a fraction of the simulations, at least one, aside for validation.
 * @throws RangeError when there are fewer than two simulations or the fraction is not in (0, 1).
 */
export function splitBySimulation(dataset: MapDataset, fraction: number, seed: number): Split {
  const { parameters, parameterNames, simulations } = dataset;
  // Without parameters the simulations are known by their maps alone.
  const rows =
    parameterNames.length > 0
      ? parameters.length / parameterNames.length
      : simulations.reduce((most, row) => Math.max(most, row + 1), 0);
  if (!(fraction > 0 && fraction < 1)) {
    throw new RangeError(`split: validation fraction ${fraction}; give a number between 0 and 1`);
  }
  if (rows < 2) throw new RangeError(`split: ${rows} simulation; training and validation need at least 2`);
  const held = Math.min(rows - 1, Math.max(1, Math.round(fraction * rows)));
  const isHeld = new Uint8Array(rows);
  for (const row of permutation(foldIn(key(seed), 1), rows).subarray(0, held)) isHeld[row] = 1;
  const [train, validation]: [number[], number[]] = [[], []];
  dataset.simulations.forEach((row, map) => {
    (isHeld[row] ? validation : train).push(map);
  });
  return { train: Int32Array.from(train), validation: Int32Array.from(validation) };
}

/** A mini-batch: maps [size, ...shape] and parameters [size, P], in the precision of the training. */
export interface Batch {
  readonly size: number;
  readonly maps: Float32Array;
  readonly parameters: Float32Array;
}

/** Reads the maps of the given numbers. */
export async function readBatch(dataset: MapDataset, indices: Int32Array): Promise<Batch> {
  const pixels = dataset.shape.reduce((product, length) => product * length, 1);
  const width = dataset.parameterNames.length;
  const maps = new Float32Array(indices.length * pixels);
  const parameters = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const map = indices[i]!;
    await dataset.read(map, maps, i * pixels);
    const row = dataset.simulations[map]!;
    parameters.set(dataset.parameters.subarray(row * width, (row + 1) * width), i * width);
  }
  return { size: indices.length, maps, parameters };
}

/** A dataset in memory. `maps` is row-major [count, ...shape]; `perSimulation` consecutive maps share a row. */
export function memoryDataset(given: {
  readonly maps: Float32Array | Float64Array;
  readonly shape: readonly number[];
  readonly parameters: Float64Array;
  readonly parameterNames: readonly string[];
  readonly perSimulation?: number;
}): MapDataset {
  const { maps, shape, parameters, parameterNames, perSimulation = 1 } = given;
  const pixels = shape.reduce((product, length) => product * length, 1);
  const count = maps.length / pixels;
  const rows = parameterNames.length > 0 ? parameters.length / parameterNames.length : count / perSimulation;
  if (!Number.isInteger(count) || rows * perSimulation !== count) {
    throw new RangeError(
      `memoryDataset: ${maps.length} values make ${count} maps of [${shape}], but there are ${rows} rows of parameters for ${perSimulation} maps each`,
    );
  }
  return {
    count,
    shape,
    parameterNames,
    parameters,
    simulations: Int32Array.from({ length: count }, (_, map) => Math.floor(map / perSimulation)),
    read(index, out, offset) {
      out.set(maps.subarray(index * pixels, (index + 1) * pixels), offset);
    },
  };
}
