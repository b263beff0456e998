import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile, evaluate } from '../compile.ts';
import {
  add,
  divide,
  exp,
  logDetPositiveDefinite,
  logSumExp,
  matmul,
  multiply,
  reshape,
  sin,
  softmax,
  solvePositiveDefinite,
  square,
  sum,
  tanh,
} from '../primitives/index.ts';
import { rademacher, randomNormal } from '../random/draw.ts';
import { key } from '../random/philox.ts';
import { constant, type Tensor } from '../tensor.ts';
import type { Shape, TypedArray } from '../types.ts';
import { grad, hessian, hutchinsonTrace, jacobian, jacobianTrace, jvp, valueAndGrad } from './index.ts';

const normal = (seed: number, shape: Shape): Tensor =>
  constant(randomNormal(key(seed), shape, 'float64'), shape);

const expectClose = (actual: TypedArray, expected: ArrayLike<number>, limit: number): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(limit);
  });
};

test('grad of grad of grad of sin', () => {
  const third = compile(grad(grad(grad(sin))), [{ shape: [], dtype: 'float64' }]);
  expect(third.run([Float64Array.of(0.3)])[0]![0]).toBeCloseTo(-Math.cos(0.3), 15);
});

test('arguments are differentiated apart, even where one is made of the other', () => {
  const x = constant(3, [], 'float64');
  const [value, dx, dy] = valueAndGrad(multiply, [0, 1])(x, square(x));
  expect([value!, dx!, dy!].map((t) => evaluate(t)[0])).toEqual([27, 9, 3]);
  expect([...evaluate(grad(multiply, 1)(x, x))]).toEqual([3]);
  expect(() => valueAndGrad(multiply, [2])(x, x)).toThrow(/valueAndGrad: argument 2 of a function of 2/);
});

test('jvp is the Jacobian times the tangent', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [x, w, t] = [normal(seed, [4]), normal(seed + 1, [4, 3]), normal(seed + 2, [4])];
      const y = reshape(tanh(matmul(reshape(multiply(x, exp(x)), [1, 4]), w)), [3]);
      const product = evaluate(jvp([y], [x], [t])[0]!);
      const full = evaluate(reshape(matmul(jacobian(y, x), reshape(t, [4, 1])), [3]));
      expectClose(product, full, 1e-12 * (1 + Math.max(...full.map(Math.abs))));
    }),
    { numRuns: 30 },
  );
  const x = normal(1, [2]);
  expect(jvp([sin(x)], [normal(2, [3])], [normal(3, [3])])).toEqual([null]);
  expect(() => jvp([x], [x], [normal(1, [3])])).toThrow(
    /jvp: tangent float64\[3\] for a tensor float64\[2\]/,
  );
});

test('jvp goes through several inputs and linear solves: dX = −A⁻¹ dA X + A⁻¹ dB', () => {
  const base = normal(5, [3, 3]);
  const a = add(
    matmul(base, base, { transposeB: true }),
    constant([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3], 'float64'),
  );
  const [half, b, db] = [normal(6, [3, 3]), normal(7, [3, 1]), normal(8, [3, 1])];
  const da = add(
    half,
    matmul(half, constant([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3], 'float64'), { transposeA: true }),
  );
  const x = solvePositiveDefinite(a, b);
  const [dx] = jvp([x], [a, b], [da, db]);
  const expected = solvePositiveDefinite(a, add(db, multiply(matmul(da, x), -1)));
  expectClose(evaluate(dx!), evaluate(expected), 1e-10);
});

test('closed forms: the Hessians of log Σ exp and of ln det A', () => {
  const x = normal(9, [5]);
  const p = evaluate(softmax(x));
  const expected = Array.from({ length: 25 }, (_, k) => {
    const [i, j] = [Math.floor(k / 5), k % 5];
    return (i === j ? p[i]! : 0) - p[i]! * p[j]!;
  });
  expectClose(evaluate(hessian(logSumExp(x), x)), expected, 1e-14);
  // ln det of diag(a, b): −1/a², −1/b², and −2/(ab) shared by the symmetric pair off the diagonal.
  const a = constant([2, 0, 0, 4], [2, 2], 'float64');
  const second = evaluate(hessian(logDetPositiveDefinite(a), a));
  const off = -1 / 16;
  expectClose(second, [-0.25, 0, 0, 0, 0, off, off, 0, 0, off, off, 0, 0, 0, 0, -0.0625], 1e-14);
});

