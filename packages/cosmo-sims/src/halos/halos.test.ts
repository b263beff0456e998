import { key, randomNormal, randomUniform } from '@equiflow/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { friendsOfFriends, particleMass } from './friends-of-friends.ts';
import { nearestNeighbours, type PointsInBox, radiusGraph } from './graphs.ts';

const boxSize = 10;
const uniform = (count: number, seed: number): Float64Array =>
  randomUniform(key(seed), [count], 'float64').map((u) => u * boxSize);
const apart = (positions: Float64Array, a: number, b: number, d: number): number => {
  let sum = 0;
  for (let axis = 0; axis < d; axis++) {
    const difference = Math.abs(positions[a * d + axis]! - positions[b * d + axis]!);
    sum += Math.min(difference, boxSize - difference) ** 2;
  }
  return Math.sqrt(sum);
};

describe('friends of friends', () => {
  test('groups are the connected parts of the graph of close pairs, in any box', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0.1, max: 1.5, noNaN: true }),
        (seed, b) => {
          const count = 60;
          const positions = uniform(3 * count, seed);
          const { membership, sizes } = friendsOfFriends(positions, {
            boxSize,
            linkingLength: b,
            minimum: 1,
          });
          const length = (b * boxSize) / Math.cbrt(count);
          // Labels by flooding.
          const label = new Int32Array(count).fill(-1);
          for (let start = 0; start < count; start++) {
            if (label[start] !== -1) continue;
            const stack = [start];
            label[start] = start;
            while (stack.length > 0) {
              const a = stack.pop()!;
              for (let c = 0; c < count; c++) {
                if (label[c] === -1 && apart(positions, a, c, 3) <= length) {
                  label[c] = start;
                  stack.push(c);
                }
              }
            }
          }
          for (let a = 0; a < count; a++) {
            for (let c = 0; c < a; c++) expect(membership[a] === membership[c]).toBe(label[a] === label[c]);
          }
          expect(sizes.reduce((x, y) => x + y, 0)).toBe(count);
          expect([...sizes]).toEqual([...sizes].sort((x, y) => y - x));
        },
      ),
      { numRuns: 30 },
    );
  });
  test('a halo across the faces of the box: centre, velocity, mass', () => {
    const members = 50;
    const cloud = randomNormal(key(1), [3 * members], 'float64').map(
      (v, i) => (i % 3 === 0 ? 9.99 : 5) + 0.02 * v,
    );
    const field = uniform(3 * 950, 2);
    const positions = Float64Array.from([...field, ...cloud]);
    const velocities = positions.map((_, i) => (i < field.length ? 0 : [1, 2, 3][i % 3]!));
    const halos = friendsOfFriends(positions, { boxSize, omegaM: 0.3 }, velocities);
    expect(halos.count).toBe(1);
    expect(halos.sizes[0]).toBeGreaterThanOrEqual(members);
    expect(Math.abs(halos.positions[0]! - 9.99)).toBeLessThan(0.02);
    expect(halos.positions[1]).toBeCloseTo(5, 1);
    expect(halos.velocities[2]! / halos.velocities[0]!).toBeCloseTo(3, 9);
    expect(halos.masses[0]).toBeCloseTo(halos.sizes[0]! * particleMass(0.3, boxSize, 1000), -3);
    // The mean density is Ω_m of the critical one: 2.775e11 (M☉/h)/(Mpc/h)³.
    expect(particleMass(1, 1, 1)).toBeCloseTo(2.7754e11, -8);
  });
  test('nonsense is refused', () => {
    expect(() => friendsOfFriends(new Float64Array(4), { boxSize })).toThrow(/4 coordinates/);
    expect(() => friendsOfFriends(uniform(9, 1), { boxSize, linkingLength: 9 })).toThrow(/half the box/);
    expect(() => friendsOfFriends(Float64Array.of(1, 2, Number.NaN), { boxSize })).toThrow(
      /coordinate 2 is NaN/,
    );
  });
});

describe('graphs of points', () => {
  const points = (d: 2 | 3, seed: number, count: number): PointsInBox & { positions: Float64Array } => ({
    ...{ positions: uniform(d * count, seed), dimensions: d, boxSize },
  });
  test('neighbours are those of a search of all pairs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3),
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 2, max: 60 }),
        (d, seed, count) => {
          const given = points(d as 2 | 3, seed, count);
          const sorted = (self: number): { point: number; distance: number }[] =>
            Array.from({ length: count }, (_, point) => ({
              point,
              distance: apart(given.positions, self, point, d),
            }))
              .filter(({ point }) => point !== self)
              .sort((a, b) => a.distance - b.distance);
          const k = Math.min(5, count - 1);
          const graph = nearestNeighbours(given, k);
          const near = radiusGraph(given, 2.3);
          let at = 0;
          for (let self = 0; self < count; self++) {
            const exact = sorted(self);
            for (let j = 0; j < k; j++) {
              expect(graph.receivers[self * k + j]).toBe(self);
              expect(graph.senders[self * k + j]).toBe(exact[j]!.point);
              expect(graph.distances[self * k + j]).toBeCloseTo(exact[j]!.distance, 12);
            }
            for (const { point, distance } of exact.filter((other) => other.distance <= 2.3)) {
              expect([near.receivers[at], near.senders[at]]).toEqual([self, point]);
              const vector = near.displacements.subarray(at * d, (at + 1) * d);
              expect(Math.hypot(...vector)).toBeCloseTo(distance, 12);
              at++;
            }
          }
          expect(near.receivers.length).toBe(at);
        },
      ),
      { numRuns: 40 },
    );
  });
  test('nonsense is refused', () => {
    expect(() => radiusGraph(points(3, 1, 4), 5)).toThrow(/below half the box/);
    expect(() => nearestNeighbours(points(3, 1, 4), 4)).toThrow(/from 1 to 3/);
  });
});
