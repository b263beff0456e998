export * from './formula.ts';
export * from './linear-power.ts';
export { type MatterContent, T_CMB } from './matter-content.ts';
export * from './projected-family.ts';
export * from './projection.ts';
export type { PowerSpectrum } from './spectrum.ts';
export * from './transfer-eh98.ts';
export * from './transfer-eh98-nowiggle.ts';