test('the trace of a linear field is the trace of its matrix, and conditions follow the batch', () => {
  const [x, matrix] = [normal(11, [6, 3]), normal(12, [3, 3])];
  const scale = normal(13, [6, 1]);
  const { value, trace } = jacobianTrace((y, s) => multiply(matmul(y, matrix), s!), x, [scale]);
  const m = evaluate(matrix);
  const s = evaluate(scale);
  expectClose(
    evaluate(trace),
    Array.from(s, (factor) => factor * (m[0]! + m[4]! + m[8]!)),
    1e-13,
  );
  expectClose(evaluate(value), evaluate(multiply(matmul(x, matrix), scale)), 1e-14);
});

test('the trace of a non-linear field, and its own gradient, by closed form', () => {
  // f_i = sin(x_i) Σ_j x_j²: Tr = Σ_i [cos(x_i) S + 2 x_i sin(x_i)], S = Σ x².
  const x = normal(15, [4, 2, 2]);
  const field = (y: Tensor): Tensor => multiply(sin(y), sum(square(y), { axes: [1, 2], keepDims: true }));
  const { trace } = jacobianTrace(field, x);
  const data = evaluate(x);
  const rows = [0, 1, 2, 3].map((row) => [...data.slice(4 * row, 4 * row + 4)]);
  const squares = rows.map((row) => row.reduce((total, v) => total + v * v, 0));
  const expected = rows.map((row, r) =>
    row.reduce((total, v) => total + Math.cos(v) * squares[r]! + 2 * v * Math.sin(v), 0),
  );
  expectClose(evaluate(trace), expected, 1e-12);
  const slope = evaluate(grad((y) => sum(jacobianTrace(field, y).trace))(x));
  const gradient = rows.flatMap((row, r) => {
    const cosines = row.reduce((total, v) => total + Math.cos(v), 0);
    return row.map(
      (v) => -Math.sin(v) * squares[r]! + 2 * v * cosines + 2 * Math.sin(v) + 2 * v * Math.cos(v),
    );
  });
  expectClose(slope, gradient, 1e-12);
});

test('Hutchinson: exact for a diagonal Jacobian, unbiased otherwise', () => {
  const x = normal(17, [3, 4]);
  const signs = (seed: number): Tensor => constant(rademacher(key(seed), [3, 4], 'float64'), [3, 4]);
  const diagonal = hutchinsonTrace(tanh, x, [signs(1)]);
  expectClose(evaluate(diagonal.trace), evaluate(jacobianTrace(tanh, x).trace), 1e-14);
  const mixing = normal(18, [4, 4]);
  const field = (y: Tensor): Tensor => tanh(matmul(y, mixing));
  const probes = Array.from({ length: 400 }, (_, seed) => signs(seed));
  const exact = evaluate(jacobianTrace(field, x).trace);
  const estimate = evaluate(hutchinsonTrace(field, x, probes).trace);
  // Variance of one Rademacher estimate: 2 Σ_{i<j} of the symmetric part squared, times 2.
  const rows = evaluate(jacobian(sum(field(x), { axes: [0] }), x));
  exact.forEach((value, row) => {
    let varianceOfOne = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const [ij, ji] = [rows[(i * 3 + row) * 4 + j]!, rows[(j * 3 + row) * 4 + i]!];
        if (i !== j) varianceOfOne += ((ij + ji) / 2) ** 2 * 2;
      }
    }
    expect(Math.abs(estimate[row]! - value)).toBeLessThan(5 * Math.sqrt(varianceOfOne / 400));
  });
  expect(() => hutchinsonTrace(tanh, x, [])).toThrow(/no probes/);
});

test('fields that do not fit are refused by name', () => {
  const x = normal(19, [2, 3]);
  expect(() => jacobianTrace((y) => sum(y, { axes: [1] }), x)).toThrow(
    /jacobianTrace: the field gives float64\[6\] at points float64\[6,3\]/,
  );
  expect(() => jacobianTrace(tanh, normal(1, [3]))).toThrow(/expected a batch/);
  expect(() => jacobianTrace(divide, x, [normal(1, [3, 3])])).toThrow(
    /a condition float64\[3,3\] for a batch of 2/,
  );
});

test('a Jacobian where there is no dependence is zero', () => {
  const x = normal(20, [2]);
  expect([...evaluate(jacobian(normal(21, [3]), x))]).toEqual([0, 0, 0, 0, 0, 0]);
});
