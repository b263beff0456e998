import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import { sizeOf } from '../types.ts';
import { add, broadcastTo, subtract, sumTo } from './index.ts';

/** The value at an index of the result, read out of an array of a shape that broadcasts to it. */
function broadcastValue(
  values: readonly number[],
  shape: readonly number[],
  index: readonly number[],
): number {
  let offset = 0;
  shape.forEach((length, axis) => {
    const along = index[index.length - shape.length + axis]!;
    offset = offset * length + (length === 1 ? 0 : along);
  });
  return values[offset]!;
}

function* indicesOf(shape: readonly number[]): Generator<number[]> {
  if (shape.length === 0) yield [];
  else {
    for (let i = 0; i < shape[0]!; i++) for (const rest of indicesOf(shape.slice(1))) yield [i, ...rest];
  }
}

const result = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
/** Drops leading axes of a shape and makes some lengths 1. */
const narrow = (shape: readonly number[], drop: number, ones: readonly boolean[]): number[] =>
  shape.slice(Math.min(drop, shape.length)).map((length, axis) => (ones[axis] ? 1 : length));
const flags = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
const count = (shape: readonly number[]): number[] => Array.from({ length: sizeOf(shape) }, (_, i) => i + 1);

test('binary operations broadcast as a direct implementation does', () => {
  fc.assert(
    fc.property(result, fc.nat(4), flags, flags, (shape, drop, onesA, onesB) => {
      const shapeA = narrow(shape, 0, onesA);
      const shapeB = narrow(shape, drop, onesB);
      const joint = shapeA.map((length, axis) => {
        const other = shapeB[axis - shapeA.length + shapeB.length] ?? 1;
        return length === 1 ? other : length;
      });
      const [a, b] = [count(shapeA), count(shapeB).map((value) => 100 * value)];
      const difference = subtract(constant(a, shapeA, 'float64'), constant(b, shapeB, 'float64'));
      expect(difference.shape).toEqual(joint);
      const expected = [...indicesOf(joint)].map(
        (index) => broadcastValue(a, shapeA, index) - broadcastValue(b, shapeB, index),
      );
      expect([...evaluate(difference)]).toEqual(expected);
    }),
  );
});

test('sumTo adds up what broadcastTo repeats', () => {
  fc.assert(
    fc.property(result, fc.nat(4), flags, (shape, drop, ones) => {
      const from = narrow(shape, drop, ones);
      const values = count(from);
      const back = sumTo(broadcastTo(constant(values, from, 'float64'), shape), from);
      const copies = sizeOf(shape) / Math.max(1, sizeOf(from));
      expect(back.shape).toEqual(from);
      expect([...evaluate(back)]).toEqual(values.map((value) => value * copies));
    }),
  );
});

test('lengths that differ and are not 1 are refused', () => {
  expect(() => add(constant([1, 2]), constant([1, 2, 3]))).toThrow(
    'add: shapes [2] and [3] do not broadcast',
  );
  expect(() => broadcastTo(constant([1, 2]), [2, 3])).toThrow(/broadcastTo: float32\[2\] does not/);
  expect(() => add(constant(1), constant(1, [], 'float64'))).toThrow(
    /add: operands float32\[\], float64\[\] mix/,
  );
});
