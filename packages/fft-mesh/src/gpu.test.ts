/** Transforms, the radial filter and painting on a GPU, values and gradients: within 1e-5 of max(|ref|, rms). */
import { multiply, trace } from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { compareGraph, openForTests, primitiveDeviations } from '@equiflow/tensor-gpu/testing';
import { afterAll, expect, test } from 'vitest';
import { paint } from './painting/paint.ts';
import * as primitives from './primitives.ts';
import { fft, ifft } from './transforms/complex.ts';
import { irfft, rfft } from './transforms/real.ts';
import { gpuRadices } from './transforms/transforms.gpu.ts';

const backend = await openForTests('webgpu');
afterAll(() => backend?.close());

test.skipIf(!backend).each(primitivesOf(primitives).map((p) => [p.name, p] as const))(
  '%s',
  async (_, primitive) => {
    const deviations = await primitiveDeviations(backend!, [primitive]);
    expect(deviations.filter(({ relative }) => !(relative <= 1e-5))).toEqual([]);
    expect(deviations.length).toBe(
      primitive.examples.filter((example) => example.dtype !== 'float64').length,
    );
    console.log(deviations[0]?.relative.toExponential(1), deviations[0]?.what);
  },
);

test.skipIf(!backend).each(['cic', 'pcs'] as const)(
  'many particles are sorted into cells: %s',
  async (window) => {
    const count = 300;
    const mesh = [6, 5, 8];
    const types = [
      { shape: [count, 3], dtype: 'float32' },
      { shape: [count], dtype: 'float32' },
    ] as const;
    const graph = trace(
      (positions, masses) => paint(positions!, masses!, { mesh, boxSize: 3, window }),
      types,
    );
    const draw = (size: number, seed: number): Float32Array =>
      Float32Array.from({ length: size }, (_, i) => 1.5 + 2 * Math.sin(12.9898 * i + seed));
    const data = [draw(3 * count, 1), draw(count, 2)];
    expect(await compareGraph(backend!, graph, data, [draw(3 * count, 3), draw(count, 4)])).toBeLessThan(
      1e-5,
    );
  },
);

test.skipIf(!backend).each([
  [[96], 1],
  [[74], 1],
  [[3, 64, 45], 2],
  [[64, 6, 42], 3],
] as const)('transforms of several passes: %j over %i axes', async (shape, axes) => {
  const size = shape.reduce<number>((product, n) => product * n, 1);
  const n = shape.at(-1)!;
  const graph = trace(
    (x, y) => {
      const { re, im } = rfft(x!, { axes });
      const both = fft(x!, y!, { axes });
      const back = ifft(both.re, multiply(both.im, 0.5), { axes });
      return [re, im, irfft(re, multiply(im, 0.5), { axes, n }), both.re, both.im, back.re, back.im];
    },
    [
      { shape, dtype: 'float32' },
      { shape, dtype: 'float32' },
    ],
  );
  const draw = (seed: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(12.9898 * i * i + seed));
  expect(await compareGraph(backend!, graph, [draw(1), draw(2)], [draw(3), draw(4)])).toBeLessThan(2e-6);
});

test('radices: few passes where a launch decides, small ones where reading does; a large prime by name', () => {
  expect(gpuRadices(1, 1)).toEqual([1]);
  expect(gpuRadices(32, 1024)).toEqual([32]);
  expect(gpuRadices(128, 1024)).toEqual([16, 8]);
  expect(gpuRadices(128, 2 ** 20)).toEqual([8, 4, 4]);
  expect(gpuRadices(74, 1024)).toEqual([37, 2]);
  expect(() => gpuRadices(2 * 1031, 4096)).toThrow(
    /axis of 2062, with the prime factor 1031.*up to 1024; pad/,
  );
});
