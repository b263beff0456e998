import { foldIn, key, multiply, randomNormal, randomUniform, reshape, sum } from '@equiflow/tensor';
import { openPool, type Pool } from '@equiflow/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BaseDensity, standardNormal } from '../base-density.ts';
import { memoryDataset } from '../training/dataset.ts';
import { trainingDefaults } from '../training/options.ts';
import { initialState, train } from '../training/trainer.ts';
import { openContinuousFlow } from './continuous-flow.ts';
import { optimalTransport } from './coupling.ts';
import { type FlowMatchingOptions, flowMatching } from './flow-matching.ts';
import { perceptronField } from './perceptron-field.ts';
import { checkerboard, twoMoons } from './toy-distributions.ts';
import type { FlowField } from './vector-field.ts';

let pool: Pool;
beforeAll(async () => {
  pool = await openPool({ workers: 2 });
});
afterAll(() => pool.close());

const base = standardNormal([2]);
const none = new Float64Array(0);
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b) / values.length;

/** Trains on samples of the plane and gives −⟨ln p⟩ and the mean path length on others. */
async function trained(
  maps: Float64Array,
  fresh: Float64Array,
  training: { epochs: number; batch: number; hidden: number[] },
  options: FlowMatchingOptions = {},
) {
  const field = perceptronField({ dimension: 2, hidden: training.hidden });
  const dataset = memoryDataset({ maps, shape: [2], parameters: none, parameterNames: [] });
  const executor = await flowMatching(field, base, pool, options);
  const state = initialState(field, 1);
  for await (const _ of train(
    dataset,
    executor,
    { ...trainingDefaults, ...training, learningRate: 1e-2 },
    state,
  ));
  await executor.close();
  const flow = openContinuousFlow(field, base, state.best, { rtol: 3e-5, atol: 3e-5 });
  const { logProb, pathLength } = await flow.density(fresh);
  return { flow, nll: -mean(logProb), length: mean(pathLength) };
}

test('learns a normal distribution: its density is the exact one', async () => {
  // x = (1 + 0.6 a, −0.5 + 0.5 a + 0.5 b): correlated, shifted, narrow.
  const draw = (seed: number, count: number): Float64Array => {
    const z = randomNormal(key(seed), [count, 2], 'float64');
    return z.map((_, at) => {
      const [a, b] = [z[at - (at % 2)]!, z[at - (at % 2) + 1]!];
      return at % 2 === 0 ? 1 + 0.6 * a : -0.5 + 0.5 * a + 0.5 * b;
    });
  };
  const exact = (x: number, y: number): number => {
    const a = (x - 1) / 0.6;
    const b = (y + 0.5 - 0.5 * a) / 0.5;
    return -0.5 * (a * a + b * b) - Math.log(2 * Math.PI * 0.6 * 0.5);
  };
  const fresh = draw(2, 500);
  const { flow } = await trained(draw(1, 4000), fresh, { epochs: 40, batch: 200, hidden: [24, 24] });
  const learned = await flow.logProb(fresh);
  const gap = Array.from(learned, (value, i) => exact(fresh[2 * i]!, fresh[2 * i + 1]!) - value);
  expect(Math.abs(mean(gap))).toBeLessThan(0.05);
  expect(Math.sqrt(mean(gap.map((value) => value ** 2)))).toBeLessThan(0.2);
  await flow.close();
});

test('conditional: a normal whose mean and width depend on θ', async () => {
  const count = 6000;
  const theta = randomUniform(key(3), [count, 1], 'float64').map((u) => 0.5 + u);
  const z = randomNormal(key(4), [count, 2], 'float64');
  const maps = z.map((value, at) => {
    const a = theta[Math.floor(at / 2)]!;
    return at % 2 === 0 ? 2 * (a - 1) + 0.5 * a * value : 0.8 * value;
  });
  const exact = (x: number, y: number, a: number): number =>
    -0.5 * ((x - 2 * (a - 1)) / (0.5 * a)) ** 2 -
    0.5 * (y / 0.8) ** 2 -
    Math.log(2 * Math.PI * 0.5 * a * 0.8);
  const prior = { low: [0.5], high: [1.5] };
  const field = perceptronField({ dimension: 2, contextSize: 1, hidden: [24, 24] });
  const dataset = memoryDataset({ maps, shape: [2], parameters: theta, parameterNames: ['a'] });
  const executor = await flowMatching(field, base, pool, { contextSize: 1, prior });
  const state = initialState(field, 1);
  const options = { ...trainingDefaults, batch: 200, epochs: 40, learningRate: 1e-2 };
  for await (const _ of train(dataset, executor, options, state));
  await executor.close();
  const flow = openContinuousFlow(field, base, state.best, { contextSize: 1, prior, rtol: 1e-4, atol: 1e-4 });
  for (const a of [0.6, 1, 1.4]) {
    const fresh = randomNormal(foldIn(key(5), 10 * a), [300, 2], 'float64').map((value, at) =>
      at % 2 === 0 ? 2 * (a - 1) + 0.5 * a * value : 0.8 * value,
    );
    const learned = await flow.logProb(fresh, new Float64Array(300).fill(a));
    const gap = Array.from(learned, (value, i) => exact(fresh[2 * i]!, fresh[2 * i + 1]!, a) - value);
    expect(Math.abs(mean(gap))).toBeLessThan(0.06);
    const { samples } = await flow.sample(key(6), 2000, new Float64Array(2000).fill(a));
    const first = samples.filter((_, at) => at % 2 === 0);
    const centre = mean(first);
    expect(Math.abs(centre - 2 * (a - 1))).toBeLessThan(0.08);
    const deviation = Math.sqrt(mean(first.map((value) => (value - centre) ** 2)));
    expect(Math.abs(deviation - 0.5 * a)).toBeLessThan(0.08);
  }
  await flow.close();
});

