import { expect, test } from 'vitest';
import {
  applyOne,
  compile,
  constant,
  exp,
  gradients,
  matmul,
  multiply,
  type Primitive,
  reshape,
  sin,
  slice,
  sum,
  TensorError,
  tanh,
  vjp,
} from './index.ts';

const f64 = (...shape: number[]) => ({ shape, dtype: 'float64' as const });

test('first, second and third derivatives of sin(x²)', () => {
  const derivatives = compile(
    (x) => {
      const y = sin(multiply(x, x));
      const [d1] = gradients(y, [x]);
      const [d2] = gradients(d1!, [x]);
      const [d3] = gradients(d2!, [x]);
      return [d1!, d2!, d3!];
    },
    [f64()],
  );
  const x = 0.7;
  const [s, c] = [Math.sin(x * x), Math.cos(x * x)];
  const [d1, d2, d3] = derivatives.run([Float64Array.of(x)]).map((value) => value[0]!);
  expect(d1).toBeCloseTo(2 * x * c, 14);
  expect(d2).toBeCloseTo(2 * c - 4 * x * x * s, 14);
  expect(d3).toBeCloseTo(-12 * x * s - 8 * x ** 3 * c, 13);
});

test('a gradient with respect to a tensor inside the graph', () => {
  const run = compile(
    (x) => {
      const h = tanh(x);
      return gradients(sum(multiply(h, h)), [h]);
    },
    [f64(3)],
  );
  const x = Float64Array.of(0.1, -0.4, 2);
  const [gradient] = run.run([x]);
  x.forEach((value, i) => {
    expect(gradient![i]).toBeCloseTo(2 * Math.tanh(value), 14);
  });
});

test('no dependence gives null from vjp and zeros from gradients', () => {
  const x = constant([1, 2], [2], 'float64');
  const y = constant(3, [], 'float64');
  expect(vjp([exp(y)], [constant(1, [], 'float64')], [x])).toEqual([null]);
  expect(gradients(exp(y), [x])[0]!.shape).toEqual([2]);
});

test('matrix product through slices: the gradient of Σ (A B)₀', () => {
  const run = compile(
    (a, b) => gradients(sum(reshape(slice(matmul(a, b), [[0, 1]]), [-1])), [a, b]),
    [f64(2, 3), f64(3, 2)],
  );
  const [da, db] = run.run([Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 2, 3, 4, 5, 6)]);
  expect([...da!]).toEqual([3, 7, 11, 0, 0, 0]);
  expect([...db!]).toEqual([1, 1, 2, 2, 3, 3]);
});

test('errors name the operation and the shapes', () => {
  expect(() => gradients(constant([1, 2]), [])).toThrow(TensorError);
  expect(() => multiply(constant([1, 2]), constant([1, 2, 3]))).toThrow(/multiply: shapes \[2\] and \[3\]/);
});

test('a decomposed operation whose one input is made of the other: each partial derivative counts once', () => {
  const scaledPrimitive: Primitive = {
    name: 'test#scaledPrimitive',
    infer: ([x]) => [x!],
    reference([x, scale], [y]) {
      y![0] = x![0]! * scale![0]!;
    },
    decompose: ([x, scale]) => [multiply(x!, scale!)],
    examples: [],
  };
  const run = compile((x) => gradients(applyOne(scaledPrimitive, [x, multiply(x, x)], {}), [x]), [f64()]);
  expect(run.run([Float64Array.of(2)])[0]![0]).toBeCloseTo(12, 12);
});
