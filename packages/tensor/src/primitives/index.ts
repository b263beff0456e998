/** Every primitive and every operation of this package: a test that loops over these finds a new one by itself. */
export * from './arithmetic.ts';
export { broadcastTo, broadcastToPrimitive, sumTo } from './broadcast.ts';
export * from './cast.ts';
export * from './concatenate.ts';
export * from './functions.ts';
export * from './matmul.ts';
export * from './reshape.ts';
export * from './slice.ts';
export { type ReductionOptions, sum, sumPrimitive } from './sum.ts';
export * from './transpose.ts';
