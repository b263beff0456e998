/** Every primitive and every operation of this package: a test that loops over these finds a new one by itself. */
export * from './along-axis.ts';
export * from './arithmetic.ts';
export * from './arrange.ts';
export { broadcastTo, broadcastToPrimitive, sumTo } from './broadcast.ts';
export * from './cast.ts';
export * from './cholesky.ts';
export * from './comparisons.ts';
export * from './concatenate.ts';
export * from './cumulative-sum.ts';
export * from './extrema.ts';
export * from './functions.ts';
export {
  gather,
  gatherPrimitive,
  type ScatterAddAttributes,
  scatterAdd,
  scatterAddPrimitive,
  segmentSum,
} from './gather.ts';
export * from './matmul.ts';
export * from './positive-definite.ts';
export * from './reshape.ts';
export * from './select.ts';
export * from './silu.ts';
export * from './slice.ts';
export * from './sorting.ts';
export * from './statistics.ts';
export * from './stop-gradient.ts';
export { type ReductionOptions, sum, sumPrimitive } from './sum.ts';
export * from './transpose.ts';
export { diagonal, maskTriangle, transposeLast } from './triangle.ts';
export * from './triangular-solve.ts';
