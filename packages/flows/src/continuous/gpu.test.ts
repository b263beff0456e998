/** The graph forms of a continuous flow on a GPU: likelihoods, samples and losses are those of the CPU. */
import { midpoint } from '@equiflow/ode-solvers';
import { key, layoutOf, randomNormal } from '@equiflow/tensor';
import { openForTests } from '@equiflow/tensor-gpu/testing';
import { openPool } from '@equiflow/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { openEvaluator } from '../evaluator.ts';
import type { LossExecutor } from '../training/trainer.ts';
import { flowMatching } from './flow-matching.ts';
import { perceptronField } from './perceptron-field.ts';
import { unrolledFlow } from './unrolled.ts';
import { unrolledLikelihood } from './unrolled-likelihood.ts';

const gpu = await openForTests('webgpu');
let pool: Awaited<ReturnType<typeof openPool>>;
beforeAll(async () => {
  pool = await openPool({ workers: 1 });
});
afterAll(async () => {
  await pool.close();
  await gpu?.close();
});

const field = perceptronField({ dimension: 2, contextSize: 1, hidden: [6] });
const { velocityAndDivergence: _, ...unknown } = field;
const base = standardNormal([2]);
const flat = randomNormal(key(1), [layoutOf(field.parameters).size], 'float32').map((z) => 0.4 * z);
const count = 20;
const batch = {
  size: count,
  maps: randomNormal(key(2), [count, 2], 'float32'),
  parameters: randomNormal(key(3), [count, 1], 'float32'),
};

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test.skipIf(!gpu)('likelihoods and samples', async () => {
  const flow = unrolledFlow(field, base, { steps: 1, method: midpoint, parameterNames: ['a'] });
  const there = openEvaluator(flow, flat, { pool: gpu! });
  const here = openEvaluator(flow, flat, { pool, dtype: 'float32' });
  for (const name of ['logProb', 'generate'] as const) {
    expect(
      farthest(
        await there[name](batch.maps, batch.parameters),
        await here[name](batch.maps, batch.parameters),
      ),
    ).toBeLessThan(1e-4);
  }
  await there.close();
  await here.close();
});

test.skipIf(!gpu)('a flow without parameters', async () => {
  const plain = perceptronField({ dimension: 2, hidden: [6] });
  const flow = unrolledFlow(plain, base, { steps: 1, method: midpoint });
  const parameters = randomNormal(key(4), [layoutOf(plain.parameters).size], 'float32');
  const there = openEvaluator(flow, parameters, { pool: gpu! });
  const here = openEvaluator(flow, parameters, { pool, dtype: 'float32' });
  const none = new Float32Array(0);
  expect(farthest(await there.logProb(batch.maps, none), await here.logProb(batch.maps, none))).toBeLessThan(
    1e-4,
  );
  await there.close();
  await here.close();
});

test.skipIf(!gpu)(
  'losses and gradients by likelihood, with Hutchinson probes and regularisation, and by flow matching',
  async () => {
    const likelihood = {
      contextSize: 1,
      steps: 1,
      trace: 'hutchinson',
      kinetic: 0.1,
      jacobian: 0.1,
    } as const;
    const pairs: [LossExecutor, LossExecutor][] = [
      [
        await unrolledLikelihood(unknown, base, gpu!, likelihood),
        await unrolledLikelihood(unknown, base, pool, likelihood),
      ],
      [
        await flowMatching(field, base, gpu!, { contextSize: 1 }),
        await flowMatching(field, base, pool, { contextSize: 1 }),
      ],
    ];
    for (const [there, here] of pairs) {
      const [a, b] = [
        await there.lossAndGradient(flat, batch, 2),
        await here.lossAndGradient(flat, batch, 2),
      ];
      expect(a.loss / b.loss).toBeCloseTo(1, 5);
      const largest = b.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(farthest(a.gradient, b.gradient) / largest).toBeLessThan(1e-4);
    }
  },
);
