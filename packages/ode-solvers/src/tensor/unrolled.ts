/** A solve with a given number of equal steps, unrolled into the graph: differentiable like any other operation. */
import { add, asTensor, multiply, subtract, type Tensor, type TensorLike } from '@equiflow/tensor';
import { rk4 } from '../runge-kutta/fixed.ts';
import type { ExplicitTableau } from '../runge-kutta/tableau.ts';
import { OdeError } from '../types.ts';
import { stepGraph, type TensorField } from './step-graph.ts';

/** Options of `odeUnrolled`. */
export interface UnrolledOptions {
  /** Number of equal steps from t0 to t1, 1 or more. */
  readonly steps: number;
  /** Any explicit method. Default `rk4`. */
  readonly method?: { readonly tableau: ExplicitTableau };
  readonly parameters?: readonly Tensor[];
}

/**
 * y(t1) from y(t0) = y0, of y0's type. The graph has steps × stages copies of the field: for few steps, or where the
 * gradient of exactly this discretisation is wanted.
 * @param span [t0, t1], numbers or scalar tensors, which may be differentiated too.
 * @throws OdeError for a number of steps that is not whole and positive.
 */
export function odeUnrolled(
  field: TensorField,
  span: readonly [TensorLike, TensorLike],
  y0: Tensor,
  { steps, method = rk4, parameters = [] }: UnrolledOptions,
): Tensor {
  if (!(Number.isInteger(steps) && steps > 0)) {
    throw new OdeError(`odeUnrolled: ${steps} steps; give a whole number, 1 or more`);
  }
  const [t0, t1] = span.map((time) => asTensor(time, y0.dtype)) as [Tensor, Tensor];
  const h = multiply(subtract(t1, t0), 1 / steps);
  let y = y0;
  for (let n = 0; n < steps; n++) {
    const t = n === 0 ? t0 : add(t0, multiply(h, n));
    y = stepGraph(method.tableau, field, t, h, y, parameters).yNext;
  }
  return y;
}
