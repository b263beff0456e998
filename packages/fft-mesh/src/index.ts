/** Transforms of periodic meshes and what cosmologists do with them. */
export {
  type FieldBox,
  type FieldOptions,
  type FieldSampler,
  fieldSampler,
  gaussianCounterpart,
  gaussianField,
  lognormalField,
  type Power,
  shellSpectrum,
} from './fields/gaussian.ts';
export { whiteModes } from './fields/white-noise.ts';
export { radialFilter, radialFilterLogDet } from './filter/primitive.ts';
export { type MeshTransform, meshTransform } from './mesh-transform.ts';
export { type PaintSpectrumOptions, paint, paintSpectrum, readout, readoutVector } from './painting/paint.ts';
export type { PaintAttributes, PaintDerivativeAttributes } from './painting/primitives.ts';
export { compensation, type PaintWindow, windowSupport } from './painting/window.ts';
export { type FftPlan, fftPlan } from './plain/complex.ts';
export { type ComplexArrays, inverseRealFft, realFft } from './plain/real.ts';
export * from './primitives.ts';
export { columnWeight, halfLength, type Shells, shells, signedIndex } from './shells.ts';
export * from './spectra/bins.ts';
export * from './spectra/particles.ts';
export * from './spectra/power.ts';
export { fft, ifft } from './transforms/complex.ts';
export { irfft, rfft } from './transforms/real.ts';
export type {
  ComplexTensor,
  TransformAttributes,
  TransformOptions,
} from './transforms/shared.ts';
export * from './wavenumbers.ts';
