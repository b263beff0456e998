import { dopri5, euler, midpoint, rk4 } from '@equiflow/ode-solvers';
import {
  add,
  compile,
  constant,
  key,
  layoutOf,
  multiply,
  randomNormal,
  reshape,
  slice,
  type Tensor,
  type TensorType,
  unpackParameters,
  vjp,
} from '@equiflow/tensor';
import { openPool } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import { standardNormal } from '../base-density.ts';
import { compose } from '../bijection.ts';
import { openEvaluator } from '../evaluator.ts';
import { standardise } from '../layers/standardise.ts';
import { logAbsDeterminant } from '../testing/log-abs-determinant.ts';
import { memoryDataset } from '../training/dataset.ts';
import { generativeExecutor } from '../training/loss-executor.ts';
import { trainingDefaults } from '../training/options.ts';
import { initialState, train } from '../training/trainer.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import { perceptronField } from './perceptron-field.ts';
import { continuousBijection, unrolledFlow, unrolledPath } from './unrolled.ts';

const float64 = (...shape: number[]): TensorType => ({ shape, dtype: 'float64' });
const field = perceptronField({ dimension: 2, contextSize: 1, hidden: [8, 8] });
const { size } = layoutOf(field.parameters);
const flat = randomNormal(key(1), [size], 'float64').map((z) => 0.5 * z);
const batch = 6;
const x = randomNormal(key(2), [batch, 2], 'float64');
const theta = randomNormal(key(3), [batch, 1], 'float64');

