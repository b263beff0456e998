import { dopri5, rk4 } from '@equiflow/ode-solvers';
import { key, layoutOf, randomNormal } from '@equiflow/tensor';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { type Batch, memoryDataset } from '../training/dataset.ts';
import { trainingDefaults } from '../training/options.ts';
import { initialState, type LossExecutor, train } from '../training/trainer.ts';
import { adaptiveLikelihood } from './adaptive-likelihood.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import type { LikelihoodOptions } from './likelihood-options.ts';
import { perceptronField } from './perceptron-field.ts';
import { twoMoons } from './toy-distributions.ts';
import { unrolledLikelihood } from './unrolled-likelihood.ts';
import type { FlowField } from './vector-field.ts';

let pool: Pool;
beforeAll(async () => {
  pool = await openPool({ workers: 2 });
});
afterAll(() => pool.close());

const base = standardNormal([2]);
const closed = perceptronField({ dimension: 2, contextSize: 1, hidden: [6, 6] });
const { velocityAndDivergence: _, ...unknown } = closed;
const flat = randomNormal(key(1), [layoutOf(closed.parameters).size], 'float32').map((z) => 0.5 * z);
const batch: Batch = {
  size: 7,
  maps: randomNormal(key(2), [7, 2], 'float32'),
  parameters: randomNormal(key(3), [7, 1], 'float32'),
};

/** Largest difference between a gradient and central differences of the loss, relative to the largest entry. */
async function gradientError(
  executor: LossExecutor,
  entries: readonly number[],
  step: number,
): Promise<number> {
  const { gradient } = await executor.lossAndGradient(flat, batch, 3);
  const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let worst = 0;
  for (const entry of entries) {
    const at = async (sign: number): Promise<number> => {
      const moved = flat.slice();
      moved[entry]! += sign * step;
      return (await executor.lossAndGradient(moved, batch, 3)).loss;
    };
    const [above, below] = [await at(1), await at(-1)];
    const width = Math.fround(flat[entry]! + step) - Math.fround(flat[entry]! - step);
    worst = Math.max(worst, Math.abs((above - below) / width - gradient[entry]!) / largest);
  }
  return worst;
}

const entries = [0, 9, 40, flat.length - 1];
const cases: [string, FlowField, LikelihoodOptions][] = [
  ['closed form', closed, {}],
  ['closed form, regularised', closed, { kinetic: 0.3, jacobian: 0.2 }],
  ['basis vectors, regularised', unknown, { kinetic: 0.3, jacobian: 0.2 }],
  ['Rademacher, regularised', unknown, { trace: 'hutchinson', kinetic: 0.3, jacobian: 0.2 }],
  ['Gaussian, two probes', unknown, { trace: 'hutchinson', noise: 'gaussian', probes: 2 }],
];

test.each(cases)(
  '%s: gradients through recorded steps and by the adjoint are those of differences',
  async (_, field, options) => {
    const common = { ...options, contextSize: 1, dtype: 'float64', maximumSteps: 500 } as const;
    const tight = { rtol: 1e-9, atol: 1e-9, errorNorm: 'x and log p' } as const;
    const recorded = adaptiveLikelihood(field, base, { ...common, ...tight });
    const adjoint = adaptiveLikelihood(field, base, { ...common, ...tight, gradient: 'adjoint' });
    expect(await gradientError(recorded, entries, 1e-3)).toBeLessThan(1e-5);
    const [one, other] = [
      await recorded.lossAndGradient(flat, batch, 3),
      await adjoint.lossAndGradient(flat, batch, 3),
    ];
    expect(other.loss).toBe(one.loss);
    other.gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(one.gradient[i]!, 4);
    });
    await Promise.all([recorded.close(), adjoint.close()]);
  },
);

test.each(cases)(
  '%s: unrolled steps over workers give what recorded steps of that length give',
  async (_, field, options) => {
    const common = { ...options, contextSize: 1, prior: { low: [-2], high: [1.5] } };
    const unrolled = await unrolledLikelihood(field, base, pool, { ...common, steps: 2, chunk: 3 });
    const recorded = adaptiveLikelihood(field, base, { ...common, method: rk4, step: 0.5, dtype: 'float64' });
    const [one, other] = [
      await unrolled.lossAndGradient(flat, batch, 5),
      await recorded.lossAndGradient(flat, batch, 5),
    ];
    expect(one.loss).toBeCloseTo(other.loss, 3);
    const largest = one.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    one.gradient.forEach((value, i) => {
      expect(Math.abs(value - other.gradient[i]!) / largest).toBeLessThan(1e-5);
    });
    expect(await unrolled.loss(flat, batch)).toBeCloseTo(await recorded.loss(flat, batch), 3);
    await Promise.all([unrolled.close(), recorded.close()]);
  },
);

