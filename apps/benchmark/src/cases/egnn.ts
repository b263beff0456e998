/**
 * One training step of EGNN on the charged particles (Satorras, Hoogeboom & Welling 2021, arXiv:2102.09844, section
 * 5.1): squared errors of a batch of 100 systems of 5 particles, the gradient with respect to all parameters over a pool
 * of workers, and Adam. 4 layers of 64 features with velocities; the peers, the authors' own code and a plain one written
 * to be fast, have the same structure and parameters.
 */
import {
  type ChargedDataset,
  type ChargedModel,
  chargedDataset,
  chargedEgnn,
  chargedLoss,
} from '@equiflow/egnn';
import { adam, initialParameters, trace } from '@equiflow/tensor';
import { dataParallel, instantiate, openPool, type Plan, planOf } from '@equiflow/tensor-wasm';
import type { BenchmarkCase, Workload } from '../case.ts';

const BATCH = 100;
/** Systems of a chunk: half of the batch, whatever the number of workers. */
const CHUNK = 50;

function planFor(model: ChargedModel, systems: number): Plan {
  const loss = chargedLoss(model, 5, true);
  return planOf(trace((...inputs) => loss.trace(inputs), loss.specs(systems)));
}

const arraysOf = (data: ChargedDataset): Float32Array[] => [data.x, data.v, data.charges, data.target];

async function trainingStep(workers: number): Promise<Workload> {
  const model = chargedEgnn({ velocity: 'initial' });
  const data = chargedDataset({ seed: 1, size: BATCH });
  const pool = await openPool({ workers });
  const step = await dataParallel({
    pool,
    plan: (systems) => planFor(model, systems),
    chunk: CHUNK,
    inputs: ['shared', 'batch', 'batch', 'batch', 'batch'],
    outputs: ['sum', 'sum'],
  });
  const parameters = Float32Array.from(initialParameters(model.parameters, 1));
  const optimiser = adam(parameters.length, { learningRate: 5e-4 });
  const arrays = arraysOf(data);
  const losses: number[] = [];
  return {
    async run(): Promise<void> {
      const [loss, gradient] = await step.run([parameters, ...arrays]);
      // `map` with a function takes twice the time of Adam.
      for (let i = 0; i < gradient!.length; i++) gradient![i]! /= data.target.length;
      optimiser.step(parameters, gradient as Float32Array);
      losses.push(loss![0]!);
    },
    check(): void {
      const [first, last] = [losses[0]!, losses.at(-1)!];
      if (!(last < first)) throw new Error(`the check failed: the loss went from ${first} to ${last}`);
    },
    bytes: () =>
      workers * planFor(model, CHUNK).bytes + arrays.reduce((bytes, array) => bytes + array.byteLength, 0),
    executable() {
      const executable = instantiate(planFor(model, CHUNK));
      const chunk = arrays.map((array) => array.subarray(0, (array.length / BATCH) * CHUNK));
      executable.run([parameters, ...chunk]);
      return executable;
    },
    async close(): Promise<void> {
      await step.dispose();
      await pool.close();
    },
  };
}

export const EGNN_CASES: readonly BenchmarkCase[] = [
  {
    id: `egnn-step-charges-batch${BATCH}`,
    title: `EGNN training step, ${BATCH} systems of 5 charges, 4 layers of 64`,
    threads: [1, 2],
    setUp: trainingStep,
    peers: [
      { kind: 'python', name: 'egnn', threads: [1, 2] },
      { kind: 'python', name: 'torch', threads: [1, 2] },
    ],
    targets: [
      { peer: 'egnn', quantity: 'time', atLeast: 1 },
      { peer: 'torch', quantity: 'time', atLeast: 1 },
    ],
  },
];
