/** The WebAssembly kernels in a browser: every primitive, both precisions, against the reference. */
import { conformance, primitivesOf } from '@equiflow/tensor/testing';
import { wasm } from '@equiflow/tensor-wasm';
import { expect, test } from 'vitest';
import * as namespace from './primitives.ts';

test.each(primitivesOf(namespace).map((primitive) => [primitive.name, primitive] as const))(
  '%s',
  async (_, primitive) => {
    expect(await conformance(wasm(), [primitive])).toEqual([]);
  },
);
