/**
 * Losses and gradients of a flow over a pool of workers or on a device. Over workers a batch is cut into chunks of a fixed number of maps, so that a
 * chunk's fields stay in a core's cache and memory does not grow with the batch; gradients are added in the order of
 * the chunks: the same bits for any number of workers.
 */
import {
  add,
  broadcastTo,
  foldIn,
  gradients,
  key,
  layoutOf,
  logSumExp,
  negate,
  reshape,
  slice,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  trace,
} from '@equiflow/tensor';
import type { ParallelExecutable } from '@equiflow/tensor-wasm';
import type { SpecifiedFlow } from '../flow.ts';
import type { MapFlow } from '../map-flow.ts';
import { compileChunked, type Placement } from '../placement.ts';
import type { Batch } from './dataset.ts';
import { type CovarianceTable, drawTheta } from './theta-draws.ts';
import type { LossExecutor } from './trainer.ts';

/** Values of a field that a chunk may hold: 64 Ki, a quarter of a MiB in float32. */
const CHUNK_VALUES = 65_536;

/** Maps a chunk: as many as fit, at least one. A function of the mesh alone. */
export function chunkOf(pixels: number, most = 16): number {
  return Math.max(1, Math.min(most, Math.floor(CHUNK_VALUES / pixels)));
}

/** An executor that holds memory of workers or of a device until it is closed. */
export interface PooledLossExecutor extends LossExecutor {
  close(): Promise<void>;
}

const float32 = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });

/** −ln p(x|θ) summed over the maps. */
export async function generativeExecutor(flow: SpecifiedFlow, place: Placement): Promise<PooledLossExecutor> {
  const { shape, parameterNames } = flow.spec;
  const { size } = layoutOf(flow.parameters);
  const pixels = shape.reduce((product, length) => product * length, 1);
  const lossOf = (x: Tensor, theta: Tensor, flat: Tensor): Tensor =>
    negate(sum((flow.trainingObjective ?? flow.logProb)(x, theta, flat)));
  const specs = (maps: number): TensorType[] => [
    float32(size),
    float32(maps, ...shape),
    float32(maps, parameterNames.length),
  ];
  const shared = {
    chunk: chunkOf(pixels),
    valuesPerItem: pixels,
    inputs: ['shared', 'batch', 'batch'] as const,
  };
  const withGradient = await compileChunked(place, {
    ...shared,
    graph: (maps) =>
      trace((flat, x, theta) => {
        const loss = lossOf(x!, theta!, flat!);
        return [loss, ...gradients(loss, [flat!])];
      }, specs(maps)),
    outputs: ['sum', 'sum'],
  });
  const withoutGradient = await compileChunked(place, {
    ...shared,
    graph: (maps) => trace((flat, x, theta) => lossOf(x!, theta!, flat!), specs(maps)),
    outputs: ['sum'],
  });
  return pooled(withGradient, withoutGradient, (parameters, batch) => [
    parameters,
    batch.maps,
    batch.parameters,
  ]);
}

/**
 * −ln p(θ|x) summed over the maps, with ln p(θ|x) = ln p(x|θ) + ln p(θ) − ln p(x) and ln p(x) from importance-weighted draws.
 * Validation draws with step −1, so that its loss is a function of the parameters alone.
 */
export async function discriminativeExecutor(
  flow: MapFlow,
  place: Placement,
  proposal: { readonly table: CovarianceTable; readonly draws: number; readonly seed: number },
): Promise<PooledLossExecutor> {
  const { shape, parameterNames, prior } = flow.spec;
  const { table, draws, seed } = proposal;
  const width = parameterNames.length;
  const { size } = layoutOf(flow.parameters);
  const pixels = shape.reduce((product, length) => product * length, 1);
  const logPrior = -prior.low.reduce((total, low, axis) => total + Math.log(prior.high[axis]! - low), 0);
  const lossOf = (flat: Tensor, x: Tensor, theta: Tensor, logWeights: Tensor): Tensor => {
    const maps = x.shape[0]!;
    const repeated = reshape(broadcastTo(reshape(x, [maps, 1, ...shape]), [maps, draws, ...shape]), [
      maps * draws,
      ...shape,
    ]);
    const logProb = reshape(flow.logProb(repeated, reshape(theta, [maps * draws, width]), flat), [
      maps,
      draws,
    ]);
    const evidence = subtract(logSumExp(add(logProb, logWeights), { axes: [1] }), Math.log(draws));
    const own = add(reshape(slice(logProb, [null, [0, 1]]), [maps]), logPrior);
    return sum(subtract(evidence, own));
  };
  const specs = (maps: number): TensorType[] => [
    float32(size),
    float32(maps, ...shape),
    float32(maps, draws, width),
    float32(maps, draws),
  ];
  const shared = {
    chunk: chunkOf(pixels * draws),
    valuesPerItem: pixels * draws,
    inputs: ['shared', 'batch', 'batch', 'batch'] as const,
  };
  const withGradient = await compileChunked(place, {
    ...shared,
    graph: (maps) =>
      trace((flat, x, theta, logWeights) => {
        const loss = lossOf(flat!, x!, theta!, logWeights!);
        return [loss, ...gradients(loss, [flat!])];
      }, specs(maps)),
    outputs: ['sum', 'sum'],
  });
  const withoutGradient = await compileChunked(place, {
    ...shared,
    graph: (maps) =>
      trace((flat, x, theta, logWeights) => lossOf(flat!, x!, theta!, logWeights!), specs(maps)),
    outputs: ['sum'],
  });
  return pooled(withGradient, withoutGradient, (parameters, batch, step) => {
    const drawn = drawTheta(foldIn(foldIn(key(seed), 3), step + 1), batch.parameters, table, draws, 3);
    return [parameters, batch.maps, drawn.theta, drawn.logWeights];
  });
}

function pooled(
  withGradient: ParallelExecutable,
  withoutGradient: ParallelExecutable,
  inputs: (parameters: Float32Array, batch: Batch, step: number) => Float32Array[],
): PooledLossExecutor {
  return {
    async lossAndGradient(parameters, batch, step) {
      const [loss, gradient] = await withGradient.run(inputs(parameters, batch, step));
      return { loss: loss![0]!, gradient: Float32Array.from(gradient!) };
    },
    async loss(parameters, batch) {
      const [loss] = await withoutGradient.run(inputs(parameters, batch, -1));
      return loss![0]!;
    },
    async close() {
      await Promise.all([withGradient.dispose(), withoutGradient.dispose()]);
    },
  };
}
