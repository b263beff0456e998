/** Every primitive of this package: gradients, second derivatives, and the WebAssembly kernels. */
import { checkGradients, conformance, primitivesOf } from '@equiflow/tensor/testing';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import * as namespace from './primitives.ts';

const cases = primitivesOf(namespace).map((primitive) => [primitive.name, primitive] as const);

test.each(cases)('gradients of %s', (_, primitive) => {
  expect(checkGradients(primitive)).toEqual([]);
});

test.each(cases)('kernels of %s', async (_, primitive) => {
  expect(await conformance(wasm(), [primitive])).toEqual([]);
});
