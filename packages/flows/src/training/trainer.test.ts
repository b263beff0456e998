import { key, randomNormal, randomUniform } from '@equiflow/tensor';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEvaluator } from '../evaluator.ts';
import { type TrenfSpec, trenf, trenfDefaults } from '../trenf.ts';
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from './checkpoint.ts';
import { type MapDataset, memoryDataset } from './dataset.ts';
import { discriminativeExecutor, generativeExecutor } from './loss-executor.ts';
import { type TrainingOptions, trainingDefaults } from './options.ts';
import { type CovarianceTable, drawTheta } from './theta-draws.ts';
import { initialState, type LossExecutor, train } from './trainer.ts';

const spec: TrenfSpec = {
  ...trenfDefaults,
  shape: [8, 8],
  boxSize: 100,
  layers: 1,
  hidden: [8],
  parameterNames: ['amplitude'],
  prior: { low: [0.5], high: [2] },
};
const flow = trenf(spec);
const options: TrainingOptions = {
  ...trainingDefaults,
  batch: 40,
  epochs: 8,
  learningRate: 2e-2,
  validationFraction: 0.2,
};

/** White noise times an amplitude: ln p(x|a) = −½ Σ x²/a² − n ln a − …, which a TRENF can represent. */
const count = 400;
const parameters = randomUniform(key(1), [count, 1], 'float64').map((u) => 0.5 + 1.5 * u);
const maps = Float32Array.from(
  randomNormal(key(2), [count, 64], 'float64'),
  (value, i) => value * parameters[Math.floor(i / 64)]!,
);
const dataset: MapDataset = memoryDataset({ maps, shape: [8, 8], parameters, parameterNames: ['amplitude'] });
const exact = (map: ArrayLike<number>, a: number): number =>
  Array.from(map).reduce((sum, x) => sum - 0.5 * (x / a) ** 2 - Math.log(a) - 0.5 * Math.log(2 * Math.PI), 0);

let pools: Pool[];
beforeAll(async () => {
  pools = [await openPool({ workers: 1 }), await openPool({ workers: 3 })];
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
});

async function run(
  executor: LossExecutor,
  state: TrainingState,
  until = Number.POSITIVE_INFINITY,
): Promise<TrainingState> {
  for await (const { step } of train(dataset, executor, options, state)) if (step >= until) break;
  return state;
}

test('learns an amplitude: the density approaches the exact one, map by map', async () => {
  const executor = await generativeExecutor(flow, pools[0]!);
  const state = await run(executor, initialState(flow, 1));
  expect(state.finished).toBe(true);
  expect(state.history.length).toBe(8);
  const evaluator = openEvaluator(flow, state.best, { pool: pools[0]! });
  const test = 100;
  const fresh = randomNormal(key(9), [test, 64], 'float64').map(
    (value, i) => value * (0.6 + 1.3 * (Math.floor(i / 64) / test)),
  );
  const thetas = Float64Array.from({ length: test }, (_, i) => 0.6 + (1.3 * i) / test);
  const learned = await evaluator.logProb(fresh, thetas);
  let gap = 0;
  thetas.forEach((a, i) => {
    gap += (exact(fresh.subarray(64 * i, 64 * (i + 1)), a) - learned[i]!) / test;
  });
  expect(gap).toBeLessThan(1.5);
  expect(gap).toBeGreaterThan(-0.1);
  await evaluator.close();
  await executor.close();
});

test('the same bits for one and for three workers, and when interrupted, saved and resumed at any step', async () => {
  const [one, three] = [await generativeExecutor(flow, pools[0]!), await generativeExecutor(flow, pools[1]!)];
  const whole = await run(one, initialState(flow, 1));
  for (const stop of [3, 8, 21]) {
    const halfway = await run(three, initialState(flow, 1), stop);
    const { state: resumed } = decodeCheckpoint(
      encodeCheckpoint({ spec, training: options, state: halfway, notes: {} }),
      'model.safetensors',
    );
    await run(one, resumed);
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(resumed.best).toEqual(whole.best);
    expect(resumed.history.map(({ train: loss, validation }) => [loss, validation])).toEqual(
      whole.history.map(({ train: loss, validation }) => [loss, validation]),
    );
  }
  await Promise.all([one.close(), three.close()]);
});

