import { key, randomUniform, TensorError } from '@equiflow/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PointSet } from './cell-list.ts';
import { nearestNeighbours, radiusGraph } from './neighbours.ts';

/** Distance by trying the images one by one. */
function distance({ positions, dimensions, box }: PointSet, i: number, j: number): number {
  let total = 0;
  for (let axis = 0; axis < dimensions; axis++) {
    const r = positions[i * dimensions + axis]! - positions[j * dimensions + axis]!;
    const side = box?.[axis];
    const nearest = side
      ? Math.min(...[-2, -1, 0, 1, 2].map((image) => Math.abs((r % side) + image * side)))
      : Math.abs(r);
    total += nearest ** 2;
  }
  return Math.sqrt(total);
}

/** Points in one to three dimensions: scattered, in clumps, on top of each other, on a line; in a box or not. */
const pointSets = fc
  .record({
    dimensions: fc.integer({ min: 1, max: 3 }),
    sizes: fc.array(fc.integer({ min: 5, max: 40 }), { minLength: 1, maxLength: 3 }),
    periodic: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1e6 }),
    kind: fc.constantFrom('scattered', 'clumps', 'line', 'copies'),
  })
  .map(({ dimensions, sizes, periodic, seed, kind }) => {
    const count = sizes.reduce((sum, size) => sum + size, 0);
    const positions = randomUniform(key(seed), [count * dimensions], 'float64').map((u, at) => {
      const [point, axis] = [Math.floor(at / dimensions), at % dimensions];
      if (kind === 'clumps') return 0.05 * u + (point % 3) - 5 * (point % 2);
      if (kind === 'line') return axis === 0 ? 20 * u - 10 : 0.5;
      return 12 * u - 6;
    });
    if (kind === 'copies') positions.copyWithin(dimensions, 0, 3 * dimensions);
    const box = [3.1, 4.7, 6.3].slice(0, dimensions);
    return { positions, dimensions, sizes, ...(periodic && { box }) };
  });

/** The other points of a point's graph. */
function others(points: PointSet, point: number): number[] {
  let first = 0;
  for (const size of points.sizes!) {
    if (point < first + size) {
      return Array.from({ length: size }, (_, i) => first + i).filter((other) => other !== point);
    }
    first += size;
  }
  return [];
}

test('a radius graph has the pairs that a search among all pairs finds', () => {
  fc.assert(
    fc.property(pointSets, fc.double({ min: 0.02, max: 1.5, noNaN: true }), (points, radius) => {
      const { senders, receivers } = radiusGraph({ ...points, radius });
      const found = Array.from(senders, (sender, edge) => `${sender}>${receivers[edge]}`);
      const wanted: string[] = [];
      for (let i = 0; i < points.positions.length / points.dimensions; i++) {
        for (const j of others(points, i)) if (distance(points, i, j) <= radius) wanted.push(`${j}>${i}`);
      }
      expect(found).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});

test('nearest neighbours are those that sorting all distances gives', () => {
  fc.assert(
    fc.property(pointSets, fc.integer({ min: 1, max: 4 }), (points, k) => {
      const neighbours = nearestNeighbours({ ...points, k });
      for (let i = 0; i < points.positions.length / points.dimensions; i++) {
        const own = [...neighbours.subarray(i * k, (i + 1) * k)];
        const allowed = others(points, i);
        expect(new Set(own).size).toBe(k);
        for (const j of own) expect(allowed).toContain(j);
        const distances = allowed.map((j) => distance(points, i, j)).sort((a, b) => a - b);
        own.forEach((j, rank) => {
          expect(distance(points, i, j)).toBeCloseTo(distances[rank]!, 12);
        });
      }
    }),
    { numRuns: 150 },
  );
});

// Among all pairs this would be 4e8 distances, many seconds.
test('20,000 points have as many pairs as their density says, found in their cells', () => {
  const count = 20_000;
  const positions = randomUniform(key(5), [count * 3], 'float64');
  const radius = 0.04;
  const { senders } = radiusGraph({ positions, dimensions: 3, box: [1, 1, 1], radius });
  const expected = (count * (count - 1) * 4 * Math.PI * radius ** 3) / 3;
  expect(Math.abs(senders.length / expected - 1)).toBeLessThan(0.01);
  const neighbours = nearestNeighbours({ positions, dimensions: 3, box: [1, 1, 1], k: 4 });
  expect(neighbours.length).toBe(4 * count);
}, 20_000);

describe('misfits are refused in one line', () => {
  const positions = [0, 0, 1, 1, 2, 2];
  test.each<[string, () => unknown]>([
    [
      '6 coordinates are no whole number of points of 4',
      () => radiusGraph({ positions, dimensions: 4, radius: 1 }),
    ],
    [
      'coordinate 1 of point 0 is NaN',
      () => radiusGraph({ positions: [0, Number.NaN], dimensions: 2, radius: 1 }),
    ],
    ['radius is 0', () => radiusGraph({ positions, dimensions: 2, radius: 0 })],
    [
      'more than half the shortest side',
      () => radiusGraph({ positions, dimensions: 2, radius: 2, box: [3, 9] }),
    ],
    ['give 2 positive sides', () => radiusGraph({ positions, dimensions: 2, radius: 1, box: [3] })],
    [
      'graphs of [1,1] points, 2 in all',
      () => radiusGraph({ positions, dimensions: 2, radius: 1, sizes: [1, 1] }),
    ],
    ['a graph of 3 points has no 3 neighbours', () => nearestNeighbours({ positions, dimensions: 2, k: 3 })],
    ['k is 0', () => nearestNeighbours({ positions, dimensions: 2, k: 0 })],
  ])('%s', (message, act) => {
    expect(act).toThrow(TensorError);
    expect(act).toThrow(message);
  });
});