test('two moons and a checkerboard: the densities learned integrate to 1 and see the shapes', async () => {
  const cases = [
    {
      name: 'moons',
      draw: (seed: number, n: number) => twoMoons(key(seed), n),
      normal: 2.2,
      gain: 0.45,
      half: 4,
    },
    // A normal of the board's variance 4/3 has ln 2πe 4/3 = 3.13 nats, the board itself ln 8 = 2.08.
    {
      name: 'board',
      draw: (seed: number, n: number) => checkerboard(key(seed), n),
      normal: 3.13,
      gain: 0.3,
      half: 6,
    },
  ];
  for (const { draw, normal, gain, half } of cases) {
    const { flow, nll } = await trained(draw(1, 3000), draw(2, 500), {
      epochs: 40,
      batch: 200,
      hidden: [32, 32],
    });
    expect(nll).toBeLessThan(normal - gain);
    const side = 90;
    const width = (2 * half) / (side - 1);
    const grid = Float64Array.from({ length: 2 * side * side }, (_, at) => {
      const cell = Math.floor(at / 2);
      return width * (at % 2 === 0 ? cell % side : Math.floor(cell / side)) - half;
    });
    const logProb = await flow.logProb(grid);
    const integral = logProb.reduce((sum, log) => sum + Math.exp(log), 0) * width ** 2;
    expect(Math.abs(integral - 1)).toBeLessThan(1e-4);
    await flow.close();
  }
});

test('pairs by optimal transport make shorter paths', async () => {
  const [maps, fresh] = [twoMoons(key(1), 1500), twoMoons(key(2), 400)];
  const training = { epochs: 20, batch: 50, hidden: [24, 24] };
  const independent = await trained(maps, fresh, training);
  const paired = await trained(maps, fresh, training, { coupling: optimalTransport() });
  expect(paired.length).toBeLessThan(0.8 * independent.length);
  expect(paired.nll).toBeLessThan(independent.nll + 0.1);
  await Promise.all([independent.flow.close(), paired.flow.close()]);
});

test('the loss and its gradient do not depend on the workers, and follow the seed and the step', async () => {
  const field = perceptronField({ dimension: 2, hidden: [8] });
  const state = initialState(field, 2);
  const parameters = randomNormal(key(7), [state.parameters.length], 'float32');
  const batch = { size: 20, maps: randomNormal(key(8), [20, 2], 'float32'), parameters: new Float32Array(0) };
  const alone = await openPool({ workers: 1 });
  const [two, one] = [
    await flowMatching(field, base, pool, { chunk: 8, sigma: 0.1 }),
    await flowMatching(field, base, alone, { chunk: 8, sigma: 0.1 }),
  ];
  const first = await two.lossAndGradient(parameters, batch, 4);
  expect(await one.lossAndGradient(parameters, batch, 4)).toEqual(first);
  expect((await two.lossAndGradient(parameters, batch, 5)).loss).not.toBe(first.loss);
  expect(await two.loss(parameters, batch)).toBe(await one.loss(parameters, batch));
  // Along the gradient the loss changes by its square.
  const step = 1e-4;
  const along = async (sign: number): Promise<number> => {
    const moved = parameters.map((value, i) => value + sign * step * first.gradient[i]!);
    return (await two.lossAndGradient(moved, batch, 4)).loss;
  };
  const squared = first.gradient.reduce((sum, value) => sum + value * value, 0);
  expect(((await along(1)) - (await along(-1))) / (2 * step * squared)).toBeCloseTo(1, 2);
  await two.close();
  await one.close();
  await alone.close();
});

test('times are a power of uniform ones', async () => {
  // Data and latents at 0, and v = a t: the loss is Σ (a t)², in the mean a²/(2 p + 1).
  const field: FlowField = {
    shape: [1],
    parameters: { a: { shape: [1] } },
    velocity: (t, _x, _context, { a }) => multiply(reshape(t, [t.shape[0]!, 1]), a!),
  };
  const point: BaseDensity = {
    shape: [1],
    logProb: (z) => sum(z, { axes: [1] }),
    sample: (_, count) => new Float64Array(count),
  };
  const size = 1000;
  const batch = { size, maps: new Float32Array(size), parameters: new Float32Array(0) };
  for (const timePower of [1, 2, 3]) {
    const executor = await flowMatching(field, point, pool, { timePower });
    const { loss, gradient } = await executor.lossAndGradient(Float32Array.of(3), batch, 1);
    expect(loss / size).toBeCloseTo(9 / (2 * timePower + 1), 3);
    expect(gradient[0]! / size).toBeCloseTo(6 / (2 * timePower + 1), 3);
    await executor.close();
  }
  await expect(flowMatching(field, point, pool, { timePower: 0 })).rejects.toThrow(
    'timePower is 0; give a positive number',
  );
});
