/** Every primitive of this package: a test that loops over these finds a new one by itself. */
export { solveTridiagonalPrimitive } from './cubic/tridiagonal.ts';
export {
  rationalQuadraticInversePrimitive,
  rationalQuadraticPrimitive,
  rationalQuadraticVjpPrimitive,
} from './rational-quadratic/primitive.ts';
