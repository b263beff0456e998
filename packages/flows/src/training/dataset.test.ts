import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryDataset, readBatch, splitBySimulation } from './dataset.ts';

const dataset = (rows: number, perSimulation: number) =>
  memoryDataset({
    maps: Float32Array.from({ length: rows * perSimulation * 4 }, (_, i) => i),
    shape: [2, 2],
    parameters: Float64Array.from({ length: rows * 2 }, (_, i) => i),
    parameterNames: ['a', 'b'],
    perSimulation,
  });

test('a split is by simulation, complete and disjoint, and a function of the seed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      fc.nat(1000),
      (rows, per, fraction, seed) => {
        const maps = dataset(rows, per);
        const { train, validation } = splitBySimulation(maps, fraction, seed);
        expect([...train, ...validation].sort((a, b) => a - b)).toEqual(
          Array.from({ length: rows * per }, (_, i) => i),
        );
        const trainRows = new Set(train.map((map) => maps.simulations[map]!));
        expect(validation.every((map) => !trainRows.has(maps.simulations[map]!))).toBe(true);
        expect(splitBySimulation(maps, fraction, seed)).toEqual({ train, validation });
      },
    ),
  );
});

test('a batch holds the maps and the parameters of their simulations', async () => {
  const { maps, parameters } = await readBatch(dataset(3, 2), Int32Array.of(5, 0));
  expect([...maps]).toEqual([20, 21, 22, 23, 0, 1, 2, 3]);
  expect([...parameters]).toEqual([4, 5, 0, 1]);
});

test('counts that disagree and splits that cannot be are refused', () => {
  expect(() =>
    memoryDataset({
      maps: new Float32Array(9),
      shape: [2, 2],
      parameters: new Float64Array(2),
      parameterNames: ['a'],
    }),
  ).toThrow(/9 values/);
  expect(() => splitBySimulation(dataset(1, 4), 0.5, 1)).toThrow(/at least 2/);
  expect(() => splitBySimulation(dataset(4, 1), 0, 1)).toThrow(/fraction 0/);
});

test('maps without parameters are split and read too', async () => {
  const given = {
    maps: new Float32Array(24),
    shape: [2],
    parameters: new Float64Array(0),
    parameterNames: [],
  };
  const { train, validation } = splitBySimulation(memoryDataset({ ...given, perSimulation: 3 }), 0.25, 1);
  expect(validation.length).toBe(3);
  expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect((await readBatch(memoryDataset(given), Int32Array.of(1, 2))).parameters.length).toBe(0);
});
