/** Kernels along one axis: running sums, places of extremes, order. */
import {
  argmaxPrimitive,
  argminPrimitive,
  argsortPrimitive,
  cumulativeSumPrimitive,
  type Primitive,
  searchSortedPrimitive,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { around } from './indexed.ts';
import { type KernelEntry, kernelFor, suffix } from './kernel.ts';

function argExtreme(name: string, primitive: Primitive<{ readonly axis: number }>): KernelEntry {
  return kernelFor(primitive, {
    binary: kernels,
    lower({ inputs: [x], outputs: [y], attributes: { axis }, call }) {
      call(`${name}${suffix(x!)}`, y!.pointer, x!.pointer, ...around(x!.type.shape, axis));
    },
  });
}

export const lineKernels: readonly KernelEntry[] = [
  argExtreme('argmax', argmaxPrimitive),
  argExtreme('argmin', argminPrimitive),
  kernelFor(cumulativeSumPrimitive, {
    binary: kernels,
    lower({ inputs: [x], outputs: [y], attributes: { axis, exclusive, reverse }, scratch, call }) {
      const block = around(x!.type.shape, axis);
      const pointers = [y!.pointer, x!.pointer, scratch(block[2] * 8)];
      call(`cumulativeSum${suffix(x!)}`, ...pointers, ...block, Number(exclusive), Number(reverse));
    },
  }),
  kernelFor(argsortPrimitive, {
    binary: kernels,
    lower({ inputs: [x], outputs: [y], attributes: { axis }, scratch, call }) {
      const block = around(x!.type.shape, axis);
      call(`argsort${suffix(x!)}`, y!.pointer, x!.pointer, scratch(block[1] * 32), ...block);
    },
  }),
  kernelFor(searchSortedPrimitive, {
    binary: kernels,
    lower({ inputs: [sorted, values], outputs: [y], attributes: { side }, call }) {
      if (y!.size === 0) return;
      const length = sorted!.type.shape.at(-1)!;
      const count = values!.type.shape.at(-1)!;
      const pointers = [y!.pointer, sorted!.pointer, values!.pointer];
      call(
        `searchSorted${suffix(sorted!)}`,
        ...pointers,
        y!.size / count,
        length,
        count,
        Number(side === 'right'),
      );
    },
  }),
];
