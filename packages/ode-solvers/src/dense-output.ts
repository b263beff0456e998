/**
 * Dense output: the interpolants of all steps, each a polynomial in θ = (t − t_n)/h. Every method gives its
 * interpolant in this one form.
 */
import { OdeError } from './types.ts';

/** A solution as a function of time. */
export interface DenseOutput {
  /** First and last time. */
  readonly span: readonly [number, number];
  /** The state at t. @throws OdeError outside the span. */
  evaluate(t: number, out?: Float64Array): Float64Array;
  /** Its derivative with respect to t. @throws OdeError outside the span. */
  derivative(t: number, out?: Float64Array): Float64Array;
}

/** One step's polynomial. */
export interface StepPolynomial {
  readonly t: number;
  readonly h: number;
  /** q_0 … q_degree, n values each. */
  readonly coefficients: Float64Array;
}

/** Value of a step's polynomial at a time, by Horner's rule. */
export function evaluatePolynomial(step: StepPolynomial, t: number, out: Float64Array): Float64Array {
  const { coefficients } = step;
  const n = out.length;
  const theta = (t - step.t) / step.h;
  const degree = n === 0 ? 0 : coefficients.length / n - 1;
  for (let i = 0; i < n; i++) {
    let value = coefficients[degree * n + i]!;
    for (let power = degree - 1; power >= 0; power--) value = value * theta + coefficients[power * n + i]!;
    out[i] = value;
  }
  return out;
}

/** Collects steps; `finish` makes them a function. */
export function denseOutput(
  dimension: number,
  t0: number,
): { add(step: StepPolynomial): void; finish(t1: number, y1: Float64Array): DenseOutput } {
  const steps: StepPolynomial[] = [];
  const find = (t: number, t1: number): StepPolynomial => {
    const direction = t1 >= t0 ? 1 : -1;
    const slack = 1e-12 * Math.max(Math.abs(t0), Math.abs(t1));
    if (!(direction * (t - t0) >= -slack && direction * (t - t1) <= slack)) {
      throw new OdeError(
        `dense output: t = ${t} is outside the solution's span, ${t0} to ${t1}; ask inside it`,
      );
    }
    let low = 0;
    let high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (direction * (steps[middle]!.t - t) <= 0) low = middle;
      else high = middle - 1;
    }
    return steps[low]!;
  };
  return {
    add(step) {
      steps.push(step);
    },
    finish: (t1, y1) => {
      // A solve of no steps is known at its one time.
      if (steps.length === 0) steps.push({ t: t0, h: 1, coefficients: y1 });
      return {
        span: [t0, t1],
        evaluate: (t, out = new Float64Array(dimension)) => evaluatePolynomial(find(t, t1), t, out),
        derivative(t, out = new Float64Array(dimension)) {
          const { t: start, h, coefficients } = find(t, t1);
          const theta = (t - start) / h;
          const degree = dimension === 0 ? 0 : coefficients.length / dimension - 1;
          for (let i = 0; i < dimension; i++) {
            let value = 0;
            for (let power = degree; power >= 1; power--) {
              value = value * theta + power * coefficients[power * dimension + i]!;
            }
            out[i] = value / h;
          }
          return out;
        },
      };
    },
  };
}
