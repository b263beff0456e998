/** Cubic splines and monotonic rational-quadratic splines: plain functions, and tensors with gradients. */
export {
  akima,
  type CubicSplineData,
  cubicSpline,
  hermiteSpline,
  type InterpolationData,
  pchip,
} from './cubic/cubic-spline.ts';
export { type CubicKind, type InterpolateCubicOptions, interpolateCubic } from './cubic/interpolate.ts';
export { type CubicSplineMatrixOptions, cubicSplineMatrix } from './cubic/matrix.ts';
export type { CubicSpline, OutsideKnots } from './cubic/piecewise.ts';
export type { CubicBoundary } from './cubic/slopes.ts';
export * from './primitives.ts';
export {
  type ConstrainOptions,
  constrainMonotonicKnots,
  constrainRationalQuadratic,
  rationalQuadraticParameterCount,
} from './rational-quadratic/constrain.ts';
export type { RationalQuadraticAttributes } from './rational-quadratic/primitive.ts';
export {
  type RationalQuadraticKnots,
  type RationalQuadraticOptions,
  rationalQuadratic,
  rationalQuadraticInverse,
  type Transformed,
} from './rational-quadratic/rational-quadratic.ts';
export {
  type MonotonicKnots,
  type RationalQuadraticSpline,
  rationalQuadraticSpline,
} from './rational-quadratic/spline.ts';
