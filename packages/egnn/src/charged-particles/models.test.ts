/** The models keep the symmetries that they claim, and learn. */
import { compile, initialParameters, layoutOf, unpackParameters } from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import {
  moved,
  normals,
  orthogonal,
  randomOrder,
  relativeDifference,
  reordered,
} from '../testing/motions.ts';
import { type ChargedDataset, chargedBatch, chargedDataset } from './dataset.ts';
import {
  type ChargedModel,
  chargedEgnn,
  chargedLoss,
  graphNetwork,
  linearDynamics,
  radialField,
} from './models.ts';
import {
  type ChargedEpoch,
  type ChargedExecutor,
  type ChargedTrainingState,
  initialChargedState,
  meanSquaredError,
  trainCharged,
} from './train.ts';

const small = { layers: 2, hidden: 8 };

/** Predicts in float64 with parameters that are not small. */
function predictor(model: ChargedModel) {
  const { size } = layoutOf(model.parameters);
  const flat = initialParameters(model.parameters, 2).map((value, i) => value + 0.3 * Math.sin(7 * i));
  const executable = compile(
    (parameters, x, v, q) => [model.predict(x!, v!, q!, unpackParameters(model.parameters, parameters!))],
    [[size], [2, 5, 3], [2, 5, 3], [2, 5]].map((shape) => ({ shape, dtype: 'float64' as const })),
  );
  return (x: Float64Array, v: Float64Array, q: Float64Array): Float64Array =>
    executable.run([flat, x, v, q])[0]!.slice() as Float64Array;
}

const x = normals(1, 30);
const v = normals(2, 30);
const q = normals(3, 10).map(Math.sign);
const models = [linearDynamics(), chargedEgnn(small), radialField(small), graphNetwork(small)];

test.each(models.map((model) => [model.name, model] as const))(
  '%s: permutations of the particles',
  (_, model) => {
    const predict = predictor(model);
    const orders = [0, 1].flatMap((system) =>
      [...randomOrder(4 + system, 5)].map((place) => 5 * system + place),
    );
    const order = Int32Array.from(orders);
    const permuted = predict(reordered(x, order), reordered(v, order), reordered(q, order));
    expect(relativeDifference(reordered(predict(x, v, q), order), permuted)).toBeLessThan(1e-10);
  },
);

test.each(models.map((model) => [model.name, model] as const))('%s: rotations and shifts', (name, model) => {
  const predict = predictor(model);
  const matrix = orthogonal(5, 3);
  const shift = [1, -2, 3];
  const turned = predict(moved(x, matrix, shift), moved(v, matrix), q);
  const difference = relativeDifference(moved(predict(x, v, q), matrix, shift), turned);
  if (name === 'graph network') expect(difference).toBeGreaterThan(1e-2);
  else expect(difference).toBeLessThan(1e-10);
});

/** Compiles for the batch sizes that come. */
function executorOf(model: ChargedModel): ChargedExecutor {
  const compiled = new Map<string, ReturnType<ReturnType<typeof wasm>['compile']>>();
  const run = (parameters: Float32Array, batch: ChargedDataset, gradient: boolean) => {
    const id = `${batch.size} ${gradient}`;
    const { specs, trace } = chargedLoss(model, batch.particles, gradient);
    const known =
      compiled.get(id) ?? compile((...inputs) => trace(inputs), specs(batch.size), { backend: wasm() });
    compiled.set(id, known);
    return known.run([parameters, batch.x, batch.v, batch.charges, batch.target]);
  };
  return {
    async lossAndGradient(parameters, batch) {
      const [loss, gradient] = run(parameters, batch, true);
      return { loss: loss![0]!, gradient: gradient!.slice() as Float32Array };
    },
    loss: async (parameters, batch) => run(parameters, batch, false)[0]![0]!,
  };
}

describe('training', () => {
  const training = chargedDataset({ seed: 1, size: 200 });
  const validation = chargedDataset({ seed: 1, first: 200, size: 100 });

  async function trained(
    model: ChargedModel,
    epochs: number,
    learningRate: number,
    state: ChargedTrainingState = initialChargedState(model, 3),
  ): Promise<{ records: ChargedEpoch[]; state: ChargedTrainingState }> {
    const records: ChargedEpoch[] = [];
    const options = { epochs, seed: 3, batch: 50, learningRate };
    for await (const record of trainCharged(executorOf(model), { training, validation }, options, state)) {
      records.push(record);
    }
    return { records, state };
  }

  test('linear dynamics finds the least-squares time', async () => {
    const { best } = (await trained(linearDynamics(), 60, 0.02)).state;
    let [product, square] = [0, 0];
    training.v.forEach((value, i) => {
      product += value * (training.target[i]! - training.x[i]!);
      square += value * value;
    });
    expect(best.parameters[0]).toBeCloseTo(product / square, 1);
  });

  const network = chargedEgnn({ layers: 2, hidden: 16 });

  test('EGNN learns more than linear dynamics and keeps its best', async () => {
    const { records, state } = await trained(network, 25, 3e-3);
    const linear = await meanSquaredError(executorOf(linearDynamics()), Float32Array.of(1), validation);
    expect(state.best.validation).toBeLessThan(0.8 * linear);
    expect(state.best.validation).toBe(Math.min(...records.map((record) => record.validation!)));
    const again = await meanSquaredError(executorOf(network), state.best.parameters, validation);
    expect(again).toBe(state.best.validation);
  });

  test('a training that stopped and went on has the bits of one that did not', async () => {
    const whole = await trained(network, 4, 3e-3);
    const half = await trained(network, 2, 3e-3);
    const rest = await trained(network, 4, 3e-3, structuredClone(half.state));
    expect([...half.records, ...rest.records]).toEqual(whole.records);
    expect(rest.state).toEqual(whole.state);
  });

  test('keeps the running mean of the parameters where asked', async () => {
    const model = linearDynamics();
    const options = { epochs: 3, seed: 3, batch: 50, learningRate: 0.02, averageDecay: 0.9 };
    const state = initialChargedState(model, 3);
    const times: number[] = [];
    let mean = state.parameters[0]!;
    // An epoch of one step.
    const one = chargedBatch(
      training,
      Array.from({ length: 50 }, (_, i) => i),
    );
    for await (const _ of trainCharged(executorOf(model), { training: one, validation }, options, state)) {
      times.push(state.parameters[0]!);
      const decay = Math.min(0.9, (1 + times.length) / (10 + times.length));
      mean = decay * mean + (1 - decay) * times.at(-1)!;
      expect(state.average[0]).toBeCloseTo(mean, 6);
    }
    expect(state.average[0]).not.toBe(state.parameters[0]);
    const error = await meanSquaredError(executorOf(model), state.best.parameters, validation);
    expect(error).toBe(state.best.validation);
  });

  test.each([radialField(small), graphNetwork(small)])('$name learns', async (model) => {
    const { records } = await trained(model, 8, 3e-3);
    expect(records.at(-1)!.training).toBeLessThan(0.9 * records[0]!.training);
  });

  test('options are checked', async () => {
    await expect(trained(linearDynamics(), 0, 1)).rejects.toThrow(
      'epochs is 0; give a positive whole number',
    );
  });
});
