import {
  add,
  type Backend,
  compile,
  constant,
  type DType,
  type Executable,
  evaluate,
  gradients,
  multiply,
  referenceBackend,
  sum,
  type TypedArray,
} from '@equiflow/tensor';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { constrainMonotonicKnots, constrainRationalQuadratic } from './constrain.ts';
import { rationalQuadratic, rationalQuadraticInverse } from './rational-quadratic.ts';
import { rationalQuadraticSpline } from './spline.ts';

const backends: [string, Backend<Executable>][] = [
  ['reference', referenceBackend],
  ['wasm', wasm()],
];

/** Repeatable numbers in [−1, 1). */
function noise(size: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

function typed(values: Float64Array, dtype: DType): TypedArray {
  return dtype === 'float32' ? Float32Array.from(values) : values;
}

describe.each(backends)('on the %s backend', (_, backend) => {
  test('2.5e4 random splines: the inverse inverts to 1e-12, and the log-derivatives cancel', () => {
    const [rows, count, n] = [2500, 9, 3];
    const specs = [
      { shape: [rows, n], dtype: 'float64' as const },
      { shape: [rows, 3 * count + 2], dtype: 'float64' as const },
    ];
    const executable = compile(
      (x, free) => {
        const knots = constrainRationalQuadratic(free, { interval: [-1, 1] });
        const forward = rationalQuadratic(x, knots, { reduce: false });
        const back = rationalQuadraticInverse(forward.value, knots, { reduce: false });
        const inverse = rationalQuadraticInverse(x, knots, { reduce: false });
        const there = rationalQuadratic(inverse.value, knots, { reduce: false });
        return [back.value, forward.logDet, there.value, inverse.logDet, there.logDet];
      },
      specs,
      { backend },
    );
    let worst = 0;
    let worstLog = 0;
    for (let batch = 0; batch < 10; batch++) {
      const x = noise(rows * n, batch + 7).map((value) => 1.5 * value);
      const free = noise(rows * (3 * count + 2), batch + 1000).map((value) => 4 * value);
      for (let row = 0; row < rows; row++) {
        // Intervals of order one.
        for (let i = 3 * count - 2; i < 3 * count + 2; i++) free[row * (3 * count + 2) + i]! /= 10;
      }
      const [back, logs, there, inverseLogs, thereLogs] = executable.run([x, free]) as TypedArray[];
      for (let i = 0; i < x.length; i++) {
        worst = Math.max(worst, Math.abs(back![i]! - x[i]!) * Math.min(1, Math.exp(logs![i]!)));
        worst = Math.max(worst, Math.abs(there![i]! - x[i]!));
        worstLog = Math.max(worstLog, Math.abs(inverseLogs![i]! + thereLogs![i]!));
      }
    }
    expect(worstLog).toBeLessThan(1e-9);
    expect(worst).toBeLessThan(1e-12);
    executable.dispose();
  });

  test.each(['float32', 'float64'] as const)('zeros give the identity, tails too (%s)', (dtype) => {
    const x = typed(Float64Array.of(-1e4, -4, -3.99, -0.1, 0, 2.2, 4, 5, 17, 1e6), dtype);
    const free = typed(new Float64Array(26), dtype);
    const executable = compile(
      (values, numbers) => {
        const { value, logDet } = rationalQuadratic(values, constrainRationalQuadratic(numbers));
        return [value, logDet];
      },
      [
        { shape: [1, 10], dtype },
        { shape: [26], dtype },
      ],
      { backend },
    );
    const [y, logDet] = executable.run([x, free]) as [TypedArray, TypedArray];
    const epsilon = dtype === 'float32' ? 1e-6 : 1e-14;
    for (let i = 0; i < x.length; i++) {
      expect(Math.abs(y[i]! - x[i]!)).toBeLessThanOrEqual(epsilon * Math.max(1, Math.abs(x[i]!)));
    }
    expect(Math.abs(logDet[0]!)).toBeLessThan(10 * epsilon);
    executable.dispose();
  });

  const wide: [number[], number[], number[]][] = [
    [
      [-1, 0, 1],
      [-1, 0, 1],
      [1, 1, 1],
    ],
    [
      [-1, 0, 1e-6],
      [-1, 1 - 1e-6, 1],
      [1e-3, 1e3, 1],
    ],
    [
      [-1e-12, 0, 1e-12],
      [-1e12, 0, 1e12],
      [1e10, 1, 1e-10],
    ],
    [
      [-1e12, 0, 1e12],
      [-1e-12, 0, 1e-12],
      [1e-10, 1e10, 1],
    ],
  ];
  const degenerate: typeof wide = [
    [
      [-1, 1e-20, 1],
      [-1, 1e-20, 1],
      [1e-20, 1e15, 1e-20],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
      [1, 1, 1],
    ],
    [
      [-1, 0, 0],
      [-1, -1, 1],
      [0, 0, 0],
    ],
  ];
  // Where f′ vanishes the inverse has no finite derivative, and f32 has no number for 1e30 / 1e-10.
  const cases = [
    ['forward', rationalQuadratic, [...wide, ...degenerate], 1e30],
    ['inverse', rationalQuadraticInverse, wide, 1e20],
  ] as const;
  test.each(cases)(
    'no NaN, %s: huge inputs, knots from wide to coinciding',
    (_name, transform, rows, most) => {
      for (const dtype of ['float32', 'float64'] as const) {
        const x = Float64Array.of(-most, -1e10, -1, -0.5, 0, 1e-20, 0.3, 1, 1e10, most);
        const type = { shape: [rows.length, 3], dtype };
        const executable = compile(
          (values, xk, yk, slopes) => {
            const inputs = [values, xk, yk, slopes];
            const { value, logDet } = transform(values, { x: xk, y: yk, slopes });
            return [value, logDet, ...gradients(sum(logDet), inputs), ...gradients(sum(value), inputs)];
          },
          [{ shape: [rows.length, x.length], dtype }, type, type, type],
          { backend },
        );
        const column = (which: 0 | 1 | 2) =>
          typed(Float64Array.from(rows.flatMap((row) => row[which])), dtype);
        const values = typed(Float64Array.from(rows.flatMap(() => Array.from(x))), dtype);
        const results = executable.run([values, column(0), column(1), column(2)]);
        expect(results.map((result) => [...result.keys()].filter((i) => Number.isNaN(result[i])))).toEqual(
          results.map(() => []),
        );
        executable.dispose();
      }
    },
  );
});

test('a row of any length, one to many vectors: the kernels agree with the plain functions', () => {
  const free = noise(3 * 8 + 2, 5);
  const spline = rationalQuadraticSpline(constrainMonotonicKnots(free));
  for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 1000]) {
    for (const dtype of ['float32', 'float64'] as const) {
      const x = noise(3 * n, n).map((value) => 5 * value);
      const executable = compile(
        (values) => {
          const knots = constrainRationalQuadratic(constant(typed(free, dtype)));
          const { value, logDet } = rationalQuadratic(values, knots);
          return [value, logDet];
        },
        [{ shape: [3, n], dtype }],
        { backend: wasm() },
      );
      const [y, logDet] = executable.run([typed(x, dtype)]) as [TypedArray, TypedArray];
      const tolerance = dtype === 'float32' ? 2e-5 : 1e-12;
      for (let row = 0; row < 3; row++) {
        let total = 0;
        for (let i = row * n; i < (row + 1) * n; i++) {
          expect(Math.abs(y[i]! - spline.evaluate(x[i]!))).toBeLessThan(tolerance);
          total += spline.logDerivative(x[i]!);
        }
        expect(Math.abs(logDet[row]! - total)).toBeLessThan(tolerance * n);
      }
      executable.dispose();
    }
  }
});

