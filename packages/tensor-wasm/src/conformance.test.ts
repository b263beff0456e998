/** Every core primitive has a kernel, and every kernel computes what the reference computes. */
import * as tensor from '@equiflow/tensor';
import { conformance, primitivesOf } from '@equiflow/tensor/testing';
import { expect, test } from 'vitest';
import { wasm } from './index.ts';
import { coreKernels } from './kernels/index.ts';
import { viewRules } from './views.ts';

const primitives = primitivesOf(tensor).filter(
  (primitive) => primitive !== tensor.inputPrimitive && primitive !== tensor.constantPrimitive,
);

test.each(primitives.map((primitive) => [primitive.name, primitive] as const))(
  '%s',
  async (name, primitive) => {
    expect(coreKernels.has(name) || viewRules.has(name), `${name} has no kernel`).toBe(true);
    expect(await conformance(wasm(), [primitive])).toEqual([]);
  },
);
