/** Slopes of a piecewise cubic at its knots, as in `slopes.ts`, on tensors [B, K]: differentiable to any order. */
import {
  abs,
  add,
  concatenate,
  divide,
  equal,
  full,
  greater,
  lessEqual,
  max,
  multiply,
  notEqual,
  select,
  sign,
  slice,
  subtract,
  type Tensor,
} from '@equiflow/tensor';
import { AKIMA_TIE, type CubicBoundary } from './slopes.ts';
import { solveTridiagonalTensor } from './tridiagonal.ts';

/** Columns [start, end) of a tensor [B, K]; negative numbers count from the end. */
export function columns(x: Tensor, start: number, end: number): Tensor {
  return slice(x, [null, [start, end]]);
}

const column = (x: Tensor, index: number): Tensor => columns(x, index, index + 1);
const join = (...parts: Tensor[]): Tensor => concatenate(parts, 1);

/** Steps [B, K − 1] between knots. */
export function steps(x: Tensor): Tensor {
  const count = x.shape[1]!;
  return subtract(columns(x, 1, count), columns(x, 0, count - 1));
}

/** Slopes [B, K] of the spline with two continuous derivatives. `endSlopes` [B, 2] belong to `clamped`. */
export function smoothTensorSlopes(x: Tensor, y: Tensor, boundary: CubicBoundary, endSlopes: Tensor): Tensor {
  const n = x.shape[1]!;
  const h = steps(x);
  const s = divide(steps(y), h);
  if (n === 2 && boundary === 'not-a-knot') return join(s, s);
  if (n === 2 && boundary === 'periodic') return full(0, x.shape, x.dtype);
  if (n === 3 && boundary === 'not-a-knot') return parabolaSlopes(h, s);
  const inner = n > 2 ? innerRows(h, s) : null;
  if (boundary === 'periodic') return periodicSlopes(inner!, h, s);
  const close = (first: Rows, last: Rows): Tensor => {
    const of = (part: keyof Rows): Tensor =>
      inner ? join(first[part], inner[part], last[part]) : join(first[part], last[part]);
    return solveTridiagonalTensor(of('lower'), of('diagonal'), of('upper'), of('right'));
  };
  const number = (value: number): Tensor => full(value, [x.shape[0]!, 1], x.dtype);
  if (boundary === 'natural') {
    const row = (secant: Tensor): Rows => ({
      lower: number(1),
      diagonal: number(2),
      upper: number(1),
      right: multiply(secant, 3),
    });
    return close(row(column(s, 0)), row(column(s, n - 2)));
  }
  if (boundary === 'clamped') {
    const row = (slope: Tensor): Rows => ({
      lower: number(0),
      diagonal: number(1),
      upper: number(0),
      right: slope,
    });
    return close(row(column(endSlopes, 0)), row(column(endSlopes, 1)));
  }
  const row = (near: number, next: number): Rows => {
    const [h0, h1] = [column(h, near), column(h, next)];
    const both = add(h0, h1);
    const right = add(
      multiply(multiply(add(h0, multiply(both, 2)), h1), column(s, near)),
      multiply(multiply(h0, h0), column(s, next)),
    );
    return { lower: both, diagonal: h1, upper: both, right: divide(right, both) };
  };
  return close(row(0, 1), row(n - 2, n - 3));
}

/** Rows of a tridiagonal system: [B, rows] each. */
interface Rows {
  readonly lower: Tensor;
  readonly diagonal: Tensor;
  readonly upper: Tensor;
  readonly right: Tensor;
}

/** Continuity of the second derivative at the inner knots. */
function innerRows(h: Tensor, s: Tensor): Rows {
  const count = h.shape[1]!;
  const [before, after] = [columns(h, 0, count - 1), columns(h, 1, count)];
  const right = add(multiply(after, columns(s, 0, count - 1)), multiply(before, columns(s, 1, count)));
  return {
    lower: after,
    diagonal: multiply(add(before, after), 2),
    upper: before,
    right: multiply(right, 3),
  };
}

