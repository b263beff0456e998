/**
 * Flows of marked points in a periodic box, such as halos with their masses: a continuous flow on the torus whose vector field is
 * an E(n)-equivariant graph network (Satorras et al. 2021, arXiv:2105.09016) with what the box leaves of the symmetries: translations,
 * exchanges and reflections of the axes, and renumbering. Pairs are compared by sines of their differences, smooth on the torus; the
 * nearest image would make the field jump where two points are half a side apart, and no density could be followed there.
 *
 * A sample is [N, d + 1]: positions in the box, and a mark of mean 0 and deviation 1 (a logarithm of mass, standardised). The base
 * density is uniform on the torus times a standard normal: without clustering and without θ. Trained by flow matching along geodesics of
 * the torus (Chen & Lipman 2023, arXiv:2302.03660).
 */
import { completeGraph, type EgnnLayerOptions, egnn } from '@equiflow/egnn';
import {
  add,
  broadcastTo,
  concatenate,
  foldIn,
  multiply,
  type RandomKey,
  randomNormal,
  randomUniform,
  reshape,
  slice,
  square,
  subtract,
  sum,
} from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import { assignmentSolver } from './assignment.ts';
import type { Coupling } from './coupling.ts';
import type { FlowField } from './vector-field.ts';

/** The network of a halo flow. */
export interface HaloFieldOptions
  extends Omit<EgnnLayerOptions, 'hidden' | 'edgeFeatures' | 'velocity' | 'periodic'> {
  /** N */
  readonly halos: number;
  /** Sides of the box, one for each of the d coordinates. A mean distance of about 1 suits the network. */
  readonly box: readonly number[];
  /** Default 4. */
  readonly layers?: number;
  /** Width of node features and messages. Default 32. */
  readonly hidden?: number;
  /** Number of parameters θ that the density depends on. Default 0. */
  readonly contextSize?: number;
}

/**
 * The vector field: v = (x_L − x_0, w h_L) with h_0 = (t, θ, mark). Other defaults than the network's own: attention, and a tanh
 * of range 15/layers on φ_x.
 * @throws TensorError where a width or the number of layers is no positive whole number.
 */
export function haloField(options: HaloFieldOptions): FlowField {
  const { halos, box, layers = 4, hidden = 32, contextSize = 0, ...layer } = options;
  const dimensions = box.length;
  const network = egnn({
    attention: true,
    tanhRange: 15 / layers,
    ...layer,
    periodic: 'sine',
    layers,
    hidden,
    nodeFeatures: contextSize + 2,
    outputFeatures: 1,
  });
  return {
    shape: [halos, dimensions + 1],
    parameters: network.parameters,
    velocity(t, x, context, parameters) {
      const batch = x.shape[0]!;
      const position = slice(x, [null, null, [0, dimensions]]);
      const mark = slice(x, [null, null, [dimensions, dimensions + 1]]);
      const times = reshape(t, [batch, 1]);
      const common = contextSize === 0 ? times : concatenate([times, context], 1);
      const width = contextSize + 1;
      const everywhere = broadcastTo(reshape(common, [batch, 1, width]), [batch, halos, width]);
      const out = network.apply(
        { h: concatenate([everywhere, mark], 2), x: position, graph: completeGraph(batch, halos), box },
        parameters,
      );
      return concatenate([subtract(out.x, position), out.h], 2);
    },
  };
}

/** Points that know nothing of each other: uniform in the box, with standard normal marks. */
export function haloBase(halos: number, box: readonly number[]): BaseDensity {
  const dimensions = box.length;
  const width = dimensions + 1;
  const volume = box.reduce((product, side) => product * side, 1);
  const constantTerm = -halos * (Math.log(volume) + 0.5 * Math.log(2 * Math.PI));
  return {
    shape: [halos, width],
    logProb(z) {
      const marks = slice(z, [null, null, [dimensions, width]]);
      return add(multiply(sum(square(marks), { axes: [1, 2] }), -0.5), constantTerm);
    },
    sample(key: RandomKey, count: number) {
      const uniform = randomUniform(foldIn(key, 0), [count, halos, dimensions], 'float64');
      const normal = randomNormal(foldIn(key, 1), [count, halos], 'float64');
      const samples = new Float64Array(count * halos * width);
      for (let point = 0; point < count * halos; point++) {
        for (let axis = 0; axis < dimensions; axis++) {
          samples[point * width + axis] = uniform[point * dimensions + axis]! * box[axis]!;
        }
        samples[point * width + dimensions] = normal[point]!;
      }
      return samples;
    },
  };
}

/** Positions moved into the box, [0, L) a coordinate; changes `samples` [..., d + 1]. */
export function wrapHalos(samples: Float32Array | Float64Array, box: readonly number[]): void {
  const width = box.length + 1;
  for (let i = 0; i < samples.length; i++) {
    const side = box[i % width];
    if (side === undefined) continue;
    const wrapped = samples[i]! - side * Math.floor(samples[i]! / side);
    samples[i] = wrapped < side ? wrapped : 0;
  }
}

/**
 * Pairs for flow matching on the torus: the latent points of every sample are renumbered so that they are nearest to the data's
 * in total, by distances around the box, and moved by whole sides to the nearest image, so that straight paths are geodesics. Latents are not
 * exchanged between samples, so they stay independent of θ.
 */
export function periodicTransport(box: readonly number[]): Coupling {
  const dimensions = box.length;
  const width = dimensions + 1;
  return ({ count, shape, x, z }) => {
    const [halos, own] = shape;
    if (shape.length !== 2 || own !== width) {
      throw new RangeError(
        `periodicTransport: samples of [${shape}]; marked points of this box are [N, ${width}]`,
      );
    }
    const assign = assignmentSolver(halos!);
    const cost = new Float64Array(halos! ** 2);
    const held = new Float64Array(halos! * width);
    for (let start = 0; start < z.length && start < count * held.length; start += held.length) {
      held.set(z.subarray(start, start + held.length));
      for (let p = 0; p < halos!; p++) {
        for (let q = 0; q < halos!; q++) {
          let squared = (x[start + p * width + dimensions]! - held[q * width + dimensions]!) ** 2;
          for (let axis = 0; axis < dimensions; axis++) {
            squared += nearest(held[q * width + axis]! - x[start + p * width + axis]!, box[axis]!) ** 2;
          }
          cost[p * halos! + q] = squared;
        }
      }
      assign(cost).forEach((q, p) => {
        const to = start + p * width;
        for (let axis = 0; axis < dimensions; axis++) {
          z[to + axis] = x[to + axis]! + nearest(held[q * width + axis]! - x[to + axis]!, box[axis]!);
        }
        z[to + dimensions] = held[q * width + dimensions]!;
      });
    }
  };
}

/** Δ to the nearest image. */
function nearest(difference: number, side: number): number {
  return difference - side * Math.round(difference / side);
}
