/** The kernels of the core primitives, by the name of the operation. */

import type { CoreKernel } from './kernel.ts';
import { cholesky, triangularSolve } from './matrices.ts';
import { argmax, argmin, cumulativeSum, matmul, max, min, sum } from './reductions.ts';
import { scatterAdd, scatterAddAlongAxis } from './scatter.ts';
import { argsort, searchSorted } from './sorting.ts';
import { broadcastTo, concatenate, gather, pad, reshape, slice, takeAlongAxis, transpose } from './views.ts';

/** How often an operation reads each element of its inputs, as far as it matters for what is kept. */
export type Reading = 'once' | 'view' | 'often';

/** A core kernel and how it reads. */
export interface CoreEntry {
  readonly kernel: CoreKernel<never>;
  readonly reading: Reading;
}

const entry = (kernel: CoreKernel<never>, reading: Reading): CoreEntry => ({ kernel, reading });

/** By operation; the element-wise ones are in `elementwise.ts`. */
export const kernels: ReadonlyMap<string, CoreEntry> = new Map([
  ['reshape', entry(reshape, 'view')],
  ['transpose', entry(transpose, 'view')],
  ['broadcastTo', entry(broadcastTo, 'view')],
  ['slice', entry(slice, 'view')],
  ['pad', entry(pad, 'view')],
  ['concatenate', entry(concatenate, 'view')],
  ['gather', entry(gather, 'view')],
  ['takeAlongAxis', entry(takeAlongAxis, 'view')],
  ['sum', entry(sum, 'once')],
  ['max', entry(max, 'once')],
  ['min', entry(min, 'once')],
  ['argmax', entry(argmax, 'once')],
  ['argmin', entry(argmin, 'once')],
  ['matmul', entry(matmul, 'often')],
  ['cumulativeSum', entry(cumulativeSum, 'often')],
  ['scatterAdd', entry(scatterAdd, 'once')],
  ['scatterAddAlongAxis', entry(scatterAddAlongAxis, 'often')],
  ['argsort', entry(argsort, 'often')],
  ['searchSorted', entry(searchSorted, 'often')],
  ['cholesky', entry(cholesky, 'often')],
  ['triangularSolve', entry(triangularSolve, 'often')],
]);
