/** Continuous flows: vector fields, traces, adaptive and unrolled solves, training by likelihood and by flow matching. */
export * from './continuous-flow.ts';
export type * from './continuous-flow-types.ts';
export * from './coupling.ts';
export { type EnFieldOptions, enField, zeroMeanNormal } from './en-flow.ts';
export * from './flow-matching.ts';
export * from './halo-flow.ts';
export * from './likelihood.ts';
export type { ErrorNormScope, SolveStatistics, StepSharing } from './path-solver.ts';
export * from './perceptron-field.ts';
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
export type * from './vector-field.ts';
