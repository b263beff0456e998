/** Gaussian maps of the prior: drawn from seeds, written to .npy, streamed from there into the training. */
import { join } from 'node:path';
import { fieldSampler } from '@equiflow/fft-mesh';
import type { MapDataset } from '@equiflow/flows';
import { type NpyFile, NpyWriter, openNpy, writeTable } from '@equiflow/io/node';
import { foldIn, key, randomUniform } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { type GaussianFamily, PARAMETER_NAMES, PRIOR } from './gaussian-family.ts';

/** Maps in memory with the θ that each was drawn with. */
export interface DrawnMaps {
  readonly count: number;
  /** [count, N, N]; the values are float32 numbers, as on disk. */
  readonly maps: Float32Array;
  /** [count, 2] */
  readonly thetas: Float64Array;
}

/** θ of the prior, [count, 2]. */
export function drawThetas(count: number, seed: number): Float64Array {
  return randomUniform(key(seed), [count, 2], 'float64').map((u, i) => {
    const axis = i % 2;
    return PRIOR.low[axis]! + u * (PRIOR.high[axis]! - PRIOR.low[axis]!);
  });
}

/** One map for every row of `thetas`, handed to `take` one by one. */
function drawMaps(
  family: GaussianFamily,
  thetas: Float64Array,
  seed: number,
  take: (map: Float32Array, index: number) => void,
): void {
  const { side, boxSize } = family;
  const sampler = fieldSampler({ mesh: [side, side], boxSize, backend: wasm() });
  for (let i = 0; i < thetas.length / 2; i++) {
    const power = family.power(thetas[2 * i]!, thetas[2 * i + 1]!);
    take(Float32Array.from(sampler.gaussian(power, foldIn(key(seed), i))), i);
  }
}

/** Maps in memory. */
export function mapsInMemory(family: GaussianFamily, thetas: Float64Array, seed: number): DrawnMaps {
  const cells = family.side ** 2;
  const maps = new Float32Array((thetas.length / 2) * cells);
  drawMaps(family, thetas, seed, (map, i) => maps.set(map, i * cells));
  return { count: thetas.length / 2, maps, thetas };
}

/** Maps on disk: `FOLDER/maps.npy` (float32) and `FOLDER/params.txt`. */
export interface StoredMaps {
  readonly dataset: MapDataset;
  /** Mean and standard deviation of all cells. */
  readonly mean: number;
  readonly deviation: number;
  readonly path: string;
  close(): void;
}

/** Draws maps of the prior onto the disk and opens them as a dataset that reads map by map. */
export function mapsOnDisk(family: GaussianFamily, count: number, seed: number, folder: string): StoredMaps {
  const thetas = drawThetas(count, seed);
  const { side } = family;
  const path = join(folder, 'maps.npy');
  const writer = new NpyWriter(path, { dtype: 'f4', rowShape: [side, side] });
  let [sum, squares] = [0, 0];
  drawMaps(family, thetas, seed + 1, (map) => {
    writer.append(map);
    for (const value of map) {
      sum += value;
      squares += value * value;
    }
  });
  writer.close();
  writeTable(join(folder, 'params.txt'), thetas, PARAMETER_NAMES);
  const total = count * side ** 2;
  const mean = sum / total;
  const file = openNpy(path);
  return {
    ...{ path, mean, deviation: Math.sqrt(squares / total - mean ** 2) },
    dataset: datasetOf(file, thetas),
    close: () => file.close(),
  };
}

function datasetOf(file: NpyFile, thetas: Float64Array): MapDataset {
  return {
    count: file.rows,
    shape: file.rowShape,
    parameterNames: PARAMETER_NAMES,
    parameters: thetas,
    simulations: Int32Array.from({ length: file.rows }, (_, i) => i),
    async read(index, out, offset) {
      out.set(await file.readRows(index, index + 1), offset);
    },
  };
}
