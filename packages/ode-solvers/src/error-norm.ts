/** Norm of an error against tolerances: ‖e‖ = √(mean (e_i / (atol_i + rtol_i max(|y0_i|, |y1_i|)))²) (Hairer, Nørsett & Wanner I, eq. II.4.11). */
import type { StepperProblem } from './types.ts';

/** Measures an error made between y0 and y1; at most 1 passes. */
export type ErrorMeasure = (error: Float64Array, y0: Float64Array, y1: Float64Array) => number;

/** The measure of a problem: root mean square, or the problem's own norm of the scaled error. */
export function errorMeasure({ dimension, rtol, atol, norm }: StepperProblem): ErrorMeasure {
  if (norm) {
    const scaled = new Float64Array(dimension);
    return (error, y0, y1) => {
      for (let i = 0; i < dimension; i++) {
        const scale = atol[i]! + rtol[i]! * Math.max(Math.abs(y0[i]!), Math.abs(y1[i]!));
        scaled[i] = error[i]! / Math.max(scale, 1e-300);
      }
      return norm(scaled);
    };
  }
  return (error, y0, y1) => {
    let total = 0;
    for (let i = 0; i < dimension; i++) {
      const scale = atol[i]! + rtol[i]! * Math.max(Math.abs(y0[i]!), Math.abs(y1[i]!));
      const ratio = error[i]! / Math.max(scale, 1e-300);
      total += ratio * ratio;
    }
    return dimension === 0 ? 0 : Math.sqrt(total / dimension);
  };
}

/** True when every value is a finite number. */
export function allFinite(values: Float64Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/** DOP853's error out of the norms of its two estimates: |e|² / √(|e|² + 0.01 |e'|²) (Hairer's code dop853). */
export function joinErrors(first: number, second: number): number {
  const norm = Math.sqrt(first * first + 0.01 * second * second);
  return norm === 0 ? 0 : (first * first) / norm;
}