test.each([2, 3, 8, 9, 40, 64])(
  'gradients over long rows, %i knots: the kernels agree with the reference',
  (count) => {
    const [rows, n] = [2, 9001];
    const size = 3 * count + 2;
    const x = noise(rows * n, 3).map((value) => 6 * value);
    const free = noise(rows * size, 4);
    const weights = noise(rows * n, 5);
    const run = (dtype: DType, backend: Backend<Executable>) =>
      compile(
        (values, numbers, weight) => {
          const knots = constrainRationalQuadratic(numbers);
          const { value, logDet } = rationalQuadratic(values, knots);
          const total = add(sum(multiply(value, weight)), sum(logDet));
          return gradients(total, [values, knots.x, knots.y, knots.slopes]);
        },
        [
          { shape: [rows, n], dtype },
          { shape: [rows, size], dtype },
          { shape: [rows, n], dtype },
        ],
        { backend },
      ).run([x, free, weights].map((values) => typed(values, dtype)));
    const expected = run('float64', referenceBackend);
    for (const [dtype, tolerance] of [
      ['float32', 1e-3],
      ['float64', 1e-11],
    ] as const) {
      run(dtype, wasm()).forEach((values, which) => {
        const actual = Float64Array.from(values);
        const reference = Float64Array.from(expected[which]!);
        const scale = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - reference[i]!)), 0);
        expect(worst / scale).toBeLessThan(tolerance);
      });
    }
  },
);

test('the tensor and the plain constraint give the same knots', () => {
  const free = noise(3 * 6 + 2, 9);
  const options = { interval: [-2, 5] as const, minimumBin: 0.02, minimumSlope: 0.1 };
  const plain = constrainMonotonicKnots(free, options);
  const knots = constrainRationalQuadratic(constant(free), options);
  const pairs = [
    [knots.x, plain.x],
    [knots.y, plain.y],
    [knots.slopes, plain.slopes],
  ] as const;
  for (const [tensor, expected] of pairs) {
    evaluate(tensor).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 13);
    });
  }
});

test('misfits are refused in one line', () => {
  const x = constant(new Float64Array(6), [2, 3]);
  const knots = (shape: number[]) => constant(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape);
  const same = (shape: number[]) => ({ x: knots(shape), y: knots(shape), slopes: knots(shape) });
  expect(() => rationalQuadratic(x, same([3, 4]))).toThrow(
    /float64\[2,3\], float64\[3,4\].*give values \[B, …\]/,
  );
  expect(() => rationalQuadratic(x, same([2, 65]))).toThrow('65 knots; give 2 to 64');
  expect(() => rationalQuadratic(x, { ...same([2, 4]), y: constant(new Float32Array(8), [2, 4]) })).toThrow(
    'all must be float32 or all float64',
  );
  expect(() => constrainRationalQuadratic(constant(new Float64Array(7)))).toThrow(
    '7 numbers on the last axis',
  );
  expect(() => constrainRationalQuadratic(constant(new Float64Array(8)), { minimumBin: 1 })).toThrow(
    'minimumBin 1',
  );
});
