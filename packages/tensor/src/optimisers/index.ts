/** Optimisers, learning rates and gradient clipping, on flat vectors of the host. */
export * from './adam.ts';
export * from './clipping.ts';
export type { FlatVector, Optimiser, Schedule } from './optimiser.ts';
export * from './schedules.ts';