function parabolaSlopes(h: Tensor, s: Tensor): Tensor {
  const [h0, h1, s0, s1] = [column(h, 0), column(h, 1), column(s, 0), column(s, 1)];
  const curvature = divide(subtract(s1, s0), add(h0, h1));
  const rise = multiply(curvature, h0);
  return join(subtract(s0, rise), add(s0, rise), add(s1, multiply(curvature, h1)));
}

/** The slope p of both ends is one more unknown: inner slopes are u + p v, and the row of the end gives p. */
function periodicSlopes(inner: Rows, h: Tensor, s: Tensor): Tensor {
  const size = inner.diagonal.shape[1]!;
  const nothing = full(0, [h.shape[0]!, size - 1], h.dtype);
  const ofFirst = join(column(inner.lower, 0), nothing);
  const ofLast = join(nothing, column(inner.upper, size - 1));
  const ofEnd = multiply(add(ofFirst, ofLast), -1);
  const u = solveTridiagonalTensor(inner.lower, inner.diagonal, inner.upper, inner.right);
  const v = solveTridiagonalTensor(inner.lower, inner.diagonal, inner.upper, ofEnd);
  const [before, after] = [column(h, size), column(h, 0)];
  const right = multiply(add(multiply(after, column(s, size)), multiply(before, column(s, 0))), 3);
  const around = (w: Tensor): Tensor =>
    add(multiply(after, column(w, size - 1)), multiply(before, column(w, 0)));
  const p = divide(subtract(right, around(u)), add(multiply(add(before, after), 2), around(v)));
  return join(p, add(u, multiply(p, v)), p);
}

/** Slopes [B, K] that keep the monotonicity of the data (Fritsch & Butland 1984). */
export function pchipTensorSlopes(x: Tensor, y: Tensor): Tensor {
  const n = x.shape[1]!;
  const h = steps(x);
  const s = divide(steps(y), h);
  if (n === 2) return join(s, s);
  const [hBefore, hAfter] = [columns(h, 0, n - 2), columns(h, 1, n - 1)];
  const [before, after] = [columns(s, 0, n - 2), columns(s, 1, n - 1)];
  const agree = greater(multiply(sign(before), sign(after)), 0);
  const w1 = add(multiply(hAfter, 2), hBefore);
  const w2 = add(hAfter, multiply(hBefore, 2));
  const reciprocals = add(divide(w1, select(agree, before, 1)), divide(w2, select(agree, after, 1)));
  const mean = divide(add(w1, w2), select(agree, reciprocals, 1));
  const end = (near: number, next: number): Tensor => {
    const [h0, h1, s0, s1] = [column(h, near), column(h, next), column(s, near), column(s, next)];
    const rise = subtract(multiply(add(multiply(h0, 2), h1), s0), multiply(h0, s1));
    const slope = divide(rise, add(h0, h1));
    const limit = multiply(s0, 3);
    const over = multiply(notEqual(sign(s0), sign(s1)), greater(abs(slope), abs(limit)));
    return select(equal(sign(slope), sign(s0)), select(over, limit, slope), 0);
  };
  return join(end(0, 1), select(agree, mean, 0), end(n - 2, n - 3));
}

/** Akima's slopes [B, K] (1970). */
export function akimaTensorSlopes(x: Tensor, y: Tensor): Tensor {
  const n = x.shape[1]!;
  const s = divide(steps(y), steps(x));
  if (n === 2) return join(s, s);
  const beyond = (near: Tensor, next: Tensor): Tensor => subtract(multiply(near, 2), next);
  const before = beyond(column(s, 0), column(s, 1));
  const after = beyond(column(s, n - 2), column(s, n - 3));
  const m = join(beyond(before, column(s, 0)), before, s, after, beyond(after, column(s, n - 2)));
  const change = abs(steps(m));
  const [ofBefore, ofAfter] = [columns(change, 2, n + 2), columns(change, 0, n)];
  const weight = add(ofBefore, ofAfter);
  const tie = lessEqual(weight, multiply(max(weight, { axes: [1], keepDims: true }), AKIMA_TIE));
  const mean = divide(
    add(multiply(ofBefore, columns(m, 1, n + 1)), multiply(ofAfter, columns(m, 2, n + 2))),
    select(tie, 1, weight),
  );
  const outer = multiply(add(columns(m, 0, n), columns(m, 3, n + 3)), 0.5);
  return select(tie, outer, mean);
}
