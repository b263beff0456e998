/** Kernels of batched small matrices: Cholesky factors, triangular solves. */
import { choleskyPrimitive, triangularSolvePrimitive } from '@equiflow/tensor';
import { kernels } from '../generated/kernels.ts';
import { type KernelEntry, kernelFor, suffix } from './kernel.ts';

export const factorKernels: readonly KernelEntry[] = [
  kernelFor(choleskyPrimitive, {
    binary: kernels,
    lower({ inputs: [a], outputs: [l], scratch, call }) {
      if (l!.size === 0) return;
      const n = a!.type.shape.at(-1)!;
      call(`cholesky${suffix(l!)}`, l!.pointer, a!.pointer, scratch(n * n * 8), l!.size / (n * n), n);
    },
  }),
  kernelFor(triangularSolvePrimitive, {
    binary: kernels,
    lower({ inputs: [a, b], outputs: [x], attributes: { lower, transpose }, scratch, call }) {
      if (x!.size === 0) return;
      const [n, m] = b!.type.shape.slice(-2) as [number, number];
      const pointers = [x!.pointer, a!.pointer, b!.pointer, scratch(n * m * 8)];
      call(
        `triangularSolve${suffix(x!)}`,
        ...pointers,
        x!.size / (n * m),
        n,
        m,
        Number(lower),
        Number(transpose),
      );
    },
  }),
];
