/** Every primitive of this package: a test that loops over these finds a new one by itself. */
export { radialFilterPrimitive, radialFilterVjpPrimitive } from './filter/primitive.ts';
export {
  paintPrimitive,
  readoutGradientPrimitive,
  readoutPrimitive,
  readoutVectorPrimitive,
} from './painting/primitives.ts';
export { fftPrimitive, ifftPrimitive } from './transforms/complex.ts';
export { irfftPrimitive, rfftPrimitive } from './transforms/real.ts';
