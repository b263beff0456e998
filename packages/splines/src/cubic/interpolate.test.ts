import {
  compile,
  concatenate,
  constant,
  evaluate,
  matmul,
  type Primitive,
  slice,
  TensorError,
} from '@equiflow/tensor';
import { checkGradients } from '@equiflow/tensor/testing';
import { wasm } from '@equiflow/tensor-wasm';
import { describe, expect, test } from 'vitest';
import { akima, cubicSpline, hermiteSpline, pchip } from './cubic-spline.ts';
import { type CubicKind, interpolateCubic } from './interpolate.ts';
import { cubicSplineMatrix } from './matrix.ts';

const kinds: readonly CubicKind[] = [
  'natural',
  'clamped',
  'not-a-knot',
  'periodic',
  'hermite',
  'pchip',
  'akima',
];

function plain(
  kind: CubicKind,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  slopes: readonly number[],
  outside: 'extrapolate' | 'clamp',
) {
  if (kind === 'hermite') return hermiteSpline({ x, y, slopes, outside });
  if (kind === 'pchip') return pchip({ x, y, outside });
  if (kind === 'akima') return akima({ x, y, outside });
  if (kind === 'clamped')
    return cubicSpline({ x, y, boundary: kind, endSlopes: [slopes[0]!, slopes[1]!], outside });
  return cubicSpline({ x, y, boundary: kind, outside });
}

const knots = [0.1, 0.6, 1.4, 2.1, 2.7];
const values = [0.3, 1.2, -0.4, 0.1, 1.5, -0.2, 0.35, 0.8, 2.2, 2.5];
const queries = [-0.3, 0.4, 1.0, 1.87, 2.4, 3.1, 0.3, 0.9, 1.5, 2.6, -1, 2.2];

/** Two splines on the same knots: the tensor form as a decomposition of the plain one, so that both are compared. */
function interpolation(kind: CubicKind, count: number, outside: 'extrapolate' | 'clamp'): Primitive {
  // A periodic spline is closed here, so that differences in one value keep it periodic.
  const free = kind === 'periodic' ? count - 1 : count;
  const closed = (y: ArrayLike<number>): number[] => Array.from({ length: count }, (_, i) => y[i % free]!);
  const row = (from: number): number[] => values.slice(from, from + free);
  const size = kind === 'hermite' ? count : 2;
  const slopes = [0.7, -0.4, 1.1, 0.2, -0.9].slice(0, size);
  const takesSlopes = kind === 'hermite' || kind === 'clamped';
  return {
    name: `interpolation (${kind})`,
    infer: ([at]) => [at!],
    reference([at, x, y, given], [result]) {
      for (let b = 0; b < 2; b++) {
        const spline = plain(
          kind,
          x!.subarray(b * count, (b + 1) * count),
          closed(y!.subarray(b * free, (b + 1) * free)),
          given ? Array.from(given.subarray(b * size, (b + 1) * size)) : [],
          outside,
        );
        for (let i = b * 6; i < b * 6 + 6; i++) result![i] = spline.evaluate(at![i]!);
      }
    },
    decompose: ([at, x, y, given]) => [
      interpolateCubic(at!, x!, free < count ? concatenate([y!, slice(y!, [null, [0, 1]])], 1) : y!, {
        kind,
        outside,
        ...(given ? { slopes: given } : {}),
      }),
    ],
    examples: [
      {
        attributes: {},
        inputs: [
          { shape: [2, 2, 3], values: queries },
          {
            shape: [2, count],
            values: [...knots.slice(0, count), ...knots.slice(0, count).map((x) => 1.2 * x - 0.05)],
          },
          { shape: [2, free], values: [...row(0), ...row(values.length - free)] },
          ...(takesSlopes ? [{ shape: [2, size], values: [...slopes, ...slopes] }] : []),
        ],
      },
    ],
  };
}

describe.each(kinds)('%s', (kind) => {
  test.each([2, 3, 4, 5])(
    '%i knots: the plain values, and derivatives to second order in everything',
    (count) => {
      for (const outside of ['extrapolate', 'clamp'] as const) {
        expect(checkGradients(interpolation(kind, count, outside))).toEqual([]);
      }
    },
  );
});

test('shared queries and shared knots broadcast; the constant matrix gives the same, and so does wasm', () => {
  const at = Float64Array.of(-0.2, 0.35, 1.9, 3);
  for (const kind of ['natural', 'clamped', 'not-a-knot'] as const) {
    const y = constant(Float64Array.from(values), [2, 5]);
    const direct = () => interpolateCubic(constant(at), constant(Float64Array.from(knots)), y, { kind });
    const weights = constant(cubicSplineMatrix(knots, at, { boundary: kind }), [4, 5]);
    const product = evaluate(matmul(y, weights, { transposeB: true }));
    const expected = evaluate(direct());
    const [onWasm] = compile(direct, [], { backend: wasm() }).run([]);
    expect(direct().shape).toEqual([2, 4]);
    expected.forEach((value, i) => {
      expect(product[i]!).toBeCloseTo(value, 12);
      expect(onWasm![i]!).toBeCloseTo(value, 12);
    });
  }
});

test('the matrix of derivatives, and of a periodic spline', () => {
  const x = [0, 1, 2.5, 3];
  const y = [1, -0.5, 0.7, 1];
  const at = [-1, 0.2, 2.2, 2.9, 7];
  for (const order of [0, 1, 2, 3] as const) {
    const weights = cubicSplineMatrix(x, at, { boundary: 'periodic', order });
    const spline = cubicSpline({ x, y, boundary: 'periodic' });
    at.forEach((query, i) => {
      const expected = order === 0 ? spline.evaluate(query) : spline.derivative(query, order);
      const actual = y.reduce((sum, value, k) => sum + weights[i * 4 + k]! * value, 0);
      expect(actual).toBeCloseTo(expected, 12);
    });
  }
  expect(() => cubicSplineMatrix(x, at, { outside: 'refuse' })).toThrow('-1 lies outside the knots [0, 3]');
});

test('misfits are refused in one line', () => {
  const of = (...shape: number[]) => constant(new Float64Array(shape.reduce((a, b) => a * b, 1)), shape);
  expect(() => interpolateCubic(of(3), of(1), of(1))).toThrow(TensorError);
  expect(() => interpolateCubic(of(3), of(4), of(5))).toThrow('knots float64[4], values float64[5]');
  expect(() => interpolateCubic(of(3, 2), of(4), of(2, 4))).toThrow('queries float64[3,2] for 2 splines');
  expect(() => interpolateCubic(of(3), of(4), of(4), { kind: 'hermite' })).toThrow(
    'no slopes with the kind hermite',
  );
  expect(() => interpolateCubic(of(3), of(4), of(4), { kind: 'pchip', slopes: of(4) })).toThrow(
    'the kind pchip',
  );
});
