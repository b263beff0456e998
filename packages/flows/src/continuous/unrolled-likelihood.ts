/**
 * Training a continuous flow by maximum likelihood with unrolled steps, as an executor for `train`: −ln p(x|θ) with, if asked for, the regularisation of
 * RNODE (Finlay et al. 2020, arXiv:2002.02798, eq. 12), λ_K ∫|v|² dt + λ_J ∫‖∂v/∂x‖² dt, sums over the dimensions. It is one graph, which runs over
 * workers or on a device. Hutchinson's probes are drawn anew for every step of the training and are fixed over a path. The loss of a
 * validation is −ln p alone, with the same probes every time.
 */
import {
  add,
  full,
  gradients,
  layoutOf,
  multiply,
  negate,
  sizeOf,
  stopGradient,
  sum,
  type Tensor,
  type TensorType,
  trace,
  unpackParameters,
} from '@equiflow/tensor';
import type { BaseDensity } from '../base-density.ts';
import { toUnitBox } from '../conditioner.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Batch } from '../training/dataset.ts';
import type { PooledLossExecutor } from '../training/loss-executor.ts';
import { requireBase } from './checks.ts';
import { type LikelihoodOptions, probesAt } from './likelihood-options.ts';
import { drawProbes, needsProbes } from './traces.ts';
import { type UnrolledSteps, unrolledPath } from './unrolled.ts';
import type { FlowField } from './vector-field.ts';

/** Options of `unrolledLikelihood`. */
export interface UnrolledLikelihoodOptions extends LikelihoodOptions, UnrolledSteps {
  /** Samples that a worker takes at a time. Default 64. */
  readonly chunk?: number;
}

/** Losses by unrolled steps, over a pool of workers or on a device. */
export async function unrolledLikelihood(
  field: FlowField,
  base: BaseDensity,
  place: Placement,
  options: UnrolledLikelihoodOptions,
): Promise<PooledLossExecutor> {
  const {
    contextSize = 0,
    prior,
    trace: method = 'exact',
    noise = 'rademacher',
    probes = 1,
    kinetic = 0,
    jacobian = 0,
    seed = 1,
    chunk = 64,
    ...steps
  } = options;
  requireBase(field, base);
  const dimension = sizeOf(field.shape);
  const { size } = layoutOf(field.parameters);
  const compiled = async (regularised: boolean) => {
    const withProbes = needsProbes(field, method, regularised && jacobian > 0);
    const lossOf = (flat: Tensor, x: Tensor, rest: readonly Tensor[]): Tensor => {
      const [theta, given] = contextSize > 0 ? rest : [full(0, [x.shape[0]!, 0], x.dtype), rest[0]];
      const end = unrolledPath(
        field,
        x,
        prior ? toUnitBox(theta!, prior) : theta!,
        unpackParameters(field.parameters, flat),
        {
          ...steps,
          trace: method,
          ...(given ? { probes: stopGradient(given) } : {}),
          integrals: { kinetic: regularised && kinetic > 0, jacobian: regularised && jacobian > 0 },
        },
      );
      let loss = negate(sum(add(base.logProb(end.x), end.divergence!)));
      if (end.kinetic) loss = add(loss, multiply(sum(end.kinetic), kinetic));
      if (end.jacobian) loss = add(loss, multiply(sum(end.jacobian), jacobian));
      return loss;
    };
    const specs = (count: number): TensorType[] =>
      [
        [size],
        [count, ...field.shape],
        ...(contextSize > 0 ? [[count, contextSize]] : []),
        ...(withProbes ? [[count, probes, dimension]] : []),
      ].map((shape) => ({ shape, dtype: 'float32' }));
    const executable = await compileChunked(place, {
      chunk,
      valuesPerItem: dimension * (method === 'exact' && !field.velocityAndDivergence ? dimension : 1),
      graph: (count) =>
        trace((flat, x, ...rest) => {
          const loss = lossOf(flat!, x!, rest);
          return regularised ? [loss, ...gradients(loss, [flat!])] : [loss];
        }, specs(count)),
      inputs: specs(1).map((_, index) => (index === 0 ? 'shared' : 'batch')),
      outputs: regularised ? ['sum', 'sum'] : ['sum'],
    });
    return {
      dispose: () => executable.dispose(),
      run: (parameters: Float32Array, batch: Batch, step: number) =>
        executable.run([
          parameters,
          batch.maps,
          ...(contextSize > 0 ? [batch.parameters] : []),
          ...(withProbes
            ? [drawProbes(probesAt(seed, step), noise, [batch.size, probes, dimension], 'float32')]
            : []),
        ]),
    };
  };
  const [training, validation] = await Promise.all([compiled(true), compiled(false)]);
  return {
    async lossAndGradient(parameters, batch, step) {
      const [loss, gradient] = await training.run(parameters, batch, step);
      return { loss: loss![0]!, gradient: Float32Array.from(gradient!) };
    },
    async loss(parameters, batch) {
      const [loss] = await validation.run(parameters, batch, -1);
      return loss![0]!;
    },
    async close() {
      await Promise.all([training.dispose(), validation.dispose()]);
    },
  };
}
