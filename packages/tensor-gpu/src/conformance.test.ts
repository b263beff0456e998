/** Every primitive of every package, values and gradients, on WebGPU against the reference: 1e-5 of max(|ref|, rms). */
import * as tensor from '@equiflow/tensor';
import { primitivesOf } from '@equiflow/tensor/testing';
import { afterAll, expect, test } from 'vitest';
import { openForTests } from './testing/adapter.ts';
import { type Deviation, primitiveDeviations } from './testing/suites.ts';

const backend = await openForTests('webgpu');
const all = primitivesOf(tensor);
const worst: Deviation[] = [];

test
  .skipIf(!backend)
  .each(all.filter(({ examples }) => examples.length > 0).map((p) => [p.name, p] as const))(
  '%s',
  async (name, primitive) => {
    const isFloat64 = (example: { attributes: object }): boolean =>
      'dtype' in example.attributes && example.attributes.dtype === 'float64';
    const deviations = await primitiveDeviations(backend!, [primitive], (_, example) => !isFloat64(example));
    worst.push(...deviations);
    expect(deviations.filter(({ relative }) => !(relative <= 1e-5))).toEqual([]);
    expect(deviations.length, `${name} has examples that ran`).toBeGreaterThan(0);
  },
);

afterAll(async () => {
  const list = worst.sort((a, b) => b.relative - a.relative).slice(0, 5);
  console.log(list.map(({ what, relative }) => `${relative.toExponential(1)} ${what}`).join('\n'));
  await backend?.close();
});
