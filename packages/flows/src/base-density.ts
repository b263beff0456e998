/** Base densities of the latent space; log-densities in nats, with their constants. */
import {
  multiply,
  type RandomKey,
  randomNormal,
  reshape,
  square,
  subtract,
  sum,
  type Tensor,
} from '@equiflow/tensor';

/** A density with exact sampling on fields of one shape. */
export interface BaseDensity {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** ln p(z) per sample, [batch], of z [batch, ...shape]. */
  logProb(z: Tensor): Tensor;
  /** `count` draws, float64, row-major [count, ...shape]. */
  sample(key: RandomKey, count: number): Float64Array;
}

/** Independent unit normals: invariant under every symmetry of the mesh. */
export function standardNormal(shape: readonly number[]): BaseDensity {
  const dimensions = shape.reduce((product, length) => product * length, 1);
  return {
    shape,
    logProb(z) {
      const flat = reshape(z, [z.shape[0]!, dimensions]);
      return subtract(
        multiply(sum(square(flat), { axes: [1] }), -0.5),
        (dimensions / 2) * Math.log(2 * Math.PI),
      );
    },
    sample: (key, count) => randomNormal(key, [count, ...shape], 'float64') as Float64Array,
  };
}
