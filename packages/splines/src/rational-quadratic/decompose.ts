/**
 * The rational-quadratic spline out of plain tensor operations, for derivatives beyond the first: the bin's
 * coefficients (see `bin.ts`) are computed once a bin and read by index once a value.
 */
import {
  add,
  applyOne,
  clip,
  divide,
  log,
  maximum,
  minimum,
  multiply,
  reshape,
  reshapePrimitive,
  searchSorted,
  slice,
  subtract,
  sum,
  type Tensor,
  takeAlongAxis,
  vjp,
} from '@equiflow/tensor';
import { tinyOf } from './bin.ts';
import type { RationalQuadraticAttributes } from './primitive.ts';

/** y and ln y′ of x [B, …], xk, yk, dk [B, K]. */
export function decomposeRationalQuadratic(
  inputs: readonly Tensor[],
  { reduce }: RationalQuadraticAttributes,
): readonly Tensor[] {
  const [x, xk, yk, dk] = inputs as [Tensor, Tensor, Tensor, Tensor];
  const tiny = tinyOf(x.dtype);
  const count = xk.shape[1]!;
  const flat = reshape(x, [x.shape[0]!, -1]);
  const starts = (of: Tensor): Tensor => slice(of, [null, [0, count - 1]]);
  const ends = (of: Tensor): Tensor => slice(of, [null, [1, count]]);
  const limited = (slope: Tensor): Tensor => minimum(maximum(slope, tiny), 1 / tiny);
  const w = maximum(subtract(ends(xk), starts(xk)), tiny);
  const h = maximum(subtract(ends(yk), starts(yk)), tiny);
  const s = divide(h, w);

  const index = searchSorted(slice(xk, [null, [1, count - 1]]), flat, 'right');
  const inBin = (of: Tensor): Tensor => takeAlongAxis(of, index, 1);
  const clipped = clip(flat, slice(xk, [null, [0, 1]]), slice(xk, [null, [count - 1, count]]));
  const xi = divide(subtract(clipped, inBin(starts(xk))), inBin(w));
  const a = inBin(limited(divide(starts(dk), s)));
  const b = inBin(limited(divide(ends(dk), s)));
  const omega = subtract(1, xi);
  const tau = multiply(xi, omega);
  const xi2 = multiply(xi, xi);
  const denominator = add(1, multiply(subtract(add(a, b), 2), tau));
  const ratio = divide(add(xi2, multiply(a, tau)), denominator);
  const numerator = add(add(multiply(b, xi2), multiply(2, tau)), multiply(a, multiply(omega, omega)));
  const slope = multiply(divide(inBin(s), denominator), divide(numerator, denominator));
  const inside = add(inBin(starts(yk)), multiply(inBin(h), ratio));
  const y = add(inside, multiply(slope, subtract(flat, clipped)));
  const logs = log(slope);
  return [reshape(y, x.shape), reduce ? sum(logs, { axes: [1] }) : reshape(logs, x.shape)];
}

/** The cotangents of x, xk, yk, dk, given those of y and ln y′ as the last two inputs. */
export function decomposeRationalQuadraticVjp(
  inputs: readonly Tensor[],
  attributes: RationalQuadraticAttributes,
): readonly Tensor[] {
  // Nodes of their own, so that what one input is made of does not count as a path to another.
  const own = inputs
    .slice(0, 4)
    .map((tensor) => applyOne(reshapePrimitive, [tensor], { shape: tensor.shape }));
  const outputs = decomposeRationalQuadratic(own, attributes);
  return vjp(outputs, inputs.slice(4), own).map((cotangent) => cotangent!);
}