test('gradients over workers are those on this thread, the same bits for any number of workers', async () => {
  const alone = await openPool({ workers: 1 });
  const options = { contextSize: 1, trace: 'hutchinson', jacobian: 0.1 } as const;
  const here = adaptiveLikelihood(unknown, base, options);
  const two = adaptiveLikelihood(unknown, base, { ...options, place: pool, chunk: 3 });
  const one = adaptiveLikelihood(unknown, base, { ...options, place: alone, chunk: 3 });
  const [a, b, c] = [
    await here.lossAndGradient(flat, batch, 3),
    await two.lossAndGradient(flat, batch, 3),
    await one.lossAndGradient(flat, batch, 3),
  ];
  expect(c).toEqual(b);
  expect(b.loss).toBeCloseTo(a.loss, 3);
  const largest = a.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  b.gradient.forEach((value, i) => {
    expect(Math.abs(value - a.gradient[i]!) / largest).toBeLessThan(1e-5);
  });
  // The last batch of a validation, or another batch size, is another compiled size.
  const few = { size: 2, maps: batch.maps.subarray(0, 4), parameters: batch.parameters.subarray(0, 2) };
  expect((await two.lossAndGradient(flat, few, 3)).loss).toBeCloseTo(
    (await here.lossAndGradient(flat, few, 3)).loss,
    3,
  );
  expect(() => adaptiveLikelihood(unknown, base, { ...options, place: pool, gradient: 'adjoint' })).toThrow(
    /place/,
  );
  await Promise.all([here.close(), two.close(), one.close()]);
  await alone.close();
});

test('probes are new at every step, the same at a step again, and those of validation never change', async () => {
  const executor = adaptiveLikelihood(unknown, base, { contextSize: 1, trace: 'hutchinson' });
  const at = async (step: number) => (await executor.lossAndGradient(flat, batch, step)).loss;
  const first = await at(1);
  expect(await at(2)).not.toBe(first);
  expect(await at(1)).toBe(first);
  expect(await executor.loss(flat, batch)).toBe(await executor.loss(flat, batch));
  expect(executor.cost.evaluations).toBeGreaterThan(5 * 7);
  await executor.close();
});

test('regularisation: kinetic energy makes paths shorter at hardly a cost in likelihood', async () => {
  const maps = twoMoons(key(1), 600);
  const dataset = memoryDataset({ maps, shape: [2], parameters: new Float64Array(0), parameterNames: [] });
  const field = perceptronField({ dimension: 2, hidden: [24, 24] });
  const fresh = twoMoons(key(2), 300);
  const trained = async (kinetic: number) => {
    const executor = await unrolledLikelihood(field, base, pool, {
      steps: 3,
      kinetic,
      jacobian: kinetic / 10,
    });
    const state = initialState(field, 1);
    const options = { ...trainingDefaults, batch: 60, epochs: 12, learningRate: 2e-2 };
    for await (const _ of train(dataset, executor, options, state));
    await executor.close();
    const flow = openContinuousFlow(field, base, state.best, { rtol: 1e-4, atol: 1e-4 });
    const { logProb, pathLength } = await flow.density(fresh);
    await flow.close();
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b) / values.length;
    return { nll: -mean(logProb), length: mean(pathLength) };
  };
  const [plain, regular] = [await trained(0), await trained(0.1)];
  // A normal of the data's variances has 2.2 nats.
  expect(plain.nll).toBeLessThan(1.7);
  expect(regular.nll).toBeLessThan(plain.nll + 0.25);
  expect(regular.length).toBeLessThan(0.95 * plain.length);
});

test('a solve that fails names the step', async () => {
  const executor = adaptiveLikelihood(closed, base, {
    contextSize: 1,
    method: dopri5,
    maximumSteps: 2,
    rtol: 1e-6,
  });
  await expect(executor.lossAndGradient(flat, batch, 6)).rejects.toThrow(/step 7: .*steps/);
});
