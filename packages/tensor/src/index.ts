/** Lazy tensors with exact gradients of any order, compiled for many backends. */
export * from './autodiff.ts';
export * from './compile.ts';
export type * from './gpu-kernel.ts';
export * from './graph.ts';
export * from './optimisers/index.ts';
export * from './parameters.ts';
export type * from './primitive.ts';
export * from './primitives/index.ts';
export * from './random/draw.ts';
export {
  foldIn,
  key,
  normalPair,
  philox4x32,
  type RandomKey,
  randomBits,
  split,
  uniformPair,
} from './random/philox.ts';
export { checkInputs, referenceBackend } from './reference-backend.ts';
export * from './tensor.ts';
export * from './transforms/index.ts';
export * from './types.ts';
export type * from './wasm-kernel.ts';
