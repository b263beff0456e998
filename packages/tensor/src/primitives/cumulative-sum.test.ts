import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { cumulativeSum } from './index.ts';

test.each([
  [false, false, [1, 3, 6, 10]],
  [true, false, [0, 1, 3, 6]],
  [false, true, [10, 9, 7, 4]],
  [true, true, [9, 7, 4, 0]],
])('exclusive %s, reverse %s', (exclusive, reverse, expected) => {
  const x = constant([1, 2, 3, 4]);
  expect([...evaluate(cumulativeSum(x, 0, { exclusive, reverse }))]).toEqual(expected);
});

test('along the axis asked for', () => {
  const x = constant([1, 2, 3, 4, 5, 6], [3, 2]);
  expect([...evaluate(cumulativeSum(x, 0))]).toEqual([1, 2, 4, 6, 9, 12]);
  expect([...evaluate(cumulativeSum(x))]).toEqual([1, 3, 3, 7, 5, 11]);
});
