/**
 * Training a continuous flow without solving it: the field is fitted to the velocity of straight paths between pairs of data x and latent z
 * (flow matching; Lipman et al. 2022, arXiv:2210.02747, eq. 20 to 23, conditional optimal-transport paths). With time from data to latent,
 * x(t) = (1 − t) x + (σ + (1 − σ) t) z and u = dx/dt = (1 − σ) z − x; the loss Σ |v(x(t), t | θ) − u|² over t in [0, 1] is least where v makes
 * the marginal of x(t). It is one graph, which runs over workers or on a device; the pairs are made on the host (`coupling.ts`).
 *
 * Whatever the times, the least loss is at the same field; they decide what an imperfect one gets right. With standard normal latents that
 * know nothing of the data, and σ = 0, v and the score of the marginal are tied by ∇ ln p_t(x) = −((1 − t) v + x)/t: an error of the velocity is
 * one of the score (1 − t)/t times as large. That speaks for more times near the data (as the weights of Song et al. 2021, arXiv:2101.09258),
 * but is no bound on the likelihood: it helps some trainings and harms others.
 */
import {
  add,
  foldIn,
  full,
  gradients,
  key,
  layoutOf,
  multiply,
  randomUniform,
  reshape,
  sizeOf,
  square,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Box } from '../posterior/adaptive-grid.ts';
import type { Batch } from '../training/dataset.ts';
import type { PooledLossExecutor } from '../training/loss-executor.ts';
import { requireBase } from './checks.ts';
import { type Coupling, independentCoupling } from './coupling.ts';
import type { FlowField } from './vector-field.ts';

/** Options of `flowMatching`. */
export interface FlowMatchingOptions {
  /** Number of parameters θ. Default 0. */
  readonly contextSize?: number;
  /** Uniform prior of θ; the field then sees θ mapped to [−1, 1]. Left out: θ as it is. */
  readonly prior?: Box;
  /** Default `independentCoupling`. */
  readonly coupling?: Coupling;
  /** σ, the width that a datum is blurred to at t = 0. Default 0. */
  readonly sigma?: number;
  /** p of t = u^p, u uniform in [0, 1]: above 1 times crowd near the data. Default 1. */
  readonly timePower?: number;
  /** Of times and latents. Default 1. */
  readonly seed?: number;
  /** Samples that a worker takes at a time. Default 128. */
  readonly chunk?: number;
}

/**
 * The loss of flow matching, summed over the samples, as an executor for `train`. Times, latents and pairs are functions of the seed and the step;
 * times (before the power) are spread evenly over the batch. Validations use the same draws every time.
 * @throws RangeError when the base density is of another shape than the field, or `timePower` is not positive.
 */
export async function flowMatching(
  field: FlowField,
  base: BaseDensity,
  place: Placement,
  options: FlowMatchingOptions = {},
): Promise<PooledLossExecutor> {
  const {
    contextSize = 0,
    prior,
    coupling = independentCoupling,
    sigma = 0,
    timePower = 1,
    seed = 1,
    chunk = 128,
  } = options;
  requireBase(field, base);
  if (!(timePower > 0 && timePower < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`flowMatching: timePower is ${timePower}; give a positive number`);
  }
  const dimension = sizeOf(field.shape);
  const { size } = layoutOf(field.parameters);
  const specs = (count: number): TensorType[] =>
    [
      [size],
      [count, ...field.shape],
      [count, ...field.shape],
      [count],
      ...(contextSize > 0 ? [[count, contextSize]] : []),
    ].map((shape) => ({ shape, dtype: 'float32' }));
  const lossOf = ([flat, x, z, t, given]: readonly Tensor[]): Tensor => {
    const count = x!.shape[0]!;
    const theta = given ?? full(0, [count, 0], 'float32');
    const times = reshape(t!, [count, ...field.shape.map(() => 1)]);
    const at = add(multiply(x!, subtract(1, times)), multiply(z!, add(multiply(times, 1 - sigma), sigma)));
    const velocity = field.velocity(
      t!,
      at,
      prior ? toUnitBox(theta, prior) : theta,
      unpackParameters(field.parameters, flat!),
    );
    return sum(square(subtract(velocity, subtract(multiply(z!, 1 - sigma), x!))));
  };
  const compiled = (withGradient: boolean) =>
    compileChunked(place, {
      chunk,
      valuesPerItem: dimension,
      graph: (count) =>
        trace((...inputs) => {
          const loss = lossOf(inputs);
          return withGradient ? [loss, ...gradients(loss, [inputs[0]!])] : [loss];
        }, specs(count)),
      inputs: specs(1).map((_, index) => (index === 0 ? 'shared' : 'batch')),
      outputs: withGradient ? ['sum', 'sum'] : ['sum'],
    });
  const [training, validation] = await Promise.all([compiled(true), compiled(false)]);
  const inputs = (parameters: Float32Array, batch: Batch, step: number): Float32Array[] => {
    const { size: count, maps: x, parameters: context } = batch;
    const own = foldIn(foldIn(key(seed), 6), step + 1);
    const z = Float32Array.from(base.sample(foldIn(own, 0), count));
    const t = randomUniform(foldIn(own, 1), [count], 'float64').map((u, i) => ((i + u) / count) ** timePower);
    coupling({ count, shape: field.shape, x, z, context });
    return [parameters, x, z, Float32Array.from(t), ...(contextSize > 0 ? [context] : [])];
  };
  return {
    async lossAndGradient(parameters, batch, step) {
      const [loss, gradient] = await training.run(inputs(parameters, batch, step));
      return { loss: loss![0]!, gradient: Float32Array.from(gradient!) };
    },
    async loss(parameters, batch) {
      const [loss] = await validation.run(inputs(parameters, batch, -1));
      return loss![0]!;
    },
    async close() {
      await Promise.all([training.dispose(), validation.dispose()]);
    },
  };
}
