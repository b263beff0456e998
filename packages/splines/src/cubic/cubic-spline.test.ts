import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { akima, cubicSpline, hermiteSpline, pchip } from './cubic-spline.ts';
import type { CubicSpline } from './piecewise.ts';
import type { CubicBoundary } from './slopes.ts';

interface ScipyCase {
  readonly kind: string;
  readonly x: number[];
  readonly y: number[];
  readonly slopes: number[];
  readonly queries: number[];
  /** Value, first, second and third derivative at the queries. */
  readonly derivatives: number[][];
  /** Integrals from the first knot to the queries. */
  readonly integrals: number[];
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/cubic-splines.json', import.meta.url), 'utf8'),
) as {
  cases: ScipyCase[];
};

function make({ kind, x, y, slopes }: ScipyCase): CubicSpline {
  if (kind === 'hermite') return hermiteSpline({ x, y, slopes });
  if (kind === 'pchip') return pchip({ x, y });
  if (kind === 'akima') return akima({ x, y });
  if (kind === 'clamped to slopes') return cubicSpline({ x, y, boundary: 'clamped', endSlopes: [0.7, -1.3] });
  return cubicSpline({ x, y, boundary: kind as CubicBoundary });
}

test.each(cases.map((item) => [item.kind, item.x.length, item] as const))(
  'SciPy to 1e-12: %s, %i knots',
  (_kind, _count, item) => {
    const spline = make(item);
    const close = (actual: number[], expected: number[]) => {
      const scale = Math.max(...expected.map(Math.abs), 1);
      expected.forEach((value, i) => {
        expect(Math.abs(actual[i]! - value) / scale).toBeLessThan(1e-12);
      });
    };
    close(item.queries.map(spline.evaluate), item.derivatives[0]!);
    for (const order of [1, 2, 3] as const) {
      // SciPy wraps x into the period first, and rounding may put a knot to its left, where the third derivative differs.
      const jumps = (i: number) => item.kind === 'periodic' && order === 3 && i < item.x.length;
      const inside = item.queries.map((_, i) => i).filter((i) => !jumps(i));
      const expected = item.derivatives[order]!;
      close(
        inside.map((i) => spline.derivative(item.queries[i]!, order)),
        inside.map((i) => expected[i]!),
      );
    }
    close(item.queries.map(spline.antiderivative), item.integrals);
  },
);

const points = fc
  .integer({ min: 2, max: 12 })
  .chain((count) =>
    fc.tuple(
      fc.array(fc.double({ min: 0.05, max: 2, noNaN: true }), { minLength: count, maxLength: count }),
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: count, maxLength: count }),
    ),
  )
  .map(([steps, y]) => {
    let at = -1;
    return { x: steps.map((step) => (at += step)), y };
  });

describe('always', () => {
  test('a line is reproduced by every kind', () => {
    fc.assert(
      fc.property(points, fc.double({ min: -5, max: 5, noNaN: true }), ({ x }, at) => {
        const y = x.map((value) => 2 - 0.75 * value);
        const splines = [
          cubicSpline({ x, y }),
          cubicSpline({ x, y, boundary: 'natural' }),
          pchip({ x, y }),
          akima({ x, y }),
        ];
        for (const spline of splines) {
          expect(spline.evaluate(at)).toBeCloseTo(2 - 0.75 * at, 8);
          expect(spline.integral(1, at)).toBeCloseTo(2 * (at - 1) - 0.375 * (at * at - 1), 8);
        }
      }),
    );
  });

  test('first and second derivatives are continuous at inner knots; PCHIP keeps increasing data increasing', () => {
    fc.assert(
      fc.property(points, ({ x, y }) => {
        const spline = cubicSpline({ x, y, boundary: 'natural' });
        const scale = Math.max(...x.slice(0, -1).map((knot) => Math.abs(spline.derivative(knot, 2))), 1);
        for (let i = 1; i < x.length - 1; i++) {
          const h = x[i]! - x[i - 1]!;
          const before = spline.derivative(x[i - 1]!, 2) + h * spline.derivative(x[i - 1]!, 3);
          expect(Math.abs(before - spline.derivative(x[i]!, 2)) / scale).toBeLessThan(1e-9);
        }
        const increasing = y.map(Math.abs);
        for (let i = 1; i < y.length; i++) increasing[i]! += increasing[i - 1]!;
        const monotonic = pchip({ x, y: increasing });
        const [first, last] = [x[0]!, x[x.length - 1]!];
        let previous = Number.NEGATIVE_INFINITY;
        for (let i = 0; i <= 50; i++) {
          const value = monotonic.evaluate(first + ((last - first) * i) / 50);
          expect(value).toBeGreaterThanOrEqual(previous - 1e-12);
          previous = value;
        }
      }),
    );
  });
});

describe('outside the knots', () => {
  const data = { x: [0, 1, 2, 4], y: [1, 3, 2, 2.5] };

  test('clamp keeps the end values, flat', () => {
    const spline = cubicSpline({ ...data, outside: 'clamp' });
    expect([spline.evaluate(-3), spline.evaluate(9)]).toEqual([1, 2.5]);
    expect([spline.derivative(-3), spline.derivative(9, 2)]).toEqual([0, 0]);
    expect(spline.integral(-2, 0)).toBeCloseTo(2, 13);
    expect(spline.integral(4, 6)).toBeCloseTo(5, 13);
  });

  test('refuse throws, naming the place', () => {
    const spline = pchip({ ...data, outside: 'refuse' });
    expect(spline.evaluate(4)).toBe(2.5);
    expect(() => spline.evaluate(4.1)).toThrow('pchip: 4.1 lies outside the knots [0, 4]');
  });
});

test('points that make no spline are refused', () => {
  expect(() => cubicSpline({ x: [0], y: [0] })).toThrow('1 positions and 1 values; give at least 2');
  expect(() => akima({ x: [0, 2, 1], y: [0, 1, 2] })).toThrow('value 2 (1) is not above value 1 (2)');
  expect(() => cubicSpline({ x: [0, 1, 2], y: [0, 1, 2], boundary: 'periodic' })).toThrow(
    'make the last value equal the first',
  );
  expect(() => cubicSpline({ x: [0, 1], y: [0, 1], endSlopes: [0, 0] })).toThrow("they belong to 'clamped'");
  expect(() => hermiteSpline({ x: [0, 1], y: [0, 1], slopes: [1] })).toThrow('1 slopes for 2 knots');
});
