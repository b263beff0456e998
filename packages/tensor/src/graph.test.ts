import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gradients } from './autodiff.ts';
import { compile, evaluate, trace } from './compile.ts';
import { buildGraph } from './graph.ts';
import type { Primitive } from './primitive.ts';
import { add, exp, maximum, multiply, negate, sin, subtract, sum } from './primitives/index.ts';
import { applyOne, constant, input, type Tensor } from './tensor.ts';
import type { TypedArray } from './types.ts';

const scalar = { shape: [], dtype: 'float64' as const };

/** Adds an attribute to every value: for telling attributes apart. */
const shiftPrimitive: Primitive<{ readonly by: number; readonly how?: (x: number) => number }> = {
  name: 'test#shiftPrimitive',
  infer: ([x]) => [x!],
  reference([x], [y], { by, how }) {
    for (let i = 0; i < y!.length; i++) y![i] = how ? how(x![i]!) : x![i]! + by;
  },
  examples: [],
};

test('equal nodes are merged, across autodiff too', () => {
  const graph = trace(
    (x) => {
      const y = multiply(exp(x), exp(x));
      return [y, ...gradients(y, [x])];
    },
    [scalar],
  );
  const exponentials = graph.nodes.filter(({ primitive }) => primitive.name.endsWith('expPrimitive'));
  expect(exponentials).toHaveLength(1);
  expect(graph.nodes.filter(({ primitive }) => primitive.name.endsWith('constantPrimitive'))).toHaveLength(1);
});

test('attributes that JSON confuses are told apart', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const shifts = [nan, infinity, -infinity];
  const shifted = compile((x) => shifts.map((by) => applyOne(shiftPrimitive, [x], { by })), [scalar]);
  expect(shifted.run([Float64Array.of(1)]).map((y) => y[0])).toEqual(shifts);
  const functions = [Math.sin, Math.cos];
  const mapped = compile(
    (x) => functions.map((how) => applyOne(shiftPrimitive, [x], { by: 0, how })),
    [scalar],
  );
  expect(mapped.run([Float64Array.of(1)]).map((y) => y[0])).toEqual([Math.sin(1), Math.cos(1)]);
  const reciprocals = [0, -0].map((zero) => evaluate(buildConstantReciprocal(zero))[0]);
  expect(reciprocals).toEqual([infinity, -infinity]);
  const constants = compile(() => [0, -0].map((zero) => constant([zero, 1], [2], 'float64')), []);
  expect(constants.run([]).map((y) => 1 / y[0]!)).toEqual([infinity, -infinity]);
});

function buildConstantReciprocal(value: number): Tensor {
  return applyOne(shiftPrimitive, [constant(value, [], 'float64')], { by: 0, how: (x) => 1 / x });
}

test('two primitives of one name are not merged', () => {
  const other = { ...shiftPrimitive, reference: (_: unknown, [y]: readonly TypedArray[]) => void y!.fill(9) };
  const both = compile((x) => [shiftPrimitive, other].map((p) => applyOne(p, [x], { by: 1 })), [scalar]);
  expect(both.run([Float64Array.of(1)]).map((y) => y[0])).toEqual([2, 9]);
});

test('a graph may begin at any tensor; a placeholder that is not an input is named', () => {
  const x = input(scalar, 'x');
  const h = sin(x);
  const graph = buildGraph([h], [multiply(h, 2)]);
  expect(graph.nodes.map(({ primitive }) => primitive.name)).not.toContain(x.node.primitive.name);
  expect(() => buildGraph([], [h])).toThrow(/compile: the outputs need the input x float64\[\]/);
  expect(() => evaluate(h)).toThrow(/pass it as an argument/);
});

test('merging changes no value: random graphs against direct evaluation', () => {
  const unary = [negate, sin, (x: Tensor) => multiply(x, 0.5)];
  const unaryValues = [(x: number) => -x, Math.sin, (x: number) => x * 0.5];
  const binary = [add, subtract, multiply, maximum];
  const binaryValues = [
    (a: number, b: number) => a + b,
    (a: number, b: number) => a - b,
    (a: number, b: number) => a * b,
    Math.max,
  ];
  const step = fc.tuple(fc.nat(6), fc.nat(1000), fc.nat(1000));
  const start = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), start, start, (steps, a, b) => {
      const values = [a, b];
      const build = (...inputs: Tensor[]): Tensor[] => {
        const tensors = [...inputs];
        for (const [operation, first, second] of steps) {
          const [x, y] = [tensors[first % tensors.length]!, tensors[second % tensors.length]!];
          tensors.push(operation < 3 ? unary[operation]!(x) : binary[operation - 3]!(x, y));
        }
        return tensors;
      };
      for (const [operation, first, second] of steps) {
        const [x, y] = [values[first % values.length]!, values[second % values.length]!];
        values.push(operation < 3 ? unaryValues[operation]!(x) : binaryValues[operation - 3]!(x, y));
      }
      const results = compile(build, [scalar, scalar]).run([Float64Array.of(a), Float64Array.of(b)]);
      expect(results.map((result) => result[0])).toEqual(values);
    }),
  );
});

test('a graph of 1e5 nodes compiles, runs and is differentiated', () => {
  const length = 100_000;
  const executable = compile(
    (x) => {
      let y = x;
      for (let i = 0; i < length; i++) y = i % 2 === 0 ? sin(y) : add(y, x);
      return [y, ...gradients(sum(y), [x])];
    },
    [scalar],
  );
  const [y, slope] = executable.run([Float64Array.of(0.3)]);
  let [value, derivative] = [0.3, 1];
  for (let i = 0; i < length; i++) {
    if (i % 2 === 0) [value, derivative] = [Math.sin(value), Math.cos(value) * derivative];
    else [value, derivative] = [value + 0.3, derivative + 1];
  }
  expect(y![0]).toBe(value);
  expect(slope![0]).toBeCloseTo(derivative, 10);
});
