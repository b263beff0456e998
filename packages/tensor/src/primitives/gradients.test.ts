/** Every primitive of this package, gradients and second derivatives: a new one joins by being exported. */
import { expect, test } from 'vitest';
import { checkGradients, primitivesOf } from '../testing/index.ts';
import * as namespace from './index.ts';

const primitives = primitivesOf(namespace);

test.each(primitives.map((primitive) => [primitive.name, primitive] as const))('%s', (_, primitive) => {
  for (const seed of [1, 2]) expect(checkGradients(primitive, { seed })).toEqual([]);
});

test('names are unique and say where a primitive is exported', () => {
  const exported = Object.entries(namespace).flatMap(([name, value]) =>
    (primitives as readonly unknown[]).includes(value) ? [`@equiflow/tensor#${name}`] : [],
  );
  expect(primitives.map(({ name }) => name)).toEqual(exported);
  expect(new Set(exported).size).toBe(exported.length);
});
