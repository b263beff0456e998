import { expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import {
  logSoftmax,
  logSumExp,
  mean,
  multiply,
  norm,
  softmax,
  square,
  stopGradient,
  sum,
  variance,
} from './index.ts';

const infinity = Number.POSITIVE_INFINITY;

test('mean and variance', () => {
  const x = constant([1, 2, 3, 4, 5, 9], [2, 3], 'float64');
  expect([...evaluate(mean(x, { axes: [1] }))]).toEqual([2, 6]);
  expect(evaluate(variance(x, { axes: [1] }))[0]).toBeCloseTo(2 / 3, 15);
  expect([...evaluate(variance(x, { axes: [1], correction: 1 }))]).toEqual([1, 7]);
  expect(variance(x, { axes: [0], keepDims: true }).shape).toEqual([1, 3]);
  expect(() => mean(constant([], [0]))).toThrow(/mean: float32\[0\] has no values/);
  expect(() => variance(constant([1]), { correction: 1 })).toThrow(
    /variance: 1 values with a correction of 1/,
  );
});

test('norm has a gradient at 0', () => {
  const x = constant([3, 4, 0, 0], [2, 2], 'float64');
  expect([...evaluate(norm(x, { axes: [1] }))]).toEqual([5, 0]);
  const slopes = evaluate(gradients(sum(norm(x, { axes: [1] })), [x])[0]!);
  expect(slopes[0]).toBeCloseTo(0.6, 15);
  expect([...slopes.slice(2)]).toEqual([0, 0]);
});

test('log Σ exp does not overflow, and stands infinities', () => {
  const x = constant([1000, 1000, -1000, -1000, -infinity, -infinity, infinity, 0], [4, 2], 'float64');
  const [high, low, none, all] = evaluate(logSumExp(x, { axes: [1] }));
  expect(high).toBeCloseTo(1000 + Math.LN2, 12);
  expect(low).toBeCloseTo(-1000 + Math.LN2, 12);
  expect([none, all]).toEqual([-infinity, infinity]);
});

test('softmax sums to one, and is the gradient of log Σ exp', () => {
  const x = constant([1, 2, 3, 700, -700, 0], [2, 3], 'float64');
  const p = evaluate(softmax(x));
  expect(p[0]! + p[1]! + p[2]!).toBeCloseTo(1, 15);
  const slopes = evaluate(gradients(sum(logSumExp(x, { axes: [1] })), [x])[0]!);
  const logs = evaluate(logSoftmax(x));
  p.forEach((value, i) => {
    expect(slopes[i]).toBeCloseTo(value, 15);
    expect(Math.exp(logs[i]!)).toBeCloseTo(value, 14);
  });
});

test('stopGradient makes a constant of a value', () => {
  const x = constant(3, [], 'float64');
  expect([...evaluate(gradients(multiply(stopGradient(square(x)), x), [x])[0]!)]).toEqual([9]);
});
