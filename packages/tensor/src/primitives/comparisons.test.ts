import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from './index.ts';

const x = constant([1, 2, 3, Number.NaN]);

test.each([
  [greater, [0, 0, 1, 0]],
  [greaterEqual, [0, 1, 1, 0]],
  [less, [1, 0, 0, 0]],
  [lessEqual, [1, 1, 0, 0]],
  [equal, [0, 1, 0, 0]],
  [notEqual, [1, 0, 1, 1]],
])('%o of 1, 2, 3, NaN and 2', (compare, expected) => {
  expect(evaluate(compare(x, 2))).toEqual(Float32Array.from(expected));
});

test('broadcasts, and refuses shapes that do not fit, by the name of what was called', () => {
  expect([...evaluate(less(constant([1, 2], [2, 1]), constant([1, 2, 3])))]).toEqual([0, 1, 1, 0, 0, 1]);
  expect(() => less(constant([1, 2]), constant([1, 2, 3]))).toThrow(/^less: shapes/);
});
