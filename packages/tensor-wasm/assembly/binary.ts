/**
 * Elementwise functions of two tensors, with broadcasting.
 *
 * The output is a row-major block [n0, n1, n2]; each operand has a stride (in elements) for each of the three
 * axes, and that of the last is 1 or 0. So same shapes, scalars, [B,1], [N] and [1,C,1] are all one kernel,
 * and a broadcast operand is never written out.
 */
import { lanes, loadSplat, loadStrided, storePart } from './lanes';
import { atan2, pow } from './math';

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;
const MAXIMUM: i32 = 4;
const MINIMUM: i32 = 5;
const POWER: i32 = 6;
const ATAN2: i32 = 7;
const EQUAL: i32 = 8;
const NOT_EQUAL: i32 = 9;
const GREATER: i32 = 10;
const GREATER_EQUAL: i32 = 11;

/** `op` is a literal everywhere, so that one branch is left. */
// @ts-ignore: decorator
@inline
function op2<T>(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return v128.add<T>(a, b);
  if (op == SUBTRACT) return v128.sub<T>(a, b);
  if (op == MULTIPLY) return v128.mul<T>(a, b);
  if (op == DIVIDE) return v128.div<T>(a, b);
  if (op == MAXIMUM) return v128.max<T>(a, b);
  if (op == MINIMUM) return v128.min<T>(a, b);
  if (op == POWER) return pow<T>(a, b);
  if (op == ATAN2) return atan2<T>(a, b);
  const one = v128.splat<T>(1);
  if (op == EQUAL) return v128.and(v128.eq<T>(a, b), one);
  if (op == NOT_EQUAL) return v128.and(v128.ne<T>(a, b), one);
  if (op == GREATER) return v128.and(v128.gt<T>(a, b), one);
  return v128.and(v128.ge<T>(a, b), one);
}

/** One row of n: whole vectors, then the rest, which touches nothing beyond the row. */
// @ts-ignore: decorator
@inline
function row<T>(op: i32, out: usize, n: i32, a: usize, a2: i32, b: usize, b2: i32): void {
  const whole = out + ((<usize>n * sizeof<T>()) & ~15);
  const rest = n & (lanes<T>() - 1);
  if (a2 & b2) {
    const unrolled = out + ((<usize>n * sizeof<T>()) & ~63);
    for (; out < unrolled; out += 64, a += 64, b += 64) {
      const x0 = op2<T>(op, v128.load(a), v128.load(b));
      const x1 = op2<T>(op, v128.load(a, 16), v128.load(b, 16));
      const x2 = op2<T>(op, v128.load(a, 32), v128.load(b, 32));
      const x3 = op2<T>(op, v128.load(a, 48), v128.load(b, 48));
      v128.store(out, x0);
      v128.store(out, x1, 16);
      v128.store(out, x2, 32);
      v128.store(out, x3, 48);
    }
    for (; out < whole; out += 16, a += 16, b += 16) v128.store(out, op2<T>(op, v128.load(a), v128.load(b)));
  } else if (a2) {
    const y = loadSplat<T>(b);
    for (; out < whole; out += 16, a += 16) v128.store(out, op2<T>(op, v128.load(a), y));
  } else if (b2) {
    const x = loadSplat<T>(a);
    for (; out < whole; out += 16, b += 16) v128.store(out, op2<T>(op, x, v128.load(b)));
  } else {
    const z = op2<T>(op, loadSplat<T>(a), loadSplat<T>(b));
    for (; out < whole; out += 16) v128.store(out, z);
  }
  if (rest) storePart<T>(out, op2<T>(op, loadStrided<T>(a, a2), loadStrided<T>(b, b2)), rest);
}

/** One row of a function that takes many instructions: kept once. */
// @ts-ignore: decorator
@inline
function heavyRow<T>(op: i32, out: usize, n: i32, a: usize, a2: i32, b: usize, b2: i32): void {
  const aStep = <usize>a2 << 4;
  const bStep = <usize>b2 << 4;
  for (; n > 0; n -= lanes<T>(), out += 16, a += aStep, b += bStep) {
    const z = op2<T>(op, loadStrided<T>(a, a2), loadStrided<T>(b, b2));
    if (n >= lanes<T>()) v128.store(out, z);
    else storePart<T>(out, z, n);
  }
}

// @ts-ignore: decorator
@inline
function block<T>(
  op: i32, out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  for (let i0 = 0; i0 < n0; i0++) {
    let x = a + <usize>(i0 * a0) * sizeof<T>();
    let y = b + <usize>(i0 * b0) * sizeof<T>();
    for (let i1 = 0; i1 < n1; i1++) {
      if (op == POWER || op == ATAN2) heavyRow<T>(op, out, n2, x, a2, y, b2);
      else row<T>(op, out, n2, x, a2, y, b2);
      out += <usize>n2 * sizeof<T>();
      x += <usize>a1 * sizeof<T>();
      y += <usize>b1 * sizeof<T>();
    }
  }
}

export function addF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(ADD, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function addF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(ADD, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function subtractF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(SUBTRACT, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function subtractF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(SUBTRACT, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function multiplyF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(MULTIPLY, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function multiplyF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(MULTIPLY, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function divideF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(DIVIDE, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function divideF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(DIVIDE, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function maximumF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(MAXIMUM, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function maximumF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(MAXIMUM, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function minimumF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(MINIMUM, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function minimumF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(MINIMUM, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function powerF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(POWER, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function powerF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(POWER, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function atan2F32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(ATAN2, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function atan2F64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(ATAN2, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function equalF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function equalF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function notEqualF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(NOT_EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function notEqualF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(NOT_EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function greaterF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(GREATER, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function greaterF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(GREATER, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function greaterEqualF32(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f32>(GREATER_EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
export function greaterEqualF64(
  out: usize, a: usize, b: usize, n0: i32, n1: i32, n2: i32,
  a0: i32, a1: i32, a2: i32, b0: i32, b1: i32, b2: i32,
): void {
  block<f64>(GREATER_EQUAL, out, a, b, n0, n1, n2, a0, a1, a2, b0, b1, b2);
}
