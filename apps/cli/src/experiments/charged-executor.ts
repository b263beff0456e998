/** Losses of a model of the charged particles over a pool of workers, in chunks of a fixed number of systems. */
import { type ChargedDataset, type ChargedExecutor, type ChargedModel, chargedLoss } from '@equiflow/egnn';
import { trace } from '@equiflow/tensor';
import { dataParallel, type ParallelExecutable, type Pool, planOf } from '@equiflow/tensor-wasm';

/** Most systems a chunk: half of the paper's batch. */
const LARGEST_CHUNK = 50;

/** An executor that holds workers' memory until it is closed. */
export interface PooledChargedExecutor extends ChargedExecutor {
  close(): Promise<void>;
}

/**
 * Prepares the loss, with and without its gradient, on every worker. A batch makes at least two chunks, whatever the
 * number of workers, so that results do not depend on it.
 */
export async function chargedExecutor(
  model: ChargedModel,
  particles: number,
  batch: number,
  pool: Pool,
): Promise<PooledChargedExecutor> {
  const chunk = Math.min(LARGEST_CHUNK, Math.ceil(batch / 2));
  const prepare = (gradient: boolean): Promise<ParallelExecutable> => {
    const loss = chargedLoss(model, particles, gradient);
    return dataParallel({
      pool,
      plan: (systems) => planOf(trace((...inputs) => loss.trace(inputs), loss.specs(systems))),
      chunk,
      inputs: ['shared', 'batch', 'batch', 'batch', 'batch'],
      outputs: gradient ? ['sum', 'sum'] : ['sum'],
    });
  };
  const [withGradient, without] = [await prepare(true), await prepare(false)];
  const inputs = (parameters: Float32Array, { x, v, charges, target }: ChargedDataset): Float32Array[] => [
    parameters,
    x,
    v,
    charges,
    target,
  ];
  return {
    async lossAndGradient(parameters, batch) {
      const [loss, gradient] = await withGradient.run(inputs(parameters, batch));
      return { loss: loss![0]!, gradient: Float32Array.from(gradient!) };
    },
    async loss(parameters, batch) {
      const [loss] = await without.run(inputs(parameters, batch));
      return loss![0]!;
    },
    async close() {
      await Promise.all([withGradient.dispose(), without.dispose()]);
    },
  };
}
