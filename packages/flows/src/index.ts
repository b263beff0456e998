/** Equivariant normalizing flows for fields on a mesh: bijections, TRENF, losses, training, posteriors, calibration. */
export {
  initialParameters,
  layoutOf,
  type ParameterSlot,
  type ParameterSpec,
  type ParameterSpecs,
  type ParameterTensors,
  unpackParameters,
} from '@equiflow/tensor';
export { type BaseDensity, standardNormal, studentT } from './base-density.ts';
export { type Bijection, compose, type Transformed } from './bijection.ts';
export * from './calibration/index.ts';
export { type Conditioner, perceptron } from './conditioner.ts';
export { type FieldFlow, type FieldFlowSpec, fieldFlow, fieldFlowDefaults } from './continuous/field-flow.ts';
export { type MeshField, type MeshFieldOptions, meshField } from './continuous/field-flow-field.ts';
export * from './continuous/index.ts';
export { type Evaluator, type EvaluatorOptions, openEvaluator } from './evaluator.ts';
export { type Flow, type FlowSpec, flow, type SpecifiedFlow } from './flow.ts';
export * from './gaussian-field.ts';
export { logarithm, logDensity } from './layers/log-density.ts';
export { type PixelSpline, type PixelSplineOptions, pixelSpline } from './layers/pixel-spline.ts';
export {
  type RadialTransfer,
  type RadialTransferOptions,
  radialTransfer,
  transferKnots,
  transferMatrix,
} from './layers/radial-transfer.ts';
export { standardise } from './layers/standardise.ts';
export type { MapFlow, MapFlowSpec } from './map-flow.ts';
export { kindOf, type MapModelKind, type MapModelSpec, mapModel } from './map-model.ts';
export * from './particles/index.ts';
export type { Device, Placement } from './placement.ts';
export * from './posterior/adaptive-grid.ts';
export * from './posterior/fisher.ts';
export * from './posterior/flow-posterior.ts';
export * from './posterior/grid-posterior.ts';
export * from './training/checkpoint.ts';
export * from './training/dataset.ts';
export * from './training/loss-executor.ts';
export * from './training/mean-draw.ts';
export * from './training/options.ts';
export * from './training/theta-draws.ts';
export * from './training/trainer.ts';
export { type Trenf, type TrenfSpec, trenf, trenfDefaults } from './trenf.ts';
