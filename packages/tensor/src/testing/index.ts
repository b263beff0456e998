/** What other packages test their primitives and backends with. Pure functions; no test runner. */
export { checkGradients, type GradientCheckOptions } from './check-gradients.ts';
export { type ConformanceOptions, compareValues, conformance } from './conformance.ts';
export { type Failure, type MaterialisedExample, materialise, primitivesOf } from './materialise.ts';
