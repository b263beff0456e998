/**
 * Elementwise functions of one tensor. Four vectors a pass, since one alone is bound by latency; a pass may
 * read and write the padding of the buffers (64 bytes), so there is no remainder.
 */
import { cos, exp, expm1, log, log1p, sigmoid, sin, softplus, tanh } from '../../../tools/kernels/lib/simd-math';

const EXP: i32 = 0;
const EXPM1: i32 = 1;
const LOG: i32 = 2;
const LOG1P: i32 = 3;
const TANH: i32 = 4;
const SIGMOID: i32 = 5;
const SOFTPLUS: i32 = 6;
const SIN: i32 = 7;
const COS: i32 = 8;
const SQRT: i32 = 9;
const RECIPROCAL: i32 = 10;
const ABS: i32 = 11;
const NEGATE: i32 = 12;
const SQUARE: i32 = 13;
const SIGN: i32 = 14;
const FLOOR: i32 = 15;

/** `op` is a literal everywhere, so that one branch is left. */
// @ts-ignore: decorator
@inline
function op1<T>(op: i32, x: v128): v128 {
  if (op == EXP) return exp<T>(x);
  if (op == EXPM1) return expm1<T>(x);
  if (op == LOG) return log<T>(x);
  if (op == LOG1P) return log1p<T>(x);
  if (op == TANH) return tanh<T>(x);
  if (op == SIGMOID) return sigmoid<T>(x);
  if (op == SOFTPLUS) return softplus<T>(x);
  if (op == SIN) return sin<T>(x);
  if (op == COS) return cos<T>(x);
  if (op == SQRT) return v128.sqrt<T>(x);
  if (op == RECIPROCAL) return v128.div<T>(v128.splat<T>(1), x);
  if (op == ABS) return v128.abs<T>(x);
  if (op == NEGATE) return v128.neg<T>(x);
  if (op == SQUARE) return v128.mul<T>(x, x);
  if (op == FLOOR) return v128.floor<T>(x);
  // The sign: 1 with the sign of x; zeros and NaN stay themselves.
  const one = v128.or(v128.splat<T>(1), v128.and(x, v128.splat<T>(<T>-0.0)));
  return v128.bitselect(one, x, v128.gt<T>(v128.abs<T>(x), v128.splat<T>(0)));
}

// @ts-ignore: decorator
@inline
function map<T>(op: i32, out: usize, x: usize, n: i32): void {
  const end = out + <usize>n * sizeof<T>();
  for (; out < end; out += 64, x += 64) {
    const a = op1<T>(op, v128.load(x));
    const b = op1<T>(op, v128.load(x, 16));
    const c = op1<T>(op, v128.load(x, 32));
    const d = op1<T>(op, v128.load(x, 48));
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
  }
}

export function expF32(out: usize, x: usize, n: i32): void {
  map<f32>(EXP, out, x, n);
}
export function expF64(out: usize, x: usize, n: i32): void {
  map<f64>(EXP, out, x, n);
}
export function expm1F32(out: usize, x: usize, n: i32): void {
  map<f32>(EXPM1, out, x, n);
}
export function expm1F64(out: usize, x: usize, n: i32): void {
  map<f64>(EXPM1, out, x, n);
}
export function logF32(out: usize, x: usize, n: i32): void {
  map<f32>(LOG, out, x, n);
}
export function logF64(out: usize, x: usize, n: i32): void {
  map<f64>(LOG, out, x, n);
}
export function log1pF32(out: usize, x: usize, n: i32): void {
  map<f32>(LOG1P, out, x, n);
}
export function log1pF64(out: usize, x: usize, n: i32): void {
  map<f64>(LOG1P, out, x, n);
}
export function tanhF32(out: usize, x: usize, n: i32): void {
  map<f32>(TANH, out, x, n);
}
export function tanhF64(out: usize, x: usize, n: i32): void {
  map<f64>(TANH, out, x, n);
}
export function sigmoidF32(out: usize, x: usize, n: i32): void {
  map<f32>(SIGMOID, out, x, n);
}
export function sigmoidF64(out: usize, x: usize, n: i32): void {
  map<f64>(SIGMOID, out, x, n);
}
export function softplusF32(out: usize, x: usize, n: i32): void {
  map<f32>(SOFTPLUS, out, x, n);
}
export function softplusF64(out: usize, x: usize, n: i32): void {
  map<f64>(SOFTPLUS, out, x, n);
}
export function sinF32(out: usize, x: usize, n: i32): void {
  map<f32>(SIN, out, x, n);
}
export function sinF64(out: usize, x: usize, n: i32): void {
  map<f64>(SIN, out, x, n);
}
export function cosF32(out: usize, x: usize, n: i32): void {
  map<f32>(COS, out, x, n);
}
export function cosF64(out: usize, x: usize, n: i32): void {
  map<f64>(COS, out, x, n);
}
export function sqrtF32(out: usize, x: usize, n: i32): void {
  map<f32>(SQRT, out, x, n);
}
export function sqrtF64(out: usize, x: usize, n: i32): void {
  map<f64>(SQRT, out, x, n);
}
export function reciprocalF32(out: usize, x: usize, n: i32): void {
  map<f32>(RECIPROCAL, out, x, n);
}
export function reciprocalF64(out: usize, x: usize, n: i32): void {
  map<f64>(RECIPROCAL, out, x, n);
}
export function absF32(out: usize, x: usize, n: i32): void {
  map<f32>(ABS, out, x, n);
}
export function absF64(out: usize, x: usize, n: i32): void {
  map<f64>(ABS, out, x, n);
}
export function negateF32(out: usize, x: usize, n: i32): void {
  map<f32>(NEGATE, out, x, n);
}
export function negateF64(out: usize, x: usize, n: i32): void {
  map<f64>(NEGATE, out, x, n);
}
export function squareF32(out: usize, x: usize, n: i32): void {
  map<f32>(SQUARE, out, x, n);
}
export function squareF64(out: usize, x: usize, n: i32): void {
  map<f64>(SQUARE, out, x, n);
}
export function signF32(out: usize, x: usize, n: i32): void {
  map<f32>(SIGN, out, x, n);
}
export function signF64(out: usize, x: usize, n: i32): void {
  map<f64>(SIGN, out, x, n);
}
export function floorF32(out: usize, x: usize, n: i32): void {
  map<f32>(FLOOR, out, x, n);
}
export function floorF64(out: usize, x: usize, n: i32): void {
  map<f64>(FLOOR, out, x, n);
}
