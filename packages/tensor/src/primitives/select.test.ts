import { expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { evaluate } from '../compile.ts';
import { constant, type Tensor } from '../tensor.ts';
import { clip, full, log, maximum, minimum, multiply, select, sum } from './index.ts';

const slope = (f: (x: Tensor) => Tensor, ...at: number[]): number[] => {
  const x = constant(Float64Array.from(at));
  return [...evaluate(gradients(sum(f(x)), [x])[0]!)];
};

test('select takes branches, with broadcasting', () => {
  expect([...evaluate(select(constant([1, 0]), constant([5, 6]), -1))]).toEqual([5, -1]);
});

test('select lets no NaN of a guarded branch into the gradient', () => {
  const safe = (x: Tensor): Tensor => {
    const positive = maximum(x, 1);
    return select(constant(Float64Array.of(0, 1)), log(positive), multiply(x, 3));
  };
  expect(slope(safe, -1, 2)).toEqual([3, 0.5]);
});

test('maximum, minimum and clip pass NaN on and share the gradient at a tie', () => {
  const x = constant([1, 2, 3, Number.NaN]);
  expect([...evaluate(maximum(x, 2))]).toEqual([2, 2, 3, Number.NaN]);
  expect([...evaluate(minimum(x, 2))]).toEqual([1, 2, 2, Number.NaN]);
  expect([...evaluate(clip(x, 1.5, 2.5))]).toEqual([1.5, 2, 2.5, Number.NaN]);
  expect(slope((y) => maximum(y, 2), 1, 2, 3)).toEqual([0, 0.5, 1]);
  expect(slope((y) => minimum(y, 2), 1, 2, 3)).toEqual([1, 0.5, 0]);
  expect(slope((y) => clip(y, 1.5, 2.5), 1, 2, 3)).toEqual([0, 1, 0]);
});

test('full', () => {
  expect(evaluate(full(7, [2, 2], 'float64'))).toEqual(Float64Array.of(7, 7, 7, 7));
});
