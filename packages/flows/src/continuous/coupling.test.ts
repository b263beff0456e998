import { key, randomNormal } from '@equiflow/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Coupling, equivariantTransport, independentCoupling, optimalTransport } from './coupling.ts';

const none = new Float64Array(0);
const squared = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
const rows = (values: Float64Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) =>
    Array.from(values.subarray(i * width, (i + 1) * width)),
  );

/** The latents after a coupling. */
function coupled(
  coupling: Coupling,
  x: Float64Array,
  z: Float64Array,
  shape: number[],
  context = none,
): Float64Array {
  const result = z.slice();
  coupling({ count: x.length / shape.reduce((a, b) => a * b), shape, x, z: result, context });
  return result;
}

test('optimal transport permutes the latents and lowers the cost; independent pairs stay', () => {
  const [x, z] = [randomNormal(key(1), [30, 2], 'float64'), randomNormal(key(2), [30, 2], 'float64')];
  const paired = coupled(optimalTransport(), x, z, [2]);
  expect(rows(paired, 2).sort()).toEqual(rows(z, 2).sort());
  expect(squared(x, paired)).toBeLessThan(0.3 * squared(x, z));
  // What is optimal is not changed.
  expect(coupled(optimalTransport(), x, paired, [2])).toEqual(paired);
  expect(coupled(independentCoupling, x, z, [2])).toEqual(z);
});

test('with parameters, exchange needs a weight, and a large one exchanges between like θ only', () => {
  const [x, z] = [randomNormal(key(1), [20, 2], 'float64'), randomNormal(key(2), [20, 2], 'float64')];
  const theta = Float64Array.from({ length: 20 }, (_, i) => i % 2);
  expect(() => coupled(optimalTransport(), x, z, [2], theta)).toThrow(/conditionWeight/);
  const paired = coupled(optimalTransport({ conditionWeight: 1e6 }), x, z, [2], theta);
  const [before, after] = [rows(z, 2), rows(paired, 2)];
  after.forEach((row, i) => {
    const from = before.findIndex((other) => other[0] === row[0] && other[1] === row[1]);
    expect(from % 2).toBe(i % 2);
  });
  expect(squared(x, paired)).toBeLessThan(0.7 * squared(x, z));
});

test.each([2, 3])('in %i dimensions a turned, mirrored and renumbered point set is brought back', (d) => {
  const points = 5;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.boolean(), (seed, mirrored) => {
      const x = randomNormal(key(seed), [points, d], 'float64');
      // A small turn, so that renumbering first finds the right points.
      const angle = 0.02;
      const z = x.slice();
      for (let start = 0; start < z.length; start += d) {
        const [a, b] = [x[start]!, x[start + 1]!];
        z[start] = (mirrored ? -1 : 1) * (Math.cos(angle) * a - Math.sin(angle) * b);
        z[start + 1] = Math.sin(angle) * a + Math.cos(angle) * b;
      }
      const moved = Float64Array.from(rows(z, d).toReversed().flat());
      const aligned = coupled(equivariantTransport({ exchange: false, rounds: 4 }), x, moved, [points, d]);
      expect(squared(x, aligned)).toBeLessThan(1e-12);
    }),
    { numRuns: 40 },
  );
});

test('alignment keeps all distances within a point set, and never makes a pair longer', () => {
  const [count, points, d] = [12, 4, 2];
  const x = randomNormal(key(3), [count, points, d], 'float64');
  const z = randomNormal(key(4), [count, points, d], 'float64');
  const distances = (set: number[]): number[] =>
    rows(Float64Array.from(set), d)
      .flatMap((a, i) =>
        rows(Float64Array.from(set), d)
          .slice(i + 1)
          .map((b) => squared(a, b)),
      )
      .sort((a, b) => a - b);
  const alone = coupled(equivariantTransport({ exchange: false }), x, z, [points, d]);
  rows(alone, points * d).forEach((set, i) => {
    const [before, own] = [rows(z, points * d)[i]!, rows(x, points * d)[i]!];
    distances(set).forEach((value, k) => {
      expect(value).toBeCloseTo(distances(before)[k]!, 10);
    });
    expect(squared(own, set)).toBeLessThanOrEqual(squared(own, before) + 1e-12);
  });
  const exchanged = coupled(equivariantTransport(), x, z, [points, d]);
  expect(squared(x, exchanged)).toBeLessThan(squared(x, alone));
  expect(squared(x, alone)).toBeLessThan(squared(x, coupled(optimalTransport(), x, z, [points, d])));
});

test('samples that are no point sets are refused', () => {
  expect(() => coupled(equivariantTransport(), new Float64Array(4), new Float64Array(4), [4])).toThrow(
    /point sets/,
  );
});