/** [latents, log-determinants, back, back's log-determinants]. */
function through(steps: number, method = rk4) {
  const bijection = compose([standardise(0.2, 1.3), continuousBijection(field, { steps, method })]);
  return compile(
    (given, samples, context) => {
      const tensors = unpackParameters(bijection.parameters, given!);
      const there = bijection.forward(samples!, context!, tensors);
      const back = bijection.inverse(there.value, context!, tensors);
      return [there.value, there.logDet, back.value, back.logDet];
    },
    [float64(size), float64(batch, 2), float64(batch, 1)],
  )
    .run([flat, x, theta])
    .map((values) => Float64Array.from(values));
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test('forward and inverse undo each other, and their log-determinants cancel, as far as the method goes', () => {
  const errors = [3, 6, 12].map((steps) => {
    const [, logDet, back, backLogDet] = through(steps);
    return Math.max(
      distance(back!, x),
      distance(
        logDet!,
        backLogDet!.map((value) => -value),
      ),
    );
  });
  expect(errors[0]! / errors[1]!).toBeGreaterThan(8);
  expect(errors[1]! / errors[2]!).toBeGreaterThan(8);
  expect(errors[2]!).toBeLessThan(1e-5);
});

test.each([
  { method: euler, order: 1 },
  { method: midpoint, order: 2 },
  { method: rk4, order: 4 },
  { method: dopri5, order: 5 },
])(
  '$method.name: latent and log-determinant converge with the order of the method',
  async ({ method, order }) => {
    const flow = openContinuousFlow(field, standardNormal([2]), flat, {
      contextSize: 1,
      rtol: 1e-11,
      atol: 1e-11,
    });
    const samples = x.map((value) => (value - 0.2) / 1.3);
    const exact = await flow.density(samples, theta);
    const [coarse, fine] = [4, 8].map((steps) => {
      const [latent, logDet] = through(steps, method);
      const logProb = logDet!.map(
        (value, i) =>
          value +
          2 * Math.log(1.3) -
          0.5 * (latent![2 * i]! ** 2 + latent![2 * i + 1]! ** 2) -
          Math.log(2 * Math.PI),
      );
      return Math.max(distance(latent!, exact.latent), distance(logProb, exact.logProb));
    });
    expect(Math.log2(coarse! / fine!)).toBeGreaterThan(order - 0.5);
    await flow.close();
  },
);

test('the log-determinant is that of the Jacobian by autodiff', () => {
  const [given, ...rows] = compile(
    (p, sample, context) => {
      const { value, logDet } = continuousBijection(field, { steps: 8, method: dopri5 }).forward(
        sample!,
        context!,
        unpackParameters(field.parameters, p!),
      );
      const y = reshape(value, [2]);
      const row = (i: number): Tensor =>
        vjp([slice(y, [[i, i + 1]])], [constant([1], [1], 'float64')], [sample!])[0]!;
      return [logDet, row(0), row(1)];
    },
    [float64(size), float64(1, 2), float64(1, 1)],
  )
    .run([flat, x.subarray(0, 2), theta.subarray(0, 1)])
    .map((values) => Float64Array.from(values));
  expect(given![0]).toBeCloseTo(logAbsDeterminant(rows), 5);
});

test('an evaluator over workers gives what the adaptive form gives with the same steps', async () => {
  const prior = { low: [-2], high: [3] };
  const base = standardNormal([2]);
  const flow = unrolledFlow(field, base, { steps: 3, parameterNames: ['a'], prior });
  const pool = await openPool({ workers: 2 });
  const evaluator = openEvaluator(flow, flat, { pool });
  const adaptive = openContinuousFlow(field, base, flat, {
    contextSize: 1,
    prior,
    method: rk4,
    step: 1 / 3,
    sharing: 'shared',
  });
  for (const name of ['logProb', 'latent', 'generate', 'thetaGradient'] as const) {
    expect(distance(await evaluator[name](x, theta), await adaptive[name](x, theta))).toBeLessThan(1e-12);
  }
  const map = x.subarray(0, 2);
  expect(
    distance(await evaluator.logProbOfMap(map, theta), await adaptive.logProbOfMap(map, theta)),
  ).toBeLessThan(1e-12);
  await evaluator.close();
  await adaptive.close();
  await pool.close();
});

test('kinetic energy, Jacobian norm and length of straight paths are known', () => {
  // v = (3, 4) t: x(1) = x + (1.5, 2), ∫|v|² = 25/3, ∫|v| = 2.5.
  const straight = {
    shape: [2],
    parameters: {},
    velocity: (t: Tensor, at: Tensor): Tensor => {
      const along = constant([3, 4], [1, 2], 'float64');
      return add(multiply(reshape(t, [at.shape[0]!, 1]), along), multiply(at, 0));
    },
  };
  const [end, divergence, kinetic, jacobian, length] = compile(
    (samples, context) => {
      const path = unrolledPath(
        straight,
        samples!,
        context!,
        {},
        {
          steps: 2,
          integrals: { kinetic: true, jacobian: true, length: true },
        },
      );
      return [path.x, path.divergence!, path.kinetic!, path.jacobian!, path.length!];
    },
    [float64(batch, 2), float64(batch, 1)],
  ).run([x, theta]);
  for (let i = 0; i < batch; i++) {
    expect(end![2 * i]).toBeCloseTo(x[2 * i]! + 1.5, 12);
    expect(end![2 * i + 1]).toBeCloseTo(x[2 * i + 1]! + 2, 12);
    expect(divergence![i]).toBe(0);
    expect(kinetic![i]).toBeCloseTo(25 / 3, 12);
    expect(jacobian![i]).toBe(0);
    expect(length![i]).toBeCloseTo(2.5, 12);
  }
});

test('a flow without parameters trains and is evaluated by what was made for flows of maps', async () => {
  const plain = perceptronField({ dimension: 2, hidden: [8] });
  const flow = unrolledFlow(plain, standardNormal([2]), { steps: 1, method: midpoint });
  const maps = randomNormal(key(5), [120, 2], 'float64').map((z) => 0.5 * z + 1);
  const dataset = memoryDataset({ maps, shape: [2], parameters: new Float64Array(0), parameterNames: [] });
  const pool = await openPool({ workers: 2 });
  const executor = await generativeExecutor(flow, pool);
  const state = initialState(flow, 1);
  const options = { ...trainingDefaults, batch: 18, epochs: 6, learningRate: 2e-2 };
  for await (const _ of train(dataset, executor, options, state));
  expect(state.history.at(-1)!.validation).toBeLessThan(state.history[0]!.validation - 0.1);
  const evaluator = openEvaluator(flow, state.best, { pool });
  const logProb = await evaluator.logProb(maps, new Float64Array(0));
  const adaptive = openContinuousFlow(plain, standardNormal([2]), state.best, {
    method: midpoint,
    step: 1,
    sharing: 'shared',
  });
  expect(distance(logProb, await adaptive.logProb(maps))).toBeLessThan(1e-12);
  await executor.close();
  await evaluator.close();
  await adaptive.close();
  await pool.close();
});
