/** WebGPU and WebGL 2 in a browser: every core primitive, values and gradients. */
import type { Example, Primitive } from '@equiflow/tensor';
import * as tensor from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { openForTests } from './testing/adapter.ts';
import { type Deviation, primitiveDeviations } from './testing/suites.ts';

const primitives = primitivesOf(tensor).filter(({ examples }) => examples.length > 0);
const isFloat64 = (example: { attributes: object }): boolean =>
  'dtype' in example.attributes && example.attributes.dtype === 'float64';
/** In Node all examples run; here every other one, since every kernel takes its time to compile. */
const isChosen = (primitive: Primitive, example: Example<object>): boolean =>
  !isFloat64(example) && primitive.examples.indexOf(example) % 2 === 0;

for (const mode of ['webgpu', 'webgl2'] as const) {
  const backend = await openForTests(mode);
  describe.skipIf(!backend)(mode, () => {
    const worst: Deviation[] = [];
    test.each(primitives.map((p) => [p.name, p] as const))('%s', async (_, primitive) => {
      const found = await primitiveDeviations(backend!, [primitive], isChosen);
      worst.push(...found);
      expect(found.filter(({ relative }) => !(relative <= 1e-5))).toEqual([]);
    });
    afterAll(async () => {
      const list = worst.sort((a, b) => b.relative - a.relative).slice(0, 5);
      console.log(list.map(({ what, relative }) => `${relative.toExponential(1)} ${what}`).join('\n'));
      await backend!.close();
    });
  });
}
