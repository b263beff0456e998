import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { argsort, searchSorted, sort } from './index.ts';

const anyDoubles = fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN)), { maxLength: 30 });

test('sorts ascending with NaN last; equal values keep their order', () => {
  fc.assert(
    fc.property(anyDoubles, (values) => {
      const x = constant(Float64Array.from(values));
      const order = [...evaluate(argsort(x))];
      expect(order.toSorted((a, b) => a - b)).toEqual(values.map((_, i) => i));
      const rank = (v: number): number => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : v);
      order.slice(1).forEach((right, i) => {
        const left = order[i]!;
        const [a, b] = [rank(values[left]!), rank(values[right]!)];
        const nanOrder = Number(Number.isNaN(values[left]!)) - Number(Number.isNaN(values[right]!));
        const tied = a === b && nanOrder === 0;
        expect(tied ? left < right : a < b || nanOrder < 0).toBe(true);
      });
      expect([...evaluate(sort(x))]).toEqual(order.map((i) => values[i]!));
    }),
  );
});

test('sorts along an inner axis', () => {
  expect([...evaluate(sort(constant([3, 1, 2, 5, 1, 4], [3, 2]), 0))]).toEqual([1, 1, 2, 4, 3, 5]);
});

test('searchSorted counts the entries before a value', () => {
  const sortedList = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 12 });
  fc.assert(
    fc.property(sortedList, fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 8 }), (list, values) => {
      list.sort((a, b) => a - b);
      const sorted = constant(Float64Array.from(list));
      const wanted = constant(Float64Array.from(values));
      const below = values.map((v) => list.filter((entry) => entry < v).length);
      const upTo = values.map((v) => list.filter((entry) => entry <= v).length);
      expect([...evaluate(searchSorted(sorted, wanted))]).toEqual(below);
      expect([...evaluate(searchSorted(sorted, wanted, 'right'))]).toEqual(upTo);
    }),
  );
});

test('one list serves values of any shape; batches must agree', () => {
  const grid = constant([0, 1, 2]);
  const places = searchSorted(grid, constant([0.5, 1.5, 5, -1], [2, 2]));
  expect(places.shape).toEqual([2, 2]);
  expect([...evaluate(places)]).toEqual([1, 2, 3, 0]);
  expect(() => searchSorted(constant([0, 1], [2, 1]), grid)).toThrow(
    /searchSorted: float32\[2,1\] and values/,
  );
});
