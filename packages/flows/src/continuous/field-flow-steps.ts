/**
 * A fixed number of equal steps through the field, unrolled in one graph. The linear part is solved exactly: with
 * y = e^{W(t)} * x, W(t) = ∫_t^1 w_0 dt, the equation becomes dy/dt = e^{W} * Σ_f w_f * g_f(e^{−W} * y), to which the classical Runge-Kutta
 * method is applied (Lawson 1967, SIAM J. Numer. Anal. 4, 372: "integrating factor"). The trace of the Jacobian does not know the change of variables, so that
 *
 *   ln |det ∂x(1)/∂x(0)| = Σ_k ∫w_0 dt + ∫ Σ_f w_f(lag 0) Σ_x g_f' dt.
 *
 * The Gaussian limit has no error for any number of steps; the error is that of the nonlinear part alone.
 *
 * That error is a danger in training, which maximises what the steps say is ln p: where they are too long they say too much, without bound.
 * `roughness` measures what they miss, for a training to subtract.
 */
import { radialFilter, radialFilterLogDet } from '@equiflow/fft-mesh';
import {
  add,
  exp,
  multiply,
  negate,
  type ParameterTensors,
  reshape,
  square,
  subtract,
  sum,
  type Tensor,
} from '@equiflow/tensor';
import type { Transformed } from '../bijection.ts';
import type { MeshField } from './field-flow-field.ts';

/** The end of a path. */
export interface SteppedPath extends Transformed {
  /**
   * Σ over the steps of |h (k_3 − k_2)|² + [h (d_1 − d_2 − d_3 + d_4)]²/N^d, with k and d the slopes and divergences of the four stages: squares of
   * third-order terms that vanish with the step, [batch], in nats. Null where there is no nonlinear part.
   */
  readonly roughness: Tensor | null;
}

/** From time `from` to time `to` in equal steps. */
export function stepThrough(
  field: MeshField,
  start: Tensor,
  context: Tensor,
  parameters: ParameterTensors,
  [from, to]: readonly [number, number],
  steps: number,
): SteppedPath {
  const { dtype } = start;
  const coefficients = field.coefficients(context, parameters);
  /** ∫_t^to w_0 dt. */
  const growthFrom = (t: number): Tensor => field.linear(coefficients, field.timesBetween(t, to, dtype));
  const total = growthFrom(from);
  const linear = radialFilterLogDet(total, field.shape);
  const grown = radialFilter(start, exp(total));
  if (field.channels === 0) return { value: grown, logDet: linear, roughness: null };
  const slopeAt = (y: Tensor, t: number): Slope => {
    const end = t === to;
    const growth = growthFrom(t);
    const x = end ? y : radialFilter(y, exp(negate(growth)));
    const channels = field.cells(x, coefficients, field.timesAt(t, dtype));
    return {
      move: field.convolve(channels, end ? undefined : exp(growth)),
      divergence: channels.divergence,
    };
  };
  const times = Array.from({ length: 2 * steps + 1 }, (_, i) => from + ((to - from) * i) / (2 * steps));
  let value = grown;
  let logDet = linear;
  let roughness: Tensor | null = null;
  for (let index = 0; index < steps; index++) {
    const taken = step(slopeAt, value, times.slice(2 * index, 2 * index + 3));
    value = taken.value;
    logDet = add(logDet, taken.logDet);
    roughness = roughness ? add(roughness, taken.roughness) : taken.roughness;
  }
  return { value, logDet, roughness };
}

/** dy/dt and the divergence of the nonlinear part. */
interface Slope {
  readonly move: Tensor;
  readonly divergence: Tensor;
}

/** One step from times[0] to times[2]; `logDet` is the nonlinear part's. */
function step(
  slopeAt: (y: Tensor, t: number) => Slope,
  y: Tensor,
  times: readonly number[],
): Transformed & { readonly roughness: Tensor } {
  const [begin, middle, end] = times as [number, number, number];
  const h = end - begin;
  const along = ({ move }: Slope, time: number): Tensor => add(y, multiply(move, time));
  const sumOf = (a: Slope, b: Slope): Slope => ({
    move: add(a.move, b.move),
    divergence: add(a.divergence, b.divergence),
  });
  const first = slopeAt(y, begin);
  const second = slopeAt(along(first, h / 2), middle);
  const third = slopeAt(along(second, h / 2), middle);
  const fourth = slopeAt(along(third, h), end);
  const inner = sumOf(second, third);
  const outer = sumOf(first, fourth);
  const missedMove = reshape(multiply(subtract(third.move, second.move), h), [y.shape[0]!, -1]);
  const missedGrowth = multiply(subtract(outer.divergence, inner.divergence), h);
  return {
    value: add(along(inner, h / 3), multiply(outer.move, h / 6)),
    logDet: add(multiply(inner.divergence, h / 3), multiply(outer.divergence, h / 6)),
    roughness: add(
      sum(square(missedMove), { axes: [1] }),
      multiply(square(missedGrowth), 1 / missedMove.shape[1]!),
    ),
  };
}
