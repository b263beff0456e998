/** Random graphs, values and gradients, against the reference: fused chains, views of views, kept and unkept results. */
import {
  add,
  broadcastTo,
  concatenate,
  constant,
  cumulativeSum,
  gather,
  gradients,
  matmul,
  max,
  multiply,
  pad,
  reshape,
  scatterAdd,
  select,
  sigmoid,
  sin,
  slice,
  softplus,
  subtract,
  sum,
  type Tensor,
  tanh,
  trace,
  transpose,
} from '@equiflow/tensor';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openForTests } from './testing/adapter.ts';
import { compareGraph } from './testing/suites.ts';

/** One step of a program: which operation, on which of the tensors so far, and a free choice. */
type Step = readonly [operation: number, x: number, y: number, choice: number];

const sameEnd = (x: Tensor, y: Tensor): boolean =>
  x.shape.length === y.shape.length && x.shape.every((length, axis) => length === y.shape[axis]);
const last = (x: Tensor): number => x.shape.at(-1) ?? 1;
const axisOf = (x: Tensor, choice: number): number => choice % Math.max(1, x.shape.length);

/** Each takes two tensors and a choice, and gives a tensor, or null where it does not apply. */
const operations: readonly ((x: Tensor, y: Tensor, choice: number) => Tensor | null)[] = [
  (x, y) => (sameEnd(x, y) ? add(x, y) : null),
  (x, y) => (sameEnd(x, y) ? multiply(sigmoid(x), y) : null),
  (x, y) => (sameEnd(x, y) ? select(sin(y), x, y) : null),
  (x) => tanh(x),
  (x, _, c) => softplus(subtract(x, c / 4)),
  (x, _, c) => reshape(x, c % 2 ? [-1] : [-1, last(x), 1]),
  (x) => (x.shape.length < 2 ? null : transpose(x)),
  (x, _, c) =>
    x.shape.length === 0
      ? null
      : slice(
          x,
          x.shape.map((n, a) => (a === axisOf(x, c) && n > 2 ? [1, n, 1 + (c % 2)] : null)),
        ),
  (x, _, c) =>
    x.shape.length === 0
      ? null
      : pad(
          x,
          x.shape.map((_n, a) => [(c + a) % 2, (c >> 1) % 2] as const),
        ),
  (x, _, c) => broadcastTo(x, [1 + (c % 3), ...x.shape]),
  (x, _, c) => (x.shape.length === 0 ? null : sum(x, { axes: [axisOf(x, c)], keepDims: c % 2 === 0 })),
  (x, _, c) => (x.shape.length === 0 ? null : max(x, { axes: [axisOf(x, c)] })),
  (x, y, c) => (x.shape.length > 0 && sameEnd(x, y) ? concatenate([x, tanh(y), x], axisOf(x, c)) : null),
  (x, y) =>
    x.shape.length === 2 && y.shape.length === 2 && x.shape[1] === y.shape[0] ? tanh(matmul(x, y)) : null,
  (x, y) =>
    x.shape.length === 2 && y.shape.length === 2 && x.shape[1] === y.shape[1]
      ? tanh(matmul(x, y, { transposeB: true }))
      : null,
  (x, _, c) =>
    x.shape.length === 0 ? null : cumulativeSum(x, axisOf(x, c), { reverse: c % 2 === 0, exclusive: c > 3 }),
  (x, _, c) =>
    x.shape.length === 0
      ? null
      : gather(
          x,
          constant(Int32Array.from({ length: 3 }, (__, i) => (i * c) % x.shape[axisOf(x, c)]!)),
          axisOf(x, c),
        ),
  (x, _, c) =>
    x.shape.length === 0
      ? null
      : scatterAdd(x, constant(Int32Array.from({ length: x.shape[0]! }, (__, i) => (i * c) % 3)), 3),
];

const shapes: readonly (readonly number[])[] = [[3, 4], [4], [4, 3], [], [2, 3, 4]];
const step = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(7));
const programs = fc.record({
  steps: fc.array(step, { minLength: 4, maxLength: 16 }),
  kept: fc.array(fc.nat(99), { minLength: 1, maxLength: 3 }),
});

function build(steps: readonly Step[], inputs: readonly Tensor[]): Tensor[] {
  const tensors = [...inputs];
  for (const [operation, x, y, choice] of steps) {
    const at = (index: number): Tensor => tensors[index % tensors.length]!;
    const made = operations[operation % operations.length]!(at(x), at(y), choice);
    if (made && made.size > 0 && made.size < 1500) tensors.push(made);
  }
  return tensors;
}

const valuesOf = (shape: readonly number[], seed: number): Float32Array =>
  Float32Array.from(
    { length: shape.reduce((product, n) => product * n, 1) },
    (_, i) => 1.5 * Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1)),
  );

const backend = await openForTests('webgpu');
afterAll(() => backend?.close());

test.skipIf(!backend)(
  'values and gradients of random graphs',
  async () => {
    await fc.assert(
      fc.asyncProperty(programs, async ({ steps, kept }) => {
        const specs = shapes.map((shape) => ({ shape, dtype: 'float32' as const }));
        const graph = trace((...inputs) => {
          const tensors = build(steps, inputs);
          const outputs = kept.map(
            (index) => tensors[(tensors.length - 1 - index + 100 * tensors.length) % tensors.length]!,
          );
          const loss = outputs.map((output) => sum(tanh(output))).reduce((total, each) => add(total, each));
          return [...outputs, ...gradients(loss, inputs)];
        }, specs);
        const data = shapes.map((shape, slot) => valuesOf(shape, slot));
        const other = shapes.map((shape, slot) => valuesOf(shape, slot + 17));
        // Gradients may be small by cancellation.
        expect(await compareGraph(backend!, graph, data, other)).toBeLessThan(1e-4);
      }),
      { numRuns: 25, seed: 7 },
    );
  },
  120_000,
);
