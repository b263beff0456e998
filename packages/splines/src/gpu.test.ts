/** Splines on a GPU, values and gradients: within 1e-5 of max(|ref|, rms). */
import { primitivesOf } from '@equiflow/tensor/testing';
import { openForTests, primitiveDeviations } from '@equiflow/tensor-gpu/testing';
import { afterAll, expect, test } from 'vitest';
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
);
