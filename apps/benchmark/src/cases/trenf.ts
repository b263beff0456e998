/**
 * One training step of a TRENF (Dai & Seljak 2022) as `equiflow train` takes it: −ln p(x|θ) of a batch of maps, its
 * gradient with respect to all parameters over a pool of workers, and Adam. 5 layers, 8 knots of ln T̂ and T̂(0), 8 knots of
 * ψ, both from networks θ → 64 → 64 → knots; the peers have the same structure and number of parameters.
 */
import {
  chunkOf,
  generativeExecutor,
  initialParameters,
  type Trenf,
  trenf,
  trenfDefaults,
} from '@equiflow/flows';
import { adam, gradients, negate, sum, trace } from '@equiflow/tensor';
import { instantiate, openPool, type Plan, planOf } from '@equiflow/tensor-wasm';
import type { BenchmarkCase, Target, Workload } from '../case.ts';
import { normalValues } from './random-values.ts';

const LEARNING_RATE = 1e-4;

function model(shape: readonly number[]): Trenf {
  return trenf({
    ...trenfDefaults,
    shape,
    boxSize: 1000,
    parameterNames: ['a', 'b'],
    prior: { low: [-1, -1], high: [1, 1] },
  });
}

async function trainingStep(shape: readonly number[], batch: number, workers: number): Promise<Workload> {
  const flow = model(shape);
  const pixels = shape.reduce((a, b) => a * b, 1);
  const pool = await openPool({ workers });
  const executor = await generativeExecutor(flow, pool);
  const parameters = Float32Array.from(initialParameters(flow.parameters, 1));
  const optimiser = adam(parameters.length, { learningRate: LEARNING_RATE });
  const maps = normalValues(batch * pixels, 0).map((value) => 1.2 * value);
  const theta = normalValues(batch * 2, 1).map(Math.tanh);
  const data = { maps, parameters: theta, size: batch };
  const losses: number[] = [];
  // What a worker runs on its share of the batch, chunk by chunk.
  const chunk = Math.min(batch, chunkOf(pixels));
  const planned = (): Plan =>
    planOf(
      trace(
        (flat, x, context) => {
          const loss = negate(sum(flow.logProb(x!, context!, flat!)));
          return [loss, ...gradients(loss, [flat!])];
        },
        [
          { shape: [parameters.length], dtype: 'float32' },
          { shape: [chunk, ...shape], dtype: 'float32' },
          { shape: [chunk, 2], dtype: 'float32' },
        ],
      ),
    );
  return {
    async run(): Promise<void> {
      const { loss, gradient } = await executor.lossAndGradient(parameters, data, losses.length);
      for (let i = 0; i < gradient.length; i++) gradient[i]! /= batch;
      optimiser.step(parameters, gradient);
      losses.push(loss);
    },
    check(): void {
      const [first, last] = [losses[0]!, losses.at(-1)!];
      if (!(last < first)) throw new Error(`the check failed: the loss went from ${first} to ${last}`);
    },
    bytes: () => workers * planned().bytes + maps.byteLength,
    executable() {
      const executable = instantiate(planned());
      executable.run([parameters, maps.subarray(0, chunk * pixels), theta.subarray(0, chunk * 2)]);
      return executable;
    },
    async close(): Promise<void> {
      await executor.close();
      await pool.close();
    },
  };
}

function stepCase(size: number): BenchmarkCase {
  const batch = 32;
  const targets: Target[] = [
    { peer: 'torch', quantity: 'time', atLeast: 5, goal: 10 },
    { peer: 'jax', quantity: 'time', atLeast: 1 },
    { peer: 'torch', quantity: 'memory', atLeast: 2 },
  ];
  return {
    id: `trenf-step-2d-${size}-batch${batch}`,
    title: `TRENF training step, ${batch} maps of ${size}², 5 layers`,
    threads: [1, 2],
    setUp: (workers) => trainingStep([size, size], batch, workers),
    peers: [
      { kind: 'python', name: 'torch', threads: [1, 2] },
      { kind: 'python', name: 'jax', threads: [1, 2] },
    ],
    targets,
  };
}

function scalingCase(dimensions: number, size: number, batch: number): BenchmarkCase {
  return {
    id: `trenf-scaling-${dimensions}d-${size}-batch${batch}`,
    title: `TRENF training step, ${batch === 1 ? 'one field' : `${batch} maps`} of ${size}${dimensions === 2 ? '²' : '³'}, 5 layers`,
    threads: batch === 1 ? [1] : [1, 2],
    setUp: (workers) => trainingStep(new Array<number>(dimensions).fill(size), batch, workers),
    peers: [{ kind: 'python', name: 'torch', threads: [1, 2] }],
    targets: [],
    series: { name: `trenf-scaling-${dimensions}d`, size },
  };
}

export const TRENF_CASES: readonly BenchmarkCase[] = [
  stepCase(64),
  stepCase(128),
  ...[32, 64, 128, 256, 512, 1024].map((size) => scalingCase(2, size, 4)),
  ...[16, 32, 64, 128].map((size) => scalingCase(3, size, 1)),
];
