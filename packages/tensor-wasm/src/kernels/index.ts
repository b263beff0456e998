/** The kernel of every core primitive, by the primitive's name. */
import { copyKernels } from './copy.ts';
import { elementwiseKernels } from './elementwise.ts';
import { factorKernels } from './factor.ts';
import { indexedKernels } from './indexed.ts';
import type { CoreKernel } from './kernel.ts';
import { lineKernels } from './lines.ts';
import { matmulKernels } from './matmul.ts';
import { reduceKernels } from './reduce.ts';

export const coreKernels: ReadonlyMap<string, CoreKernel> = new Map([
  ...copyKernels,
  ...elementwiseKernels,
  ...factorKernels,
  ...indexedKernels,
  ...lineKernels,
  ...matmulKernels,
  ...reduceKernels,
]);
