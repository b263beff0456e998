/** The kernel of every core primitive, by the primitive's name. */
import { copyKernels } from './copy.ts';
import { elementwiseKernels } from './elementwise.ts';
import type { CoreKernel } from './kernel.ts';
import { matmulKernels } from './matmul.ts';
import { reduceKernels } from './reduce.ts';

export const coreKernels: ReadonlyMap<string, CoreKernel> = new Map([
  ...copyKernels,
  ...elementwiseKernels,
  ...matmulKernels,
  ...reduceKernels,
]);
