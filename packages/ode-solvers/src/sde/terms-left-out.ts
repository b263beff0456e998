/**
 * How long a step of a stochastic equation may be: the root-mean-square size of the first terms of the Itô-Taylor
 * expansion that the scheme leaves out (Kloeden & Platen 1992, section 5.5), from the state alone, by differences.
 */
import type { ErrorMeasure } from '../error-norm.ts';
import type { StochasticField } from './solve-sde.ts';

/** Scaled by the tolerances; 1 or less passes. */
export type StepMeasure = (t: number, h: number, y: Float64Array) => number;

/** What the measures need to know. */
export interface StepMeasureOptions {
  readonly field: StochasticField;
  /** Components, and motions. */
  readonly n: number;
  readonly m: number;
  readonly milsteinTerm: boolean;
  readonly measure: ErrorMeasure;
  readonly statistics: { evaluations: number };
}

/** For diagonal noise, with Milstein's term or without. */
export function diagonalStepMeasure({
  field: { drift, diffusion },
  n,
  milsteinTerm,
  measure,
  statistics,
}: StepMeasureOptions): StepMeasure {
  const vector = (): Float64Array => new Float64Array(n);
  const [f0, f1, g0, g1, g2, gDrift] = [vector(), vector(), vector(), vector(), vector(), vector()];
  const [moved, error] = [vector(), vector()];
  return (t, h, y) => {
    const size = Math.abs(h);
    const root = Math.sqrt(size);
    statistics.evaluations += 2;
    drift(t, y, f0);
    diffusion(t, y, g0);
    for (let i = 0; i < n; i++) moved[i] = y[i]! + h * f0[i]!;
    diffusion(t + h, moved, gDrift);
    for (let i = 0; i < n; i++) moved[i] = y[i]! + root * g0[i]!;
    drift(t, moved, f1);
    diffusion(t, moved, g1);
    for (let i = 0; i < n; i++) moved[i]! += root * g1[i]!;
    diffusion(t, moved, g2);
    for (let i = 0; i < n; i++) {
      // Of the integrals of f'g (dW dt), of f g' (dt dW), and of g g' (dW dW) or, with Milstein's term, g (g g')' (dW dW dW).
      const mixed = (size * Math.abs(f1[i]! - f0[i]!) + root * Math.abs(gDrift[i]! - g0[i]!)) / Math.sqrt(3);
      const noisy = milsteinTerm
        ? (root * Math.abs(g2[i]! - 2 * g1[i]! + g0[i]!)) / Math.sqrt(6)
        : (root * Math.abs(g1[i]! - g0[i]!)) / Math.SQRT2;
      error[i] = mixed + noisy;
    }
    return measure(error, y, y);
  };
}

/** For noise of any shape, g being n × m, with the scheme of Euler and Maruyama: m + 1 evaluations of the drift. */
export function generalStepMeasure({
  field: { drift, diffusion },
  n,
  m,
  measure,
  statistics,
}: StepMeasureOptions): StepMeasure {
  const [f0, f1, moved, error] = Array.from({ length: 4 }, () => new Float64Array(n)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [g0, g1] = [new Float64Array(n * m), new Float64Array(n * m)];
  const [driftSquares, driven, noisy] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const addSquares = (total: Float64Array): void => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) total[i]! += (g1[i * m + j]! - g0[i * m + j]!) ** 2;
    }
  };
  return (t, h, y) => {
    const size = Math.abs(h);
    const root = Math.sqrt(size);
    statistics.evaluations += m + 1;
    for (const total of [driftSquares, driven, noisy]) total.fill(0);
    drift(t, y, f0);
    diffusion(t, y, g0);
    for (let i = 0; i < n; i++) moved[i] = y[i]! + h * f0[i]!;
    diffusion(t + h, moved, g1);
    addSquares(driven);
    // The integrals of g_k ∂g_j (dW_k dW_j) and g_k ∂f (dW_k dt), one motion at a time.
    for (let k = 0; k < m; k++) {
      for (let i = 0; i < n; i++) moved[i] = y[i]! + root * g0[i * m + k]!;
      drift(t, moved, f1);
      diffusion(t, moved, g1);
      for (let i = 0; i < n; i++) driftSquares[i]! += (f1[i]! - f0[i]!) ** 2;
      addSquares(noisy);
    }
    for (let i = 0; i < n; i++) {
      const mixed = (size * Math.sqrt(driftSquares[i]!) + root * Math.sqrt(driven[i]!)) / Math.sqrt(3);
      error[i] = mixed + (root * Math.sqrt(noisy[i]!)) / Math.SQRT2;
    }
    return measure(error, y, y);
  };
}
