/**
 * Maps whose mean vanishes by construction, as the overdensity of a periodic box has it, lie on N^d − 1 dimensions, where
 * a density on N^d has no upper bound. Before the flow every such map gets a seeded draw of its mean, normal with a fixed
 * deviation that does not depend on θ; the draw's log-density is subtracted from what is reported, which leaves the
 * density on the N^d − 1 dimensions.
 */
import { key, randomNormal } from '@equiflow/tensor';
import type { MapDataset } from './dataset.ts';

/** The draws of some maps. */
export interface MeanDraw {
  /** Standard deviation of the mean that is added. */
  readonly deviation: number;
  readonly seed: number;
}

/** The mean that is added to map `index`. */
export function drawnMean({ deviation, seed }: MeanDraw, index: number): number {
  return deviation * randomNormal(key(seed), [1], 'float64', index)[0]!;
}

/** ln q of the draw of map `index`, as a density of the k = 0 mode in unitary normalisation, nats. `pixels` is N^d. */
export function meanDrawLogDensity(draw: MeanDraw, index: number, pixels: number): number {
  const u = drawnMean(draw, index) / draw.deviation;
  return -0.5 * u * u - 0.5 * Math.log(2 * Math.PI * pixels) - Math.log(draw.deviation);
}

/** The dataset with its drawn means added. @throws RangeError unless the deviation is positive. */
export function withMeanDraw(dataset: MapDataset, draw: MeanDraw): MapDataset {
  if (!(draw.deviation > 0))
    throw new RangeError(`mean draw: deviation ${draw.deviation}; give a positive number`);
  const pixels = dataset.shape.reduce((product, length) => product * length, 1);
  return {
    ...dataset,
    async read(index, out, offset) {
      await dataset.read(index, out, offset);
      const mean = drawnMean(draw, index);
      for (let i = offset; i < offset + pixels; i++) out[i]! += mean;
    },
  };
}
