import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { randomNormal } from '../random/draw.ts';
import { key } from '../random/philox.ts';
import { constant, type Tensor } from '../tensor.ts';
import {
  add,
  cholesky,
  diagonal,
  logDetPositiveDefinite,
  maskTriangle,
  matmul,
  solvePositiveDefinite,
  transposeLast,
  triangularSolve,
} from './index.ts';

const identity = (n: number): Tensor =>
  constant(
    Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
    [n, n],
  );

const positiveDefinite = (seed: number, batch: number, n: number): Tensor => {
  const x = constant(randomNormal(key(seed), [batch, n, n], 'float64'), [batch, n, n]);
  return add(matmul(x, x, { transposeB: true }), identity(n));
};

const expectClose = (actual: Tensor, expected: Tensor, limit: number): void => {
  const [a, e] = [evaluate(actual), evaluate(expected)];
  expect(a.length).toBe(e.length);
  a.forEach((value, i) => {
    expect(Math.abs(value - e[i]!)).toBeLessThanOrEqual(limit);
  });
};

test('L Lᵀ = A, A X = B, ln det A, over random batches', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      (seed, n, batch) => {
        const a = positiveDefinite(seed, batch, n);
        const l = cholesky(a);
        expectClose(matmul(l, l, { transposeB: true }), a, 1e-12 * n * n);
        expectClose(maskTriangle(l, 'lower'), l, 0);
        const b = constant(randomNormal(key(seed + 1), [batch, n, 2], 'float64'), [batch, n, 2]);
        expectClose(matmul(a, solvePositiveDefinite(a, b)), b, 1e-10);
        const upper = transposeLast(l);
        const x = triangularSolve(upper, b, { lower: false });
        expectClose(matmul(upper, x), b, 1e-11);
        expectClose(triangularSolve(l, b, { transpose: true }), x, 1e-11);
      },
    ),
    { numRuns: 40 },
  );
});

test('log-determinants of known matrices', () => {
  const a = constant([4, 0, 0, 9, 2, 1, 1, 3], [2, 2, 2], 'float64');
  const [first, second] = evaluate(logDetPositiveDefinite(a));
  expect(first).toBeCloseTo(Math.log(36), 14);
  expect(second).toBeCloseTo(Math.log(5), 14);
});

test('what is not positive definite gives NaN, and only there', () => {
  const l = evaluate(cholesky(constant([1, 2, 2, 1, 4, 0, 0, 1], [2, 2, 2])));
  expect([...l]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 2, 0, 0, 1]);
});

test('the other triangle is not read', () => {
  const a = constant([2, Number.NaN, 1, 4], [2, 2]);
  expect([...evaluate(triangularSolve(a, constant([2, 5], [2, 1])))]).toEqual([1, 1]);
});

test('diagonal, also of a batch', () => {
  expect([...evaluate(diagonal(constant([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])))]).toEqual([1, 4, 5, 8]);
});

test('shapes that do not fit are named', () => {
  expect(() => cholesky(constant([1, 2], [1, 2]))).toThrow(/cholesky: float32\[1,2\] does not hold square/);
  expect(() => triangularSolve(identity(2), constant([1, 2, 3], [3, 1], 'float64'))).toThrow(
    /triangularSolve: float64\[2,2\] with the right-hand side float64\[3,1\]/,
  );
  expect(() => diagonal(constant([1, 2], [1, 2]))).toThrow(/diagonal: float32\[1,2\]/);
});
