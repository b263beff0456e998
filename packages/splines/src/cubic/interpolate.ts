/** Piecewise cubic interpolation of tensors, differentiable in queries, knots, values and slopes. */
import {
  add,
  broadcastTo,
  clip,
  describe,
  divide,
  floor,
  full,
  multiply,
  reshape,
  searchSorted,
  subtract,
  type Tensor,
  TensorError,
  takeAlongAxis,
} from '@equiflow/tensor';
import type { CubicBoundary } from './slopes.ts';
import { akimaTensorSlopes, columns, pchipTensorSlopes, smoothTensorSlopes, steps } from './tensor-slopes.ts';

/** How the slopes at the knots are found. */
export type CubicKind = CubicBoundary | 'hermite' | 'pchip' | 'akima';

/** Choices of `interpolateCubic`. */
export interface InterpolateCubicOptions {
  /** Default `not-a-knot`. */
  readonly kind?: CubicKind;
  /** For `hermite` the slopes at the knots, [K] or [B, K]; for `clamped` those at the ends, [2] or [B, 2], default 0. */
  readonly slopes?: Tensor;
  /** Outside the knots: continue the end cubic (a periodic one repeats), or keep the end value. Default `extrapolate`. */
  readonly outside?: 'extrapolate' | 'clamp';
}

/**
 * The piecewise cubic through (knots, values) at the queries; derivatives of any order by autodiff (in a query, the
 * third is the last that is not zero). `cubicSplineMatrix` is faster where knots and queries are known numbers.
 *
 * @param queries any shape, where there is one spline; for B splines [B, …], or [S] shared by all (result [B, S])
 * @param knots increasing positions, [K] or [B, K], K ≥ 2
 * @param values [K] or [B, K]
 * @throws TensorError when shapes or dtypes do not fit, or `slopes` are missing or given where they mean nothing
 * @example
 * ```ts
 * import { constant, evaluate, gradients, sum } from '@equiflow/tensor';
 * import { interpolateCubic } from '@equiflow/splines';
 *
 * const knots = constant(Float64Array.of(0, 1, 2, 3));
 * const values = constant(Float64Array.of(0, 1, 0, 1));
 * const y = interpolateCubic(constant(Float64Array.of(0.5, 1.5)), knots, values, { kind: 'natural' });
 * console.log(evaluate(y), evaluate(gradients(sum(y), [values])[0]!));
 * ```
 */
export function interpolateCubic(
  queries: Tensor,
  knots: Tensor,
  values: Tensor,
  options: InterpolateCubicOptions = {},
): Tensor {
  const { kind = 'not-a-knot', slopes, outside = 'extrapolate' } = options;
  const count = knots.shape.at(-1) ?? 0;
  const all = slopes ? [knots, values, slopes] : [knots, values];
  const rows = all.find(({ shape }) => shape.length === 2)?.shape[0];
  const fits = (of: Tensor, length: number): boolean =>
    of.dtype === queries.dtype &&
    of.shape.at(-1) === length &&
    (of.shape.length === 1 || (of.shape.length === 2 && of.shape[0] === rows));
  if (count < 2 || !fits(knots, count) || !fits(values, count)) {
    throw new TensorError(
      `interpolateCubic: queries ${describe(queries)}, knots ${describe(knots)}, values ${describe(values)}; give knots and values [K] or [B, K] of one float type, K ≥ 2`,
    );
  }
  const takes = kind === 'hermite' ? count : kind === 'clamped' ? 2 : 0;
  if (slopes ? !fits(slopes, takes) : kind === 'hermite') {
    throw new TensorError(
      `interpolateCubic: ${slopes ? `slopes ${describe(slopes)}` : 'no slopes'} with the kind ${kind}; 'hermite' takes [K] or [B, K], 'clamped' [2] or [B, 2], the others none`,
    );
  }
  if (rows !== undefined && queries.shape.length !== 1 && queries.shape[0] !== rows) {
    throw new TensorError(
      `interpolateCubic: queries ${describe(queries)} for ${rows} splines; give [${rows}, …], or [S] for all`,
    );
  }
  const batch = rows ?? 1;
  const batched = (of: Tensor): Tensor => broadcastTo(of, [batch, of.shape.at(-1)!]);
  const shared = rows !== undefined && queries.shape.length === 1;
  const at = shared ? batched(queries) : reshape(queries, [batch, -1]);
  const [x, y] = [batched(knots), batched(values)];
  let m: Tensor;
  if (kind === 'hermite') m = batched(slopes!);
  else if (kind === 'pchip') m = pchipTensorSlopes(x, y);
  else if (kind === 'akima') m = akimaTensorSlopes(x, y);
  else m = smoothTensorSlopes(x, y, kind, slopes ? batched(slopes) : full(0, [batch, 2], x.dtype));
  const result = evaluateHermite(place(at, x, outside, kind === 'periodic'), x, y, m);
  return shared ? result : reshape(result, queries.shape);
}

/** Queries moved into the knots where they are to be. */
function place(at: Tensor, x: Tensor, outside: 'extrapolate' | 'clamp', periodic: boolean): Tensor {
  const count = x.shape[1]!;
  const [first, last] = [columns(x, 0, 1), columns(x, count - 1, count)];
  if (outside === 'clamp') return clip(at, first, last);
  if (!periodic) return at;
  const period = subtract(last, first);
  return subtract(at, multiply(floor(divide(subtract(at, first), period)), period));
}

/** The Hermite cubic of knots, values and slopes [B, K] at [B, S]. */
function evaluateHermite(at: Tensor, x: Tensor, y: Tensor, m: Tensor): Tensor {
  const bins = x.shape[1]! - 1;
  const start = (of: Tensor): Tensor => columns(of, 0, bins);
  const end = (of: Tensor): Tensor => columns(of, 1, bins + 1);
  const h = steps(x);
  const secant = divide(steps(y), h);
  const excess = divide(subtract(add(start(m), end(m)), multiply(secant, 2)), h);
  const square = subtract(divide(subtract(secant, start(m)), h), excess);
  const cube = divide(excess, h);
  const index = searchSorted(columns(x, 1, bins), at, 'right');
  const inBin = (of: Tensor): Tensor => takeAlongAxis(of, index, 1);
  const t = subtract(at, inBin(start(x)));
  const bend = add(inBin(square), multiply(t, inBin(cube)));
  return add(inBin(start(y)), multiply(t, add(inBin(start(m)), multiply(t, bend))));
}
