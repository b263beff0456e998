/** Copying kernels: making a view dense, joining, padding with zeros. */
import {
  bytesPerElement,
  concatenatePrimitive,
  padPrimitive,
  type Shape,
  stridesOf,
  type WasmOperand,
} from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { collapse } from '../layout.ts';
import { type CoreLowering, type KernelEntry, kernelFor, type StridedOperand } from './kernel.ts';

/** Emits the copy of a strided box into another; `to` and `from` are byte addresses of their first elements. */
export function copyBox(
  lowering: Pick<CoreLowering<object>, 'call' | 'table'>,
  shape: Shape,
  dtype: WasmOperand['type']['dtype'],
  to: { readonly pointer: number; readonly strides: readonly number[] },
  from: { readonly pointer: number; readonly strides: readonly number[] },
): void {
  if (shape.includes(0)) return;
  // The axis along which the target is contiguous goes last, so that stores are whole vectors.
  const { lengths, strides } = collapse(shape, [from.strides, to.strides]);
  const [fromStrides, toStrides] = strides as [number[], number[]];
  if (lengths.length === 0) {
    lengths.push(1);
    fromStrides.push(1);
    toStrides.push(1);
  }
  const rank = lengths.length;
  // A transpose whose source is contiguous along an outer axis: that axis goes next to last, where tiles are used.
  const runs = fromStrides.indexOf(1);
  if (rank > 2 && runs >= 0 && runs < rank - 2) {
    for (const list of [lengths, fromStrides, toStrides]) list.splice(rank - 2, 0, ...list.splice(runs, 1));
  }
  const table = lowering.table(Int32Array.from([...lengths, ...fromStrides, ...toStrides]));
  lowering.call(bytesPerElement(dtype) === 8 ? 'copy64' : 'copy32', to.pointer, from.pointer, table, rank);
}

/** Emits the copy of a whole view into a dense buffer. */
export function copyDense(
  lowering: Pick<CoreLowering<object>, 'call' | 'table'>,
  to: number,
  from: StridedOperand,
): void {
  const { shape, dtype } = from.type;
  copyBox(lowering, shape, dtype, { pointer: to, strides: stridesOf(shape) }, from);
}

export const copyKernels: readonly KernelEntry[] = [
  kernelFor(concatenatePrimitive, {
    binary: kernels,
    readsStrided: () => true,
    lower(lowering) {
      const { inputs, attributes } = lowering;
      const { type, pointer } = lowering.outputs[0]!;
      const strides = stridesOf(type.shape);
      let at = pointer;
      for (const input of inputs) {
        copyBox(lowering, input.type.shape, type.dtype, { pointer: at, strides }, input);
        at += input.type.shape[attributes.axis]! * strides[attributes.axis]! * bytesPerElement(type.dtype);
      }
    },
  }),
  kernelFor(padPrimitive, {
    binary: kernels,
    readsStrided: () => true,
    lower(lowering) {
      const { inputs, attributes } = lowering;
      const { type, pointer, size } = lowering.outputs[0]!;
      const bytes = bytesPerElement(type.dtype);
      const dense = stridesOf(type.shape);
      const first = attributes.starts.reduce((sum, start, axis) => sum + start * dense[axis]!, 0);
      const strides = dense.map((stride, axis) => stride * attributes.steps[axis]!);
      if (inputs[0]!.size < size) lowering.call('clear', pointer, size * bytes);
      copyBox(
        lowering,
        inputs[0]!.type.shape,
        type.dtype,
        { pointer: pointer + first * bytes, strides },
        inputs[0]!,
      );
    },
  }),
];
