/** Kernels that read and add by index. An index outside its axis stops the run. */
import {
  bytesPerElement,
  gatherPrimitive,
  type Primitive,
  type ScatterAddAttributes,
  type Shape,
  scatterAddAlongAxisPrimitive,
  scatterAddPrimitive,
  sizeOf,
  takeAlongAxisPrimitive,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { type KernelEntry, kernelFor, suffix } from './kernel.ts';

/** A shape seen as [outer, length, inner] around an axis. */
export function around(shape: Shape, axis: number): [outer: number, length: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

/** Copies of elements, which need to know only how wide they are. */
function taking(name: string, primitive: Primitive<{ readonly axis: number }>): KernelEntry {
  return kernelFor(primitive, {
    binary: kernels,
    lower({ inputs: [x, indices], outputs: [y], attributes: { axis }, call }) {
      if (y!.size === 0) return;
      const [outer, length, inner] = around(x!.type.shape, axis);
      const count = y!.size / (outer * inner);
      const width = bytesPerElement(y!.type.dtype) * 8;
      call(`${name}${width}`, y!.pointer, x!.pointer, indices!.pointer, outer, length, count, inner);
    },
  });
}

function adding(name: string, primitive: Primitive<ScatterAddAttributes>): KernelEntry {
  return kernelFor(primitive, {
    binary: kernels,
    lower({ inputs: [values, indices], outputs: [y], attributes: { axis }, scratch, call }) {
      if (y!.size === 0) return;
      const [outer, length, inner] = around(y!.type.shape, axis);
      const count = values!.size / (outer * inner);
      const totals = y!.type.dtype === 'float64' ? y!.pointer : scratch(y!.size * 8);
      const pointers = [y!.pointer, values!.pointer, indices!.pointer, totals];
      call(`${name}${suffix(y!)}`, ...pointers, outer, length, count, inner);
    },
  });
}

export const indexedKernels: readonly KernelEntry[] = [
  taking('gather', gatherPrimitive),
  taking('takeAlongAxis', takeAlongAxisPrimitive),
  adding('scatterAdd', scatterAddPrimitive),
  adding('scatterAddAlongAxis', scatterAddAlongAxisPrimitive),
];
