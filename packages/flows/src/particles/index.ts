/** Particles: the energies that equivariant flows are tried on, sampled, with their ln Z. */
export * from './annealed-importance.ts';
export * from './bridge-sampling.ts';
export * from './centre-of-mass.ts';
export * from './diagnostics.ts';
export * from './double-well-quadrature.ts';
export * from './energy.ts';
export * from './ladder.ts';
export * from './parallel-tempering.ts';
export * from './systems.ts';
