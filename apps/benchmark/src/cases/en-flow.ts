/**
 * One training step of an E(n) flow (Satorras et al. 2021, arXiv:2105.09016) with the authors' settings for DW4: 100 systems
 * of 4 points in the plane, 3 layers of 32 with attention, −ln p by dopri5 at tolerances of 1e-4 and a Hutchinson
 * trace, its gradient, AdamW with AMSGrad. The peer is the authors' code, which takes its gradient by the adjoint equation;
 * ours goes back through the recorded steps. On two threads each has half of the batch, with steps of its own.
 */
import { Worker } from 'node:worker_threads';
import { adaptiveLikelihood, enField, initialParameters, zeroMeanNormal } from '@equiflow/flows';
import { adamW, key, type RandomKey, randomNormal } from '@equiflow/tensor';
import type { BenchmarkCase, Workload } from '../case.ts';

const BATCH = 100;
const [PARTICLES, DIMENSIONS] = [4, 2];
const WIDTH = PARTICLES * DIMENSIONS;

/** What a worker is asked: the same function as `lossHere`. */
export interface LossRequest {
  readonly parameters: Float32Array;
  readonly maps: Float32Array;
  readonly step: number;
}

/** Sums over the systems that were asked for. */
export interface LossAnswer {
  readonly loss: number;
  readonly gradient: Float32Array;
  /** Of the field, in the forward solve. */
  readonly evaluations: number;
}

const field = enField({ particles: PARTICLES, dimensions: DIMENSIONS });

/** A loss with its gradient on this thread. */
export function lossHere(): (request: LossRequest) => Promise<LossAnswer> {
  const executor = adaptiveLikelihood(field, zeroMeanNormal(PARTICLES, DIMENSIONS), { trace: 'hutchinson' });
  return async ({ parameters, maps, step }) => {
    const before = executor.cost.evaluations;
    const batch = { size: maps.length / WIDTH, maps, parameters: new Float32Array(0) };
    const { loss, gradient } = await executor.lossAndGradient(parameters, batch, step);
    return { loss, gradient, evaluations: executor.cost.evaluations - before };
  };
}

/** The same on a thread of its own. */
function lossThere(): { ask(request: LossRequest): Promise<LossAnswer>; close(): Promise<unknown> } {
  const worker = new Worker(new URL('./en-flow-worker.js', import.meta.url));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        worker.once('message', (answer: LossAnswer) => {
          worker.off('error', reject);
          resolve(answer);
        });
        worker.once('error', reject);
        worker.postMessage(request);
      }),
    close: () => worker.terminate(),
  };
}

/** Points as far apart as DW4's, centres of mass at 0. */
function systems(from: RandomKey): Float32Array {
  const values = randomNormal(from, [BATCH, PARTICLES, DIMENSIONS], 'float32');
  for (let at = 0; at < values.length; at += WIDTH) {
    for (let axis = 0; axis < DIMENSIONS; axis++) {
      let mean = 0;
      for (let i = axis; i < WIDTH; i += DIMENSIONS) mean += values[at + i]! / PARTICLES;
      for (let i = axis; i < WIDTH; i += DIMENSIONS) values[at + i] = 2.5 * (values[at + i]! - mean);
    }
  }
  return values;
}

async function trainingStep(threads: number): Promise<Workload> {
  const maps = systems(key(1));
  const parameters = Float32Array.from(initialParameters(field.parameters, 1));
  const optimiser = adamW(parameters.length, { learningRate: 5e-4, amsgrad: true, weightDecay: 1e-12 });
  const here = lossHere();
  const others = Array.from({ length: threads - 1 }, lossThere);
  const askers = [here, ...others.map((other) => other.ask)];
  const share = maps.length / threads;
  const losses: number[] = [];
  let evaluations = 0;
  return {
    async run(): Promise<void> {
      const step = losses.length;
      // This thread comes last: the others have been asked when it starts.
      const answers = await Promise.all(
        askers
          .map(
            (ask, which) => () =>
              ask({ parameters, maps: maps.slice(which * share, (which + 1) * share), step }),
          )
          .reverse()
          .map((ask) => ask()),
      );
      const gradient = new Float32Array(parameters.length);
      for (const answer of answers) {
        for (let i = 0; i < gradient.length; i++) gradient[i]! += answer.gradient[i]! / BATCH;
      }
      optimiser.step(parameters, gradient);
      losses.push(answers.reduce((sum, { loss }) => sum + loss, 0) / BATCH);
      evaluations = Math.max(...answers.map((answer) => answer.evaluations));
    },
    check(): void {
      const [first, last] = [losses[0]!, losses.at(-1)!];
      if (!(last < first)) throw new Error(`the check failed: the loss went from ${first} to ${last}`);
      // Two steps of dopri5 and the choice of the first: less would be no solve.
      if (evaluations < 14) throw new Error(`the check failed: ${evaluations} evaluations of the field`);
    },
    async close(): Promise<void> {
      await Promise.all(others.map((other) => other.close()));
    },
  };
}

export const EN_FLOW_CASES: readonly BenchmarkCase[] = [
  {
    id: `en-flow-step-dw4-batch${BATCH}`,
    title: `E(n) flow training step, ${BATCH} systems of 4 points in the plane, 3 layers of 32, dopri5 at 1e-4`,
    threads: [1, 2],
    setUp: trainingStep,
    peers: [{ kind: 'python', name: 'en_flows', threads: [1, 2] }],
    targets: [{ peer: 'en_flows', quantity: 'time', atLeast: 3 }],
  },
];
