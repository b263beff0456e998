import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { argmax, argmin, max, min, sum, takeAlongAxis } from './index.ts';

const nan = Number.NaN;

test('over axes, kept or dropped', () => {
  const x = constant([1, 5, 3, 7, 2, 0], [2, 3]);
  expect([...evaluate(max(x))]).toEqual([7]);
  expect([...evaluate(max(x, { axes: [1] }))]).toEqual([5, 7]);
  expect([...evaluate(min(x, { axes: [0] }))]).toEqual([1, 2, 0]);
  expect(max(x, { axes: [-1], keepDims: true }).shape).toEqual([2, 1]);
});

test('equal values share the gradient; NaN wins', () => {
  const x = constant([2, 1, 2, 0], [4], 'float64');
  expect([...evaluate(gradients(max(x), [x])[0]!)]).toEqual([0.5, 0, 0.5, 0]);
  expect([...evaluate(min(constant([1, nan])))]).toEqual([nan]);
  expect([...evaluate(argmax(constant([1, nan, 3, nan])))]).toEqual([1]);
});

test('the argument of the extremum points at it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
      const x = constant(Float64Array.from(values));
      const at = (which: typeof argmax) => evaluate(which(x))[0]!;
      expect(at(argmax)).toBe(values.findIndex((v) => v >= Math.max(...values)));
      expect(at(argmin)).toBe(values.findIndex((v) => v <= Math.min(...values)));
    }),
  );
  const x = constant([1, 5, 3, 7, 2, 0], [2, 3]);
  const index = argmax(x, 0);
  expect([...evaluate(sum(takeAlongAxis(x, constant(evaluate(index), [1, 3]), 0)))]).toEqual([15]);
});

test('nothing to reduce is refused', () => {
  expect(() => max(constant([], [0, 3]), { axes: [0] })).toThrow(/max: float32\[0,3\] has no values/);
  expect(() => argmax(constant([], [3, 0]))).toThrow(/argmax: float32\[3,0\]/);
  expect(() => argmax(constant(1))).toThrow(/argmax: float32\[\] is a scalar/);
});
