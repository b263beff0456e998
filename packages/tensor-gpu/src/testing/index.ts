/** What the packages with GPU kernels of their own test them with. Pure functions; no test runner. */
export { openForTests } from './adapter.ts';
export { type KernelProfile, type ProfileOptions, profileGraph } from './profile.ts';
export { compareGraph, type Deviation, deviationOf, primitiveDeviations } from './suites.ts';
