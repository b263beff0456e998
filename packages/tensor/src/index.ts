/** Lazy tensors with exact gradients of any order, compiled for many backends. */
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
