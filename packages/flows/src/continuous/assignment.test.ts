import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from './assignment.ts';

const permutations = (n: number): number[][] =>
  n === 0
    ? [[]]
    : permutations(n - 1).flatMap((p) => Array.from({ length: n }, (_, i) => p.toSpliced(i, 0, n - 1)));
const total = (cost: number[], p: ArrayLike<number>): number =>
  Array.from(p).reduce((sum, column, row) => sum + cost[row * p.length + column]!, 0);

test('no permutation is cheaper', () => {
  const squares = fc
    .integer({ min: 1, max: 6 })
    .chain((n) => fc.array(fc.integer({ min: -20, max: 20 }), { minLength: n * n, maxLength: n * n }));
  fc.assert(
    fc.property(squares, (cost) => {
      const n = Math.sqrt(cost.length);
      const found = assign(cost, n);
      expect([...found].sort()).toEqual(Array.from({ length: n }, (_, i) => i));
      expect(total(cost, found)).toBe(Math.min(...permutations(n).map((p) => total(cost, p))));
    }),
    { numRuns: 200 },
  );
});

test('points of a sorted line are paired in order, at a size where enumeration ends', () => {
  const n = 150;
  const [a, b] = [0, 1].map((s) =>
    Float64Array.from({ length: n }, (_, i) => Math.sin(7 * i + s) * 10).sort(),
  );
  const cost = Float64Array.from({ length: n * n }, (_, i) => (a![Math.floor(i / n)]! - b![i % n]!) ** 2);
  assign(cost, n).forEach((column, row) => {
    expect(column).toBe(row);
  });
});

test('what is no matrix of finite costs is refused', () => {
  expect(() => assign([1, 2, 3], 2)).toThrow(/3 costs for 2/);
  expect(() => assign([1, 2, Number.NaN, 3], 2)).toThrow(/row 1, column 0 is NaN/);
});
