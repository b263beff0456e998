/** One explicit Runge-Kutta step as a graph of tensors: what is compiled, differentiated, or unrolled. */
import { add, multiply, type Tensor, type TensorLike } from '@equiflow/tensor';
import { type ExplicitTableau, interpolantWeights } from '../runge-kutta/tableau.ts';

/** dy/dt as a function of tensors: t is a scalar, y the state, then the parameters; gives a tensor of y's type. */
export type TensorField = (t: Tensor, y: Tensor, ...parameters: Tensor[]) => Tensor;

/** A scalar function of t, the state and the parameters, whose zero is an event. */
export type TensorEvent = (t: Tensor, y: Tensor, ...parameters: Tensor[]) => Tensor;

/** base + h Σ_j w_j k_j, without the zeros. */
function combination(
  base: Tensor | null,
  h: TensorLike,
  k: readonly Tensor[],
  weights: readonly number[],
): Tensor | null {
  let sum: Tensor | null = null;
  weights.forEach((weight, j) => {
    if (weight === 0) return;
    const term = weight === 1 ? k[j]! : multiply(k[j]!, weight);
    sum = sum ? add(sum, term) : term;
  });
  if (sum === null) return base;
  const scaled = multiply(sum, h);
  return base ? add(base, scaled) : scaled;
}

/** What a step gives. */
export interface StepGraph {
  readonly yNext: Tensor;
  /** h Σ e_i k_i; null where the method has no estimate. */
  readonly error: Tensor | null;
  /** DOP853's second estimate; null elsewhere. */
  readonly secondError: Tensor | null;
  /** f(t + h, yNext). */
  readonly slopeNext: Tensor;
  /** q_1 … q_d of the interpolant. */
  readonly coefficients: readonly Tensor[];
}

/**
 * A step of length h from (t, y). What is not used of the result is never computed.
 * @param slope f(t, y) where it is known.
 */
export function stepGraph(
  tableau: ExplicitTableau,
  field: TensorField,
  t: Tensor,
  h: Tensor,
  y: Tensor,
  parameters: readonly Tensor[],
  slope?: Tensor,
): StepGraph {
  const at = (c: number): Tensor => (c === 0 ? t : add(t, c === 1 ? h : multiply(h, c)));
  const k: Tensor[] = [slope ?? field(t, y, ...parameters)];
  for (let s = 1; s < tableau.b.length; s++) {
    k.push(field(at(tableau.c[s]!), combination(y, h, k, tableau.a[s]!)!, ...parameters));
  }
  const yNext = combination(y, h, k, tableau.b)!;
  const slopeNext = field(at(1), yNext, ...parameters);
  k.push(slopeNext);
  const error = tableau.error ? combination(null, h, k, tableau.error) : null;
  const secondError = tableau.secondError ? combination(null, h, k, tableau.secondError) : null;
  tableau.extra?.a.forEach((row, i) => {
    k.push(field(at(tableau.extra!.c[i]!), combination(y, h, k, row)!, ...parameters));
  });
  const weights = interpolantWeights(tableau);
  const coefficients = weights[0]!.map((_, power) => {
    const row = weights.map((of) => of[power]!);
    return combination(null, h, k, row) ?? multiply(slopeNext, 0);
  });
  return { yNext, error, secondError, slopeNext, coefficients };
}
