/**
 * What the three kernels share: the table of a row's bins, finding the bin of every lane, and fetching the
 * bin's coefficients into vectors.
 *
 * With xi = (x - x0) / w, tau = xi (1 - xi), slopes of the bin's ends relative to its mean slope s = h / w,
 * a = d0 / s and b = d1 / s, the spline of Gregory & Delbourgo (1982) is
 *   y = y0 + h R,  R = (xi^2 + a tau) / D,  D = 1 + (a + b - 2) tau,
 *   y' = s P / D^2,  P = b xi^2 + 2 tau + a (1 - xi)^2.
 * A row of the table holds, for one bin: x0, 1/w, a, b | y0, h, a + b - 2, s.
 *
 * Scratch of a row: knots, each splatted over a vector (first, last, the inner ones, infinities up to a
 * multiple of `GROUP`); the table; eight vectors for the rest of a row and the like; then, for the gradient, sums per lane and bin,
 * and their float64 totals per bin.
 */

/** Inner knots compared per step of the search: 6 is one step for a spline of 8 knots. */
const GROUP: i32 = 6;

/** Widths, heights and relative slopes are at least this, and relative slopes at most its inverse: finite answers for degenerate knots. */
// @ts-ignore: decorator
@inline
function tiny<T>(): T {
  return sizeof<T>() == 4 ? <T>1e-18 : <T>1e-100;
}

/** Values in a vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** Inner knots with their padding. */
// @ts-ignore: decorator
@inline
export function innerKnots(k: i32): i32 {
  return (k - 2 + GROUP - 1) / GROUP * GROUP;
}

// @ts-ignore: decorator
@inline
export function tableAt(k: i32, scratch: usize): usize {
  return scratch + (<usize>(innerKnots(k) + 2) << 4);
}

// @ts-ignore: decorator
@inline
export function paddingAt<T>(k: i32, scratch: usize): usize {
  return tableAt(k, scratch) + <usize>(k - 1) * 8 * sizeof<T>();
}

// @ts-ignore: decorator
@inline
export function sumsAt<T>(k: i32, scratch: usize): usize {
  return paddingAt<T>(k, scratch) + 128;
}

// @ts-ignore: decorator
@inline
export function totalsAt<T>(k: i32, scratch: usize): usize {
  return sumsAt<T>(k, scratch) + <usize>(k - 1) * 128;
}

// @ts-ignore: decorator
@inline
export function maximum<T>(a: T, b: T): T {
  return a > b ? a : b;
}

/** A relative slope within its bounds. */
// @ts-ignore: decorator
@inline
function limited<T>(slope: T): T {
  const above = maximum<T>(slope, tiny<T>());
  const most = <T>(<T>1 / tiny<T>());
  return above < most ? above : most;
}

/** Splats the knots that the search compares with: those of x for the spline, those of y for its inverse. */
// @ts-ignore: decorator
@inline
export function splatKnots<T>(k: i32, knots: usize, scratch: usize): void {
  v128.store(scratch, v128.splat<T>(load<T>(knots)));
  v128.store(scratch, v128.splat<T>(load<T>(knots + <usize>(k - 1) * sizeof<T>())), 16);
  const padded = innerKnots(k);
  for (let i = 0; i < padded; i++) {
    const knot = i < k - 2 ? load<T>(knots + <usize>(i + 1) * sizeof<T>()) : <T>Infinity;
    v128.store(scratch + (<usize>(i + 2) << 4), v128.splat<T>(knot));
  }
}

/** Fills the table of a row. */
// @ts-ignore: decorator
@inline
export function fillTable<T>(k: i32, xk: usize, yk: usize, dk: usize, table: usize): void {
  for (let i = 0; i < k - 1; i++) {
    const at = <usize>i * sizeof<T>();
    const x0 = load<T>(xk + at);
    const y0 = load<T>(yk + at);
    const w = maximum<T>(<T>(load<T>(xk + at + sizeof<T>()) - x0), tiny<T>());
    const h = maximum<T>(<T>(load<T>(yk + at + sizeof<T>()) - y0), tiny<T>());
    const s = <T>(h / w);
    const a = limited<T>(<T>(load<T>(dk + at) / s));
    const b = limited<T>(<T>(load<T>(dk + at + sizeof<T>()) / s));
    const row = table + at * 8;
    store<T>(row, x0);
    store<T>(row + sizeof<T>(), <T>(<T>1 / w));
    store<T>(row + 2 * sizeof<T>(), a);
    store<T>(row + 3 * sizeof<T>(), b);
    store<T>(row + 4 * sizeof<T>(), y0);
    store<T>(row + 5 * sizeof<T>(), h);
    store<T>(row + 6 * sizeof<T>(), <T>(a - <T>1 + (b - <T>1)));
    store<T>(row + 7 * sizeof<T>(), s);
  }
}

/** Byte offset of every lane's bin in a table with rows of 8 values: the knots passed are counted. */
// @ts-ignore: decorator
@inline
export function binOffsets<T>(x: v128, inner: usize, innerEnd: usize): v128 {
  if (sizeof<T>() == 4) {
    let count = i32x4.splat(0);
    for (let q = inner; q < innerEnd; q += 96) {
      const c0 = i32x4.add(f32x4.ge(x, v128.load(q)), f32x4.ge(x, v128.load(q, 16)));
      const c1 = i32x4.add(f32x4.ge(x, v128.load(q, 32)), f32x4.ge(x, v128.load(q, 48)));
      const c2 = i32x4.add(f32x4.ge(x, v128.load(q, 64)), f32x4.ge(x, v128.load(q, 80)));
      count = i32x4.sub(count, i32x4.add(i32x4.add(c0, c1), c2));
    }
    return i32x4.shl(count, 5);
  }
  let count = i64x2.splat(0);
  for (let q = inner; q < innerEnd; q += 96) {
    const c0 = i64x2.add(f64x2.ge(x, v128.load(q)), f64x2.ge(x, v128.load(q, 16)));
    const c1 = i64x2.add(f64x2.ge(x, v128.load(q, 32)), f64x2.ge(x, v128.load(q, 48)));
    const c2 = i64x2.add(f64x2.ge(x, v128.load(q, 64)), f64x2.ge(x, v128.load(q, 80)));
    count = i64x2.sub(count, i64x2.add(i64x2.add(c0, c1), c2));
  }
  return i64x2.shl(count, 6);
}

/** The bits of the significand, and the exponent of 1. */
// @ts-ignore: decorator
@inline
function significandMask<T>(): v128 {
  return sizeof<T>() == 4 ? i32x4.splat(0x007fffff) : i64x2.splat(0x000fffffffffffff);
}

/** The significand of a positive normal number, in [1, 2). */
// @ts-ignore: decorator
@inline
export function significand<T>(p: v128): v128 {
  return v128.or(v128.and(p, significandMask<T>()), v128.splat<T>(1));
}

/** The biased exponent of a positive number, as an integer of its width. */
// @ts-ignore: decorator
@inline
export function exponent<T>(p: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.shr_u(p, 23) : i64x2.shr_u(p, 52);
}

/** Sum of integer lanes of the width of T. */
// @ts-ignore: decorator
@inline
export function addIntegers<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.add(a, b) : i64x2.add(a, b);
}

/** The least positive normal number: a derivative that underflows counts as this. */
// @ts-ignore: decorator
@inline
export function leastNormal<T>(): v128 {
  return sizeof<T>() == 4 ? f32x4.splat(1.17549435e-38) : f64x2.splat(2.2250738585072014e-308);
}
