/** Transforms, the radial filter and painting on a GPU, values and gradients: within 1e-5 of max(|ref|, rms). */
import { trace } from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { compareGraph, openForTests, primitiveDeviations } from '@equiflow/tensor-gpu/testing';
import { afterAll, expect, test } from 'vitest';
import { paint } from './painting/paint.ts';
import * as primitives from './primitives.ts';

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
  60_000,
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
