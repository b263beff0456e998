/** Splines in a browser, on WebGPU and on WebGL 2: one example in two, values and gradients. */
import { primitivesOf } from '@equiflow/tensor/testing';
import { openForTests, primitiveDeviations } from '@equiflow/tensor-gpu/testing';
import { afterAll, describe, expect, test } from 'vitest';
import * as primitives from './primitives.ts';

for (const mode of ['webgpu', 'webgl2'] as const) {
  const backend = await openForTests(mode);
  describe.skipIf(!backend)(mode, () => {
    afterAll(() => backend!.close());
    test.each(primitivesOf(primitives).map((p) => [p.name, p] as const))(
      '%s',
      async (_, primitive) => {
        const chosen = primitive.examples.filter(
          ({ dtype }, index) => index % 2 === 0 && dtype !== 'float64',
        );
        const found = await primitiveDeviations(backend!, [primitive], (__, example) =>
          chosen.includes(example),
        );
        expect(found.filter(({ relative }) => !(relative <= 1e-5))).toEqual([]);
        expect(found.length).toBe(chosen.length);
      },
      240_000,
    );
  });
}
