import fc from 'fast-check';
import { expect, test } from 'vitest';
import { superpose } from './rotation.ts';

const coordinate = fc.double({ min: -3, max: 3, noNaN: true });

/** A rotation by angles about the axes. */
function rotationOf(angles: readonly number[], dimension: number): number[] {
  const [a, b, c] = angles as [number, number, number];
  const plane = (i: number, j: number, angle: number): number[] => {
    const m: number[] = Array.from({ length: dimension * dimension }, (_, at) =>
      at % (dimension + 1) === 0 ? 1 : 0,
    );
    m[i * dimension + i] = m[j * dimension + j] = Math.cos(angle);
    m[j * dimension + i] = Math.sin(angle);
    m[i * dimension + j] = -Math.sin(angle);
    return m;
  };
  if (dimension === 2) return plane(0, 1, a);
  return product(product(plane(0, 1, a), plane(1, 2, b), 3), plane(0, 1, c), 3);
}

const product = (a: ArrayLike<number>, b: ArrayLike<number>, d: number): number[] =>
  Array.from({ length: d * d }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += a[Math.floor(at / d) * d + k]! * b[k * d + (at % d)]!;
    return sum;
  });
const turned = (rotation: ArrayLike<number>, points: ArrayLike<number>, d: number): number[] =>
  Array.from(points, (_, at) => {
    const start = at - (at % d);
    let sum = 0;
    for (let k = 0; k < d; k++) sum += rotation[(at % d) * d + k]! * points[start + k]!;
    return sum;
  });
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

test.each([2, 3])('in %i dimensions the turned points are turned back', (d) => {
  fc.assert(
    fc.property(
      fc.array(coordinate, { minLength: 5 * d, maxLength: 5 * d }),
      fc.array(coordinate, { minLength: 3, maxLength: 3 }),
      (points, angles) => {
        const { rotation, residual } = superpose(turned(rotationOf(angles, d), points, d), points, d);
        expect(residual).toBeLessThan(1e-10);
        expect(distance(turned(rotation, points, d), turned(rotationOf(angles, d), points, d))).toBeLessThan(
          1e-10,
        );
      },
    ),
  );
});

test.each([2, 3])('in %i dimensions no rotation leaves less between any two sets, and it is proper', (d) => {
  fc.assert(
    fc.property(
      fc.array(coordinate, { minLength: 4 * d, maxLength: 4 * d }),
      fc.array(coordinate, { minLength: 4 * d, maxLength: 4 * d }),
      fc.array(coordinate, { minLength: 3, maxLength: 3 }),
      (a, b, angles) => {
        const { rotation: r, residual } = superpose(a, b, d);
        expect(residual).toBeCloseTo(distance(a, turned(r, b, d)), 9);
        expect(residual).toBeLessThan(distance(a, turned(rotationOf(angles, d), b, d)) + 1e-9);
        const determinant =
          d === 2
            ? r[0]! * r[3]! - r[1]! * r[2]!
            : r[0]! * (r[4]! * r[8]! - r[5]! * r[7]!) -
              r[1]! * (r[3]! * r[8]! - r[5]! * r[6]!) +
              r[2]! * (r[3]! * r[7]! - r[4]! * r[6]!);
        expect(determinant).toBeCloseTo(1, 10);
      },
    ),
  );
});

test('other dimensions are refused', () => {
  expect(() => superpose([1, 2, 3, 4], [1, 2, 3, 4], 4)).toThrow(/4 dimensions/);
});
