/** What becomes a kernel of its own, and what is computed where it is read. No device is needed. */
import {
  add,
  broadcastTo,
  concatenate,
  constant,
  cumulativeSum,
  exp,
  gather,
  log,
  matmul,
  multiply,
  reshape,
  scatterAdd,
  sin,
  slice,
  sqrt,
  sum,
  type Tensor,
  type TensorType,
  tanh,
  trace,
  transpose,
} from '@equiflow/tensor';
import { expect, test } from 'vitest';
import { type GpuPlan, lowerGraph } from './lower.ts';
import { mostArrays } from './planner.ts';

const float = (...shape: number[]): TensorType => ({ shape, dtype: 'float32' });
const plan = (fn: (...inputs: Tensor[]) => Tensor | Tensor[], ...specs: TensorType[]): GpuPlan =>
  lowerGraph(trace(fn, specs));
const sources = ({ steps }: GpuPlan): string[] => steps.map(({ kernel }) => kernel.source);

test('a chain of element-wise operations is one kernel', () => {
  const { steps } = plan((x, y) => multiply(tanh(add(x!, y!)), exp(sin(x!))), float(50), float(50));
  expect(steps.length).toBe(1);
  expect(steps[0]!.arrays.length).toBe(2);
  expect(steps[0]!.kernel.source.match(/a0\[i\]/g)?.length).toBe(1);
});

test('views are index arithmetic: no step, no array', () => {
  const moved = plan((x) => tanh(slice(transpose(reshape(x!, [4, 6])), [[1, 5], null])), float(2, 12));
  expect(moved.steps.length).toBe(1);
  const joined = plan((x, y) => exp(concatenate([x!, broadcastTo(y!, [3, 2])], 1)), float(3, 4), float(2));
  expect(joined.steps.length).toBe(1);
  expect(plan((x) => reshape(x!, [6, 2]), float(3, 4)).steps).toEqual([]);
});

test('what comes before and after a short sum is in its kernel', () => {
  const { steps } = plan((x) => log(sum(exp(x!), { axes: [1] })), float(100, 20));
  expect(steps.map(({ kernel }) => kernel.size)).toEqual([100]);
});

test('a long sum is a tree', () => {
  const sizes = plan((x) => sum(x!), float(262_144)).steps.map(({ kernel }) => kernel.size);
  expect(sizes).toEqual([4096, 64, 1]);
});

test('what is read by many and takes work is kept; what is light is computed again', () => {
  const heavy = plan((x, w) => matmul(tanh(exp(x!)), w!), float(8, 8), float(8, 8));
  expect(heavy.steps.map(({ kernel }) => kernel.size)).toEqual([64, 64]);
  const light = plan((x) => [sqrt(add(x!, 1)), exp(add(x!, 1))], float(64));
  expect(light.steps.length).toBe(2);
  expect(light.steps.every(({ arrays }) => arrays[0]!.source.kind === 'input')).toBe(true);
});

test('no kernel reads more arrays than a device binds', () => {
  const inputs = Array.from({ length: 40 }, (_, i) => float(i + 1));
  const joined = plan((...xs) => concatenate(xs, 0), ...inputs);
  const added = plan(
    (...xs) => xs.reduce((total, x) => add(total, multiply(x, x))),
    ...inputs.map(() => float(5)),
  );
  for (const { steps } of [joined, added]) {
    expect(Math.max(...steps.map(({ arrays }) => arrays.length))).toBeLessThanOrEqual(mostArrays);
    expect(steps.length).toBeGreaterThan(5);
  }
});

test('layers of one shape share their kernels', () => {
  const layer = (x: Tensor, w: Tensor): Tensor => tanh(matmul(x, w));
  const { steps } = plan(
    (x, a, b, c) => layer(layer(layer(x!, a!), b!), c!),
    ...[0, 1, 2, 3].map(() => float(9, 9)),
  );
  expect(steps.length).toBe(3);
  expect(new Set(steps.map(({ kernel }) => kernel)).size).toBe(1);
});

test('constant indices are sorted when the plan is made, long lists in pieces', () => {
  const indices = constant(Int32Array.from({ length: 500 }, (_, i) => (i < 300 ? 1 : i % 4)));
  const { steps } = plan((x) => scatterAdd(x!, indices, 4), float(500));
  expect(steps.at(-1)!.kernel.size).toBe(4);
  expect(steps.length).toBe(2);
  expect(steps[0]!.kernel.source).toMatch(/break;/);
});

test('what does not change in a loop is computed before it, reads of a block that may be left out are not', () => {
  const [running] = sources(plan((x) => cumulativeSum(x!), float(10, 12)));
  const [before, loop] = running!.split('for (');
  expect(before).toMatch(/wholeQuotient\(i, 12\)/);
  expect(before).not.toMatch(/a0\[/);
  expect(loop).toMatch(/a0\[/);
  expect(loop).not.toMatch(/wholeQuotient/);
});

test('numbers that have no literal are arguments; repeated indices are read once', () => {
  const { steps } = plan((x) => multiply(x!, Number.POSITIVE_INFINITY), float(3));
  expect(steps[0]!.scalars).toEqual([Number.POSITIVE_INFINITY]);
  const rows = constant(Int32Array.of(2, 0));
  const [gathered] = sources(plan((x) => add(gather(x!, rows), gather(x!, rows)), float(4, 3)));
  expect(gathered!.match(/= a\d\[/g)?.length).toBe(2);
});
