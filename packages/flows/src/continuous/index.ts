/** Continuous flows: vector fields, traces, adaptive and unrolled solves, training by likelihood and by flow matching. */

export * from './adaptive-likelihood.ts';
export * from './continuous-flow.ts';
export type * from './continuous-flow-types.ts';
export * from './coupling.ts';
export { type EnFieldOptions, enField, zeroMeanNormal } from './en-flow.ts';
export * from './flow-matching.ts';
export * from './halo-flow.ts';
export type { LikelihoodOptions } from './likelihood-options.ts';
export type { ErrorNormScope } from './path-solver.ts';
export * from './perceptron-field.ts';
export type { SolveStatistics, StepSharing } from './steps.ts';
export * from './toy-distributions.ts';
export {
  drawProbes,
  type FieldValues,
  fieldValues,
  type ProbeNoise,
  type TraceMethod,
  type TraceOptions,
} from './traces.ts';
export {
  continuousBijection,
  type ExplicitMethod,
  type UnrolledFlowOptions,
  type UnrolledPathOptions,
  type UnrolledSteps,
  unrolledFlow,
  unrolledPath,
} from './unrolled.ts';
export * from './unrolled-likelihood.ts';
export type * from './vector-field.ts';
