/** Test problems, for this package's tests and for benchmarks. */
export { detest, type InitialValueProblem, kepler } from './detest.ts';
export { hires, medazko, robertson, robertsonJacobian, vanDerPol } from './stiff.ts';
