/**
 * Every core primitive, values and gradients, against the reference: within 1e-5 of max(|ref|, rms). On WebGPU, and in
 * gpu.js's own modes for machines without.
 */
import * as tensor from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { openForTests } from './testing/adapter.ts';
import { type Deviation, primitiveDeviations } from './testing/suites.ts';

const primitives = primitivesOf(tensor).filter(({ examples }) => examples.length > 0);
const isFloat64 = (example: { attributes: object }): boolean =>
  'dtype' in example.attributes && example.attributes.dtype === 'float64';

for (const mode of ['webgpu', 'webasm', 'cpu'] as const) {
  const backend = await openForTests(mode);
  describe.skipIf(!backend)(mode, () => {
    const worst: Deviation[] = [];
    test.each(primitives.map((p) => [p.name, p] as const))('%s', async (name, primitive) => {
      const found = await primitiveDeviations(backend!, [primitive], (_, example) => !isFloat64(example));
      worst.push(...found);
      expect(found.filter(({ relative }) => !(relative <= 1e-5))).toEqual([]);
      expect(found.length, `${name} has examples that ran`).toBeGreaterThan(0);
    });
    afterAll(async () => {
      const list = worst.sort((a, b) => b.relative - a.relative).slice(0, 5);
      console.log(
        list.map(({ what, relative }) => `${mode} ${relative.toExponential(1)} ${what}`).join('\n'),
      );
      await backend!.close();
    });
  });
}
