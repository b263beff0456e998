/** Data-parallel runs: the same bytes for any number of workers, remainders, errors, a clean end. */
import {
  add,
  gather,
  gradients,
  matmul,
  mean,
  referenceBackend,
  square,
  sum,
  type Tensor,
  type TypedArray,
  tanh,
  trace,
} from '@equiflow/tensor';
import { compareValues } from '@equiflow/tensor/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type DataParallelOptions, dataParallel } from './data-parallel.ts';
import { wasm } from './index.ts';
import { type Plan, planOf } from './plan.ts';
import { openPool, type Pool } from './pool.ts';

const pools: Pool[] = [];
async function poolOf(workers: number): Promise<Pool> {
  const opened = await openPool({ workers });
  pools.push(opened);
  return opened;
}
afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(pools.splice(0).map((opened) => opened.close()));
});

/** A layer's summed loss with its gradient, and each item's output. */
function layer(weights: Tensor, bias: Tensor, x: Tensor): Tensor[] {
  const y = tanh(add(matmul(x, weights), bias));
  const loss = sum(square(y));
  return [loss, ...gradients(loss, [weights, bias]), mean(y, { axes: [1] })];
}

const features = 9;
const width = 7;
function planLayer(count: number): Plan {
  const dtype = 'float32';
  const shapes = [[features, width], [width], [count, features]];
  return planOf(
    trace(
      layer,
      shapes.map((shape) => ({ shape, dtype })),
    ),
  );
}
const kinds: Pick<DataParallelOptions, 'inputs' | 'outputs'> = {
  inputs: ['shared', 'shared', 'batch'],
  outputs: ['sum', 'sum', 'sum', 'concat'],
};
function data(items: number): Float32Array[] {
  const wave = (size: number, phase: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase) * Math.exp(Math.cos(i)));
  return [wave(features * width, 1), wave(width, 2), wave(items * features, 3)];
}
function bytes(arrays: readonly TypedArray[]): number[][] {
  return arrays.map(({ buffer, byteOffset, byteLength }) => [
    ...new Uint8Array(buffer, byteOffset, byteLength),
  ]);
}

describe.each(['shared memory', 'copies'])('with %s', (way) => {
  beforeEach(() => {
    if (way === 'copies') vi.stubGlobal('SharedArrayBuffer', undefined);
  });

  test('1, 2 and 3 workers give the same bytes, close to the whole batch at once', async () => {
    const items = 23;
    const results: TypedArray[][] = [];
    for (const workers of [1, 2, 3]) {
      const parallel = await dataParallel({
        pool: await poolOf(workers),
        plan: planLayer,
        chunk: 4,
        ...kinds,
      });
      const first = bytes(await parallel.run(data(items)));
      // Another batch in between must leave nothing behind.
      await parallel.run(data(8));
      const again = await parallel.run(data(items));
      expect(bytes(again)).toEqual(first);
      results.push(again.map((array) => array.slice()));
    }
    expect(bytes(results[1]!)).toEqual(bytes(results[0]!));
    expect(bytes(results[2]!)).toEqual(bytes(results[0]!));

    const [weights, bias, x] = data(items);
    const whole = referenceBackend.compile(
      trace(layer, [
        { shape: [features, width], dtype: 'float32' },
        { shape: [width], dtype: 'float32' },
        { shape: [items, features], dtype: 'float32' },
      ]),
    );
    whole.run([weights!, bias!, x!]).forEach((expected, slot) => {
      expect(compareValues(expected, results[0]![slot], 1e-5)).toBeNull();
    });
  });

  test('float64 sums', async () => {
    const plan = (count: number): Plan =>
      planOf(
        trace(
          (scale, x) => sum(matmul(x, scale)),
          [
            { shape: [2, 1], dtype: 'float64' },
            { shape: [count, 2], dtype: 'float64' },
          ],
        ),
      );
    const parallel = await dataParallel({
      pool: await poolOf(2),
      plan,
      chunk: 2,
      inputs: ['shared', 'batch'],
      outputs: ['sum'],
    });
    const [total] = await parallel.run([
      Float64Array.of(1, 10),
      Float64Array.from({ length: 14 }, (_, i) => i),
    ]);
    expect([...total!]).toEqual([42 + 490]);
  });
});

test('runs asked for at once are done in turn', async () => {
  const parallel = await dataParallel({ pool: await poolOf(2), plan: planLayer, chunk: 4, ...kinds });
  const losses = await Promise.all([4, 9, 16].map(async (items) => (await parallel.run(data(items)))[0]![0]));
  for (const [index, items] of [4, 9, 16].entries())
    expect((await parallel.run(data(items)))[0]![0]).toBe(losses[index]);
});

test('errors of a worker come back, and the worker goes on', async () => {
  const plan = (count: number): Plan =>
    planOf(
      trace(
        (x, at) => gather(x, at),
        [
          { shape: [3], dtype: 'float32' },
          { shape: [count], dtype: 'int32' },
        ],
      ),
    );
  const parallel = await dataParallel({
    pool: await poolOf(2),
    plan,
    chunk: 2,
    inputs: ['shared', 'batch'],
    outputs: ['concat'],
  });
  const x = Float32Array.of(5, 6, 7);
  await expect(parallel.run([x, Int32Array.of(0, 1, 2, 3)])).rejects.toThrow(/worker 1: .*gather32 .*index/);
  expect([...(await parallel.run([x, Int32Array.of(2, 1, 0)]))[0]!]).toEqual([7, 6, 5]);
});

test('what does not fit is refused before anything runs', async () => {
  const pool = await poolOf(1);
  const prepare = (changes: Partial<DataParallelOptions>) =>
    dataParallel({ pool, plan: planLayer, chunk: 4, ...kinds, ...changes });
  await expect(prepare({ chunk: 0 })).rejects.toThrow('chunk is 0');
  await expect(prepare({ outputs: ['sum'] })).rejects.toThrow('3 inputs and 4 outputs, 3 and 1 were named');
  await expect(prepare({ inputs: ['shared', 'shared', 'shared'] })).rejects.toThrow("no input is 'batch'");
  await expect(prepare({ inputs: ['batch', 'shared', 'batch'] })).rejects.toThrow(
    /input 0 is float32\[9,7\]; its first axis/,
  );
  const parallel = await prepare({});
  const [weights, bias, x] = data(8);
  await expect(parallel.run([weights!, bias!])).rejects.toThrow('got 2 inputs, the function has 3');
  await expect(parallel.run([weights!, bias!, x!.subarray(1)])).rejects.toThrow(
    /input 2 is float32 with 71 values/,
  );
  await expect(parallel.run([weights!, bias!, new Float64Array(72)])).rejects.toThrow(/input 2 is float64/);
  await parallel.dispose();
  await expect(parallel.run(data(8))).rejects.toThrow('disposed');
  await expect(openPool({ workers: 0 })).rejects.toThrow('workers is 0');
});

test('closing a pool rejects what is under way and what comes later', async () => {
  const pool = await openPool({ workers: 1 });
  const parallel = await dataParallel({ pool, plan: planLayer, chunk: 4, ...kinds });
  const running = parallel.run(data(40_000));
  const rejected = expect(running).rejects.toThrow('closed during a run');
  await new Promise((resolve) => setTimeout(resolve, 0));
  await pool.close();
  await rejected;
  await expect(parallel.run(data(4))).rejects.toThrow('it was closed');
});

test('plans are plain data', () => {
  expect(structuredClone(planLayer(3))).toEqual(planLayer(3));
  expect(wasm().name).toBe('wasm');
});
