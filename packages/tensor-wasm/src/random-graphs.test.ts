/** Random graphs, values and gradients, against the reference: views, buffers written over, constants, all mixed. */
import {
  add,
  broadcastTo,
  concatenate,
  constant,
  cumulativeSum,
  type DType,
  gather,
  gradients,
  matmul,
  multiply,
  pad,
  referenceBackend,
  reshape,
  sigmoid,
  sin,
  slice,
  subtract,
  sum,
  type Tensor,
  type TensorType,
  tanh,
  trace,
  transpose,
} from '@equiflow/tensor';
import fc from 'fast-check';
import { test } from 'vitest';
import { wasm } from './index.ts';

/** One step of a program: which operation, on which of the tensors so far, and two free choices. */
type Step = readonly [operation: number, x: number, y: number, a: number, b: number];

const compatible = (x: Tensor, y: Tensor): boolean =>
  Array.from({ length: Math.min(x.shape.length, y.shape.length) }, (_, i) => [
    x.shape.at(-1 - i),
    y.shape.at(-1 - i),
  ]).every(([m, n]) => m === n || m === 1 || n === 1);
function permutation(rank: number, choice: number): number[] {
  const left = [...new Array<number>(rank).keys()];
  return Array.from({ length: rank }, (_, i) => left.splice((choice * (i + 1)) % left.length, 1)[0]!);
}

/** Each takes two tensors and two choices, and gives a tensor, or null where it does not apply. */
const operations: ((x: Tensor, y: Tensor, a: number, b: number) => Tensor | null)[] = [
  (x, y) => (compatible(x, y) ? add(x, y) : null),
  (x, y) => (compatible(x, y) ? multiply(x, y) : null),
  (x, y) => (compatible(x, y) ? subtract(x, tanh(y)) : null),
  (x) => tanh(x),
  (x) => sin(x),
  (x) => multiply(sigmoid(x), x),
  (x, _, a) => add(x, a / 4),
  (x, _, a) => reshape(x, a % 2 === 0 ? [-1] : [1, x.size, 1]),
  (x, _, a) =>
    x.shape.length < 2 ? null : reshape(x, [x.size / x.shape.at(-1)!, x.shape.at(-1)!].slice(0, 2 + (a % 2))),
  (x, _, a) => (x.shape.length < 2 ? null : transpose(x, permutation(x.shape.length, a))),
  (x, _, a, b) => {
    const axis = x.shape.length === 0 ? -1 : a % x.shape.length;
    if (axis < 0 || x.shape[axis]! < 2) return null;
    return slice(
      x,
      x.shape.map((length, i) => (i === axis ? [b % 2, length - ((b >> 1) % 2), 1 + ((b >> 2) % 2)] : null)),
    );
  },
  (x, _, a) => (x.size > 200 ? null : broadcastTo(x, [1 + (a % 3), ...x.shape])),
  (x, _, a) => (x.size > 200 ? null : broadcastTo(reshape(x, [...x.shape, 1]), [...x.shape, 2 + (a % 3)])),
  (x, _, a) => (x.shape.length === 0 ? null : sum(x, { axes: [a % x.shape.length], keepDims: a % 2 === 0 })),
  (x, _, a) => (x.shape.length < 2 ? null : sum(x, { axes: [0, x.shape.length - 1].slice(a % 2) })),
  (x, y, a) => {
    if (x.shape.length === 0 || x.shape.length !== y.shape.length || x.size + y.size > 400) return null;
    const axis = a % x.shape.length;
    return x.shape.every((length, i) => i === axis || length === y.shape[i])
      ? concatenate([x, y], axis)
      : null;
  },
  (x, _, a, b) =>
    x.size > 200
      ? null
      : pad(
          x,
          x.shape.map((__, i) => [(a + i) % 2, (b + i) % 3] as const),
        ),
  (x, y) =>
    x.shape.length === 2 && y.shape.length === 2 && x.shape[1] === y.shape[0] ? tanh(matmul(x, y)) : null,
  (x, y) =>
    x.shape.length === 2 && y.shape.length === 2 && x.shape[1] === y.shape[1]
      ? tanh(matmul(x, y, { transposeB: true }))
      : null,
  (x) => (x.shape.length === 2 ? tanh(matmul(x, transpose(x))) : null),
  (x, _, a) => {
    if (x.shape.length === 0 || x.size > 200) return null;
    const axis = a % x.shape.length;
    const indices = Int32Array.from({ length: 3 }, (__, i) => (i * a) % x.shape[axis]!);
    return gather(x, constant(indices), axis);
  },
  (x, _, a) => (x.shape.length === 0 ? null : cumulativeSum(x, a % x.shape.length, { reverse: a % 2 === 0 })),
  (x, y) =>
    compatible(x, y) ? multiply(broadcastTo(reshape(constant([0.5], [1], x.dtype), []), x.shape), x) : null,
];

const shapes: readonly (readonly number[])[] = [[3, 4], [4], [3, 1], [], [4, 3], [2, 3, 4]];

function build(steps: readonly Step[], inputs: readonly Tensor[]): Tensor[] {
  const tensors = [...inputs];
  for (const [operation, x, y, a, b] of steps) {
    const at = (index: number): Tensor => tensors[index % tensors.length]!;
    const made = operations[operation % operations.length]!(at(x), at(y), a, b);
    if (made && made.size > 0 && made.size < 3000) tensors.push(made);
  }
  return tensors;
}

const step = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(7), fc.nat(7));
const programs = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  kept: fc.array(fc.nat(99), { minLength: 1, maxLength: 4 }),
  dtype: fc.constantFrom<DType>('float32', 'float64'),
});

function valuesOf({ shape, dtype }: TensorType, seed: number): Float32Array | Float64Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const draw = (_: unknown, i: number): number => 1.5 * Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1));
  return dtype === 'float32'
    ? Float32Array.from({ length: size }, draw)
    : Float64Array.from({ length: size }, draw);
}

test('values and gradients of random graphs', () => {
  fc.assert(
    fc.property(programs, ({ steps, kept, dtype }) => {
      const specs = shapes.map((shape) => ({ shape, dtype }));
      const graph = trace((...inputs) => {
        const tensors = build(steps, inputs);
        const outputs = kept.map(
          (index) => tensors[(tensors.length - 1 - index + 100 * tensors.length) % tensors.length]!,
        );
        const loss = outputs.map((output) => sum(tanh(output))).reduce((total, each) => add(total, each));
        return [...outputs, ...gradients(loss, inputs)];
      }, specs);
      const data = specs.map(valuesOf);
      const expected = referenceBackend.compile(graph).run(data);
      const executable = wasm().compile(graph);
      executable.run(specs.map((spec, slot) => valuesOf(spec, slot + 17)));
      const actual = executable.run(data);
      // Values are of order 1; where they are small, it is by cancellation.
      const tolerance = dtype === 'float32' ? 1e-4 : 1e-11;
      expected.forEach((values, slot) => {
        values.forEach((value, i) => {
          const difference = Math.abs(value - actual[slot]![i]!);
          if (!(difference <= tolerance * Math.max(1, Math.abs(value)))) {
            throw new Error(
              `output ${slot}, element ${i}: ${actual[slot]![i]}, the reference gives ${value}`,
            );
          }
        });
      });
    }),
    { numRuns: 300 },
  );
});
