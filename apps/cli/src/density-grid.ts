/** A posterior of one or two parameters on a regular grid, fine enough to draw smooth contours. */
import type { PosteriorGrid } from '@equiflow/report';
import type { NamedPrior } from './options.ts';
import type { Moments } from './posterior.ts';

/** Standard deviations that the grid reaches to both sides of the mean, inside the prior. */
const REACH = 4.5;

/** Draws a grid around some posteriors: the same axes for all of them. */
export function gridAround(
  prior: NamedPrior,
  posteriors: readonly Moments[],
  points: number,
): Float64Array[] {
  return prior.names.map((_, axis) => {
    const ends = posteriors.map(({ mean, std }) => [
      mean[axis]! - REACH * std[axis]!,
      mean[axis]! + REACH * std[axis]!,
    ]);
    const low = Math.max(prior.low[axis]!, Math.min(...ends.map(([from]) => from!)));
    const high = Math.min(prior.high[axis]!, Math.max(...ends.map(([, to]) => to!)));
    return Float64Array.from({ length: points }, (_, i) => low + ((i + 0.5) / points) * (high - low));
  });
}

/** Evaluates a density, ln p at [count, P] points, on the product of the axes (the last one fastest). */
export async function densityOnGrid(
  axes: readonly Float64Array[],
  logDensity: (points: Float64Array) => Float64Array | Promise<Float64Array>,
): Promise<PosteriorGrid> {
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  const points = new Float64Array(count * axes.length);
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { length } = axes[axis]!;
      points[i * axes.length + axis] = axes[axis]![rest % length]!;
      rest = Math.floor(rest / length);
    }
  }
  const values = await logDensity(points);
  const peak = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return { axes, density: values.map((value) => Math.exp(value - peak)) };
}
