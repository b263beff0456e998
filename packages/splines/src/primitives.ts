/** Every primitive of this package: a test that loops over these finds a new one by itself. */
export {
  rationalQuadraticInversePrimitive,
  rationalQuadraticPrimitive,
  rationalQuadraticVjpPrimitive,
} from './rational-quadratic/primitive.ts';
