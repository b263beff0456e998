import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constrainMonotonicKnots } from './constrain.ts';
import { type MonotonicKnots, rationalQuadraticSpline } from './spline.ts';

/** A small generator of its own, so that 1e5 splines are drawn in no time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Knots on an interval of length 2 near 0, with bins that differ by up to 100 and slopes over six orders of
 * magnitude. (Steeper still, the rounding of x alone, times the slope, exceeds 1e-12 in y.)
 */
function randomKnots(random: () => number): MonotonicKnots {
  const count = 2 + Math.floor(random() * 15);
  const side = () => {
    const steps = Array.from({ length: count }, (_, i) => (i === 0 ? 0 : 10 ** (-2 * random())));
    const total = steps.reduce((sum, step) => sum + step, 0);
    let at = -2 * random();
    return steps.map((step) => {
      at += (2 * step) / total;
      return at;
    });
  };
  return { x: side(), y: side(), slopes: Array.from({ length: count }, () => 10 ** (6 * random() - 3)) };
}

describe('over 1e5 random splines', () => {
  test('the inverse inverts to 1e-12 both ways', () => {
    const random = generator(1);
    let worstY = 0;
    let worstX = 0;
    for (let i = 0; i < 1e5; i++) {
      const knots = randomKnots(random);
      const spline = rationalQuadraticSpline(knots);
      const [first, last] = [knots.x[0]!, knots.x[knots.x.length - 1]!];
      const [low, high] = [knots.y[0]!, knots.y[knots.y.length - 1]!];
      for (let j = 0; j < 3; j++) {
        const x = first + (last - first) * (1.2 * random() - 0.1);
        const back = spline.inverse(spline.evaluate(x));
        worstX = Math.max(worstX, Math.abs(back - x) * Math.min(1, spline.derivative(x)));
        const y = low + (high - low) * (1.2 * random() - 0.1);
        worstY = Math.max(worstY, Math.abs(spline.evaluate(spline.inverse(y)) - y));
      }
    }
    expect(worstX).toBeLessThan(1e-12);
    expect(worstY).toBeLessThan(1e-12);
  });
});

/** Free numbers of a spline, from the mild to the absurd. */
const freeNumbers = fc.integer({ min: 2, max: 12 }).chain((count) =>
  fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
    minLength: 3 * count + 2,
    maxLength: 3 * count + 2,
  }),
);

test('what is built from free numbers increases, and its values and derivatives are finite', () => {
  fc.assert(
    fc.property(
      freeNumbers,
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
      (free, x) => {
        const spline = rationalQuadraticSpline(constrainMonotonicKnots(free));
        expect(spline.derivative(x)).toBeGreaterThan(0);
        expect(Number.isFinite(spline.evaluate(x))).toBe(true);
        expect(Number.isFinite(spline.logDerivative(x))).toBe(true);
        expect(Number.isFinite(spline.inverse(x))).toBe(true);
      },
    ),
  );
});

test('it goes through its knots with its slopes, which the tails continue', () => {
  const x = [-1, 0.5, 2];
  const y = [-2, 0, 0.3];
  const slopes = [0.7, 1.3, 0.2];
  const spline = rationalQuadraticSpline({ x, y, slopes });
  x.forEach((knot, i) => {
    expect(spline.evaluate(knot)).toBeCloseTo(y[i]!, 14);
    expect(spline.derivative(knot)).toBeCloseTo(slopes[i]!, 14);
  });
  expect(spline.evaluate(-4)).toBeCloseTo(-2 - 3 * 0.7, 14);
  expect(spline.derivative(-4)).toBeCloseTo(0.7, 14);
  expect(spline.evaluate(7)).toBeCloseTo(0.3 + 5 * 0.2, 14);
  expect(spline.inverse(spline.evaluate(1e30)) / 1e30).toBeCloseTo(1, 12);
});

test('equation 4 of Durkan et al. 2019, written out', () => {
  const [x0, x1, y0, y1, d0, d1] = [0, 2, 1, 2.5, 0.4, 1.1];
  const spline = rationalQuadraticSpline({ x: [x0, x1], y: [y0, y1], slopes: [d0, d1] });
  const s = (y1 - y0) / (x1 - x0);
  for (const xi of [0.1, 0.35, 0.5, 0.8]) {
    const numerator = (y1 - y0) * (s * xi ** 2 + d0 * xi * (1 - xi));
    const denominator = s + (d1 + d0 - 2 * s) * xi * (1 - xi);
    const derivative = s ** 2 * (d1 * xi ** 2 + 2 * s * xi * (1 - xi) + d0 * (1 - xi) ** 2);
    expect(spline.evaluate(x0 + xi * (x1 - x0))).toBeCloseTo(y0 + numerator / denominator, 14);
    expect(spline.logDerivative(x0 + xi * (x1 - x0))).toBeCloseTo(
      Math.log(derivative / denominator ** 2),
      14,
    );
  }
});

test('knots that make no monotonic spline are refused', () => {
  const good = { x: [0, 1, 2], y: [0, 1, 2], slopes: [1, 1, 1] };
  expect(() => rationalQuadraticSpline({ ...good, x: [0, 1, 1] })).toThrow(
    'value 2 (1) is not above value 1 (1)',
  );
  expect(() => rationalQuadraticSpline({ ...good, y: [0, Number.NaN, 2] })).toThrow(
    'value 1 is NaN, not finite',
  );
  expect(() => rationalQuadraticSpline({ ...good, slopes: [1, 0, 1] })).toThrow('slope 1 is 0');
  expect(() => rationalQuadraticSpline({ ...good, slopes: [1, 1] })).toThrow('3 knots, 3 values, 2 slopes');
});
