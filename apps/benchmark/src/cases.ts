/** All cases, in the order in which they run. A new case joins here. */
import type { BenchmarkCase } from './case.ts';
import { EGNN_CASES } from './cases/egnn.ts';
import { EN_FLOW_CASES } from './cases/en-flow.ts';
import { FFT_CASES } from './cases/fft.ts';
import { ODE_CASES } from './cases/ode.ts';
import { PARTICLE_MESH_CASES } from './cases/particle-mesh.ts';
import { RATIONAL_QUADRATIC_CASES } from './cases/rational-quadratic.ts';
import { TRENF_CASES } from './cases/trenf.ts';

export const CASES: readonly BenchmarkCase[] = [
  ...FFT_CASES,
  ...RATIONAL_QUADRATIC_CASES,
  ...TRENF_CASES,
  ...EGNN_CASES,
  ...EN_FLOW_CASES,
  ...ODE_CASES,
  ...PARTICLE_MESH_CASES,
];
