/** Sums into places along lanes too long for comparing each index with each place; activations that are no primitives. */
import { gradients, multiply, scatterAddAlongAxis, silu, square, sum, trace } from '@equiflow/tensor';
import { afterAll, expect, test } from 'vitest';
import { openForTests } from './testing/adapter.ts';
import { compareGraph } from './testing/suites.ts';

const backend = await openForTests('webgpu');
afterAll(() => backend?.close());

const draw = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * (i + 1) * seed));

test.skipIf(!backend).each([
  [[2, 1500], 1, 700],
  [[1200, 2], 0, 900],
] as const)(
  'scatterAddAlongAxis of lanes of %j along axis %i into %i places, values and gradient',
  async (shape, axis, length) => {
    const size = shape[0] * shape[1];
    const graph = trace(
      (values, indices) => {
        const scattered = scatterAddAlongAxis(values!, indices!, length, axis);
        return [scattered, ...gradients(sum(square(scattered)), [values!])];
      },
      [
        { shape, dtype: 'float32' },
        { shape, dtype: 'int32' },
      ],
    );
    const indices = (seed: number): Int32Array =>
      Int32Array.from(draw(size, seed), (value) => Math.floor(Math.abs(value) ** 2 * (length - 1e-3)));
    const data = [draw(size, 1), indices(2)];
    expect(await compareGraph(backend!, graph, data, [draw(size, 3), indices(4)])).toBeLessThan(1e-5);
  },
);

test.skipIf(!backend)('silu, its gradient and the gradient of that', async () => {
  const graph = trace(
    (x) => {
      const y = silu(x!);
      const [first] = gradients(sum(multiply(y, y)), [x!]);
      const [second] = gradients(sum(square(first!)), [x!]);
      return [y, first!, second!];
    },
    [{ shape: [9], dtype: 'float32' }],
  );
  const x = Float32Array.of(-80, -5, -1, -1e-3, 0, 1e-3, 1, 5, 80);
  expect(await compareGraph(backend!, graph, [x], [x.map((value) => value / 3)])).toBeLessThan(1e-5);
});
