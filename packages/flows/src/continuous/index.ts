/** Continuous flows: vector fields, traces, adaptive and unrolled solves. */
export * from './continuous-flow.ts';
export * from './likelihood.ts';
export type { ErrorNormScope, SolveStatistics, StepSharing } from './path-solver.ts';
export * from './perceptron-field.ts';
export {
  drawProbes,
  type FieldValues,
  fieldValues,
  type ProbeNoise,
  type TraceMethod,
  type TraceOptions,
} from './traces.ts';
export * from './unrolled.ts';
export type * from './vector-field.ts';
