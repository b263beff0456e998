export * from './linear-power.ts';
export { type MatterContent, T_CMB } from './matter-content.ts';
export type { PowerSpectrum } from './spectrum.ts';
export * from './transfer-eh98.ts';
export * from './transfer-eh98-nowiggle.ts';
