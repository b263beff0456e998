import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { flip, oneHot, roll, stack } from './index.ts';

const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);

test('stack along a new axis, first or last', () => {
  const [a, b] = [constant([1, 2]), constant([3, 4])];
  expect([...evaluate(stack([a, b]))]).toEqual([1, 2, 3, 4]);
  const last = stack([a, b], -1);
  expect(last.shape).toEqual([2, 2]);
  expect([...evaluate(last)]).toEqual([1, 3, 2, 4]);
  expect(() => stack([a, constant([1])])).toThrow('stack: float32[2], float32[1] differ in type');
  expect(() => stack([a, b], 3)).toThrow(/stack: axis 3/);
});

test('flip one axis or all', () => {
  expect([...evaluate(flip(x, [1]))]).toEqual([3, 2, 1, 6, 5, 4]);
  expect([...evaluate(flip(x))]).toEqual([6, 5, 4, 3, 2, 1]);
});

test('roll is periodic in both directions', () => {
  expect([...evaluate(roll(x, 1))]).toEqual([3, 1, 2, 6, 4, 5]);
  expect([...evaluate(roll(x, -4))]).toEqual([2, 3, 1, 5, 6, 4]);
  expect([...evaluate(roll(x, 1, 0))]).toEqual([4, 5, 6, 1, 2, 3]);
  expect(roll(x, 6)).toBe(x);
});

test('oneHot', () => {
  const hot = oneHot(constant(Int32Array.of(2, 0, 5)), 3, 'float64');
  expect([...evaluate(hot)]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
  expect(() => oneHot(constant([1]), 3)).toThrow(/oneHot: indices are float32/);
});
