/**
 * Base densities of the latent space: products of one density over the cells, so that they are invariant under every
 * symmetry of the mesh. Log-densities in nats, with their constants.
 */
import {
  divide,
  log1p,
  multiply,
  negate,
  type RandomKey,
  randomNormal,
  randomUniform,
  reshape,
  square,
  subtract,
  sum,
  type Tensor,
} from '@equiflow/tensor';
import { logGamma } from './calibration/special-functions.ts';

/** A density with exact sampling on fields of one shape. */
export interface BaseDensity {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** ln p(z) per sample, [batch], of z [batch, ...shape]. */
  logProb(z: Tensor): Tensor;
  /** `count` draws, float64, row-major [count, ...shape]. */
  sample(key: RandomKey, count: number): Float64Array;
}

const cells = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Σ over the cells of each sample, [batch]. */
const perSample = (values: Tensor): Tensor => sum(reshape(values, [values.shape[0]!, -1]), { axes: [1] });

/** Independent unit normals. */
export function standardNormal(shape: readonly number[]): BaseDensity {
  const constantTerm = (cells(shape) / 2) * Math.log(2 * Math.PI);
  return {
    shape,
    logProb: (z) => subtract(multiply(perSample(square(z)), -0.5), constantTerm),
    sample: (key, count) => randomNormal(key, [count, ...shape], 'float64'),
  };
}

/**
 * Independent Student t with ν degrees of freedom, for latents with heavy tails: ln p = Σ [ln Γ((ν+1)/2) − ln Γ(ν/2) −
 * ½ ln νπ − ½ (ν+1) ln(1 + z²/ν)]. Sampled by Bailey's exact formula (1994, Math. Comp. 62, 779).
 * @throws RangeError unless ν is positive.
 */
export function studentT(shape: readonly number[], degrees: number): BaseDensity {
  if (!(degrees > 0)) throw new RangeError(`studentT: ${degrees} degrees of freedom; give a positive number`);
  const constantTerm =
    cells(shape) * (logGamma(degrees / 2) + 0.5 * Math.log(degrees * Math.PI) - logGamma((degrees + 1) / 2));
  return {
    shape,
    logProb(z) {
      const tails = perSample(log1p(divide(square(z), degrees)));
      return negate(subtract(multiply(tails, (degrees + 1) / 2), -constantTerm));
    },
    sample(key, count) {
      const uniform = randomUniform(key, [count, ...shape, 2], 'float64');
      return Float64Array.from({ length: uniform.length / 2 }, (_, i) => {
        const radius = Math.sqrt(degrees * ((1 - uniform[2 * i]!) ** (-2 / degrees) - 1));
        return radius * Math.cos(2 * Math.PI * uniform[2 * i + 1]!);
      });
    },
  };
}
