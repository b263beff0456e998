import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../compile.ts';
import { constant } from '../tensor.ts';
import {
  gather,
  multiply,
  scatterAdd,
  scatterAddAlongAxis,
  segmentSum,
  sum,
  takeAlongAxis,
} from './index.ts';

const integers = (...values: number[]) => constant(Int32Array.from(values));

test('gather replaces the axis by the axes of the indices', () => {
  const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
  expect([...evaluate(gather(x, integers(1, 1, 0)))]).toEqual([4, 5, 6, 4, 5, 6, 1, 2, 3]);
  const columns = gather(x, constant(Int32Array.of(2, 0, 1, 1), [2, 2]), 1);
  expect(columns.shape).toEqual([2, 2, 2]);
  expect([...evaluate(columns)]).toEqual([3, 1, 2, 2, 6, 4, 5, 5]);
});

test('segments sum what shares an index; an empty one is 0', () => {
  const values = constant([1, 2, 3, 4, 5, 6], [3, 2]);
  expect([...evaluate(segmentSum(values, integers(2, 0, 2), 4))]).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
  expect(() => segmentSum(values, integers(0, 1), 4)).toThrow(/segmentSum: int32\[2\] does not give one/);
});

test('takeAlongAxis reads each lane by its own indices', () => {
  const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
  expect([...evaluate(takeAlongAxis(x, constant(Int32Array.of(2, 0, 1, 1), [2, 2])))]).toEqual([3, 1, 5, 5]);
});

test('scattering is the transpose of gathering: ⟨gather x, y⟩ = ⟨x, scatterAdd y⟩', () => {
  const floats = (length: number) =>
    fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length });
  const indices = fc.array(fc.nat(4), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(floats(10), floats(12), indices, (x, y, at) => {
      const rows = constant(x, [5, 2], 'float64');
      const picked = constant(y, [6, 2], 'float64');
      const left = sum(multiply(gather(rows, integers(...at)), picked));
      const right = sum(multiply(rows, scatterAdd(picked, integers(...at), 5)));
      expect(evaluate(left)).toEqual(evaluate(right));
      const lanes = constant(Int32Array.from([...at, ...at]), [6, 2]);
      const leftLanes = sum(multiply(takeAlongAxis(rows, lanes, 0), picked));
      const rightLanes = sum(multiply(rows, scatterAddAlongAxis(picked, lanes, 5, 0)));
      expect(evaluate(leftLanes)).toEqual(evaluate(rightLanes));
    }),
  );
});

test('bad indices and shapes are named', () => {
  const x = constant([1, 2, 3]);
  expect(() => evaluate(gather(x, integers(0, 3)))).toThrow('gather: index 3 at place 1 is outside [0, 3)');
  expect(() => gather(x, constant([0]))).toThrow(/gather: indices are float32\[1\]; they must be int32/);
  expect(() => gather(x, integers(0), 1)).toThrow(/gather: axis 1 of float32\[3\]/);
  expect(() => scatterAdd(x, integers(0, 1), 4)).toThrow(/scatterAdd: values float32\[3\] do not carry/);
  expect(() => takeAlongAxis(constant([1, 2], [1, 2]), integers(0))).toThrow(
    /takeAlongAxis: indices int32\[1\]/,
  );
});
