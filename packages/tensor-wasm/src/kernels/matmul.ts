/** The batched matrix product, which reads transposed, sliced and repeated factors where they lie. */
import { type MatmulAttributes, matmulPrimitive } from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { collapse } from '../layout.ts';
import { type KernelEntry, kernelFor, type StridedOperand, suffix } from './kernel.ts';

/** Scratch of one call: a panel of at most 512 rows of 32 bytes. */
const panelBytes = (k: number): number => Math.min(k, 512) * 32;

/** The batch axes of both factors as few loops; each factor's strides along them. */
function batchOf(inputs: readonly Pick<StridedOperand, 'type' | 'strides'>[]): {
  lengths: number[];
  strides: number[][];
} {
  return collapse(
    inputs[0]!.type.shape.slice(0, -2),
    inputs.map((input) => input.strides.slice(0, -2)),
  );
}

/** Row and column stride of a factor as it enters the product. */
function matrixStrides(operand: StridedOperand, transposed: boolean): [row: number, column: number] {
  const [row, column] = operand.strides.slice(-2) as [number, number];
  return transposed ? [column, row] : [row, column];
}

export const matmulKernels: readonly KernelEntry[] = [
  kernelFor<MatmulAttributes>(matmulPrimitive, {
    binary: kernels,
    readsStrided: (inputs) => batchOf(inputs).lengths.length <= 1,
    lower({ inputs: [a, b], outputs: [c], attributes, scratch, call }) {
      if (c!.size === 0) return;
      const { shape } = a!.type;
      const [m, n] = c!.type.shape.slice(-2) as [number, number];
      const k = shape.at(attributes.transposeA ? -2 : -1)!;
      const { lengths, strides } = batchOf([a!, b!]);
      const [aStrides, bStrides] = [
        matrixStrides(a!, attributes.transposeA),
        matrixStrides(b!, attributes.transposeB),
      ];
      const [aBatch, bBatch] = [strides[0]![0] ?? 0, strides[1]![0] ?? 0];
      call(
        `matmul${suffix(c!)}`,
        ...[c!.pointer, a!.pointer, b!.pointer, scratch(panelBytes(k))],
        ...[m, n, k, ...aStrides, ...bStrides, lengths[0] ?? 1, aBatch, bBatch],
      );
    },
  }),
];