test('early stopping: without a better validation loss for `patience` epochs the training ends', async () => {
  const executor: LossExecutor = {
    lossAndGradient: async (flat) => ({ loss: 1, gradient: new Float32Array(flat.length) }),
    loss: async () => 1,
  };
  const state = initialState(flow, 1);
  const impatient = { ...options, epochs: 50, patience: 4 };
  for await (const _ of train(dataset, executor, impatient, state));
  expect(state.finished).toBe(true);
  expect(state.history.length).toBe(5);
});

test('a loss that is not a number stops the training with the step', async () => {
  const executor: LossExecutor = {
    lossAndGradient: async (flat, _, step) => ({
      loss: step === 2 ? Number.NaN : 1,
      gradient: new Float32Array(flat.length),
    }),
    loss: async () => 1,
  };
  await expect(run(executor, initialState(flow, 1))).rejects.toThrow(/step 3.*learning rate/);
});

const table: CovarianceTable = { box: spec.prior, nodes: 2, covariances: [0.5, 2].map((a) => (a * a) / 128) };

test('the discriminative loss agrees with log p(θ|x) on a dense grid', async () => {
  const state = await run(await generativeExecutor(flow, pools[0]!), initialState(flow, 1));
  const evaluator = openEvaluator(flow, state.best, { pool: pools[0]! });
  const n = 24;
  const truth = parameters.slice(0, n);
  // Trapezoidal rule over the prior: ln p(x) = ln ∫ p(x|θ) dθ / 1.5.
  const nodes = 601;
  const grid = Float64Array.from({ length: nodes }, (_, i) => 0.5 + (1.5 * i) / (nodes - 1));
  let dense = 0;
  for (let map = 0; map < n; map++) {
    const x = maps.subarray(64 * map, 64 * (map + 1));
    const logs = await evaluator.logProbOfMap(x, grid);
    const peak = Math.max(...logs);
    const integral =
      logs.reduce(
        (sum, value, i) => sum + Math.exp(value - peak) * (i === 0 || i === nodes - 1 ? 0.5 : 1),
        0,
      ) *
      (1.5 / (nodes - 1));
    const [own] = await evaluator.logProbOfMap(x, truth.slice(map, map + 1));
    dense += (peak + Math.log(integral) - own!) / n;
  }
  const errors: number[] = [];
  for (const draws of [9, 65, 513]) {
    const executor = await discriminativeExecutor(flow, pools[0]!, { table, draws, seed: 5 });
    const batch = { size: n, maps: maps.slice(0, 64 * n), parameters: Float32Array.from(truth) };
    errors.push((await executor.loss(state.best, batch)) / n - dense);
    await executor.close();
  }
  // θ_i among the draws biases log p(x) upwards by O(1/draws).
  expect(Math.abs(errors[1]!)).toBeLessThan(0.15);
  expect(Math.abs(errors[2]!)).toBeLessThan(0.03);
  await evaluator.close();
});

test('the gradient of the discriminative loss is that of finite differences', async () => {
  const executor = await discriminativeExecutor(flow, pools[0]!, { table, draws: 9, seed: 5 });
  const state = initialState(flow, 3);
  const batch = {
    size: 6,
    maps: maps.slice(0, 64 * 6),
    parameters: Float32Array.from(parameters.subarray(0, 6)),
  };
  const { gradient } = await executor.lossAndGradient(state.parameters, batch, -1);
  const largest = gradient.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best),
    0,
  );
  const step = 1e-2;
  const at = (sign: number): Promise<number> => {
    const moved = state.parameters.slice();
    moved[largest]! += sign * step;
    return executor.loss(moved, batch);
  };
  const difference = ((await at(1)) - (await at(-1))) / (2 * step);
  expect(difference / gradient[largest]!).toBeCloseTo(1, 1);
  await executor.close();
});

test('θ draws are functions of the seed and the step', () => {
  const draw = (seed: number) => drawTheta(key(seed), [1, 1.5], table, 9, 3);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1).theta).not.toEqual(draw(2).theta);
});
