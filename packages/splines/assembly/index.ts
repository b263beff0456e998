/** Kernels of the splines, in both precisions; what each does is said in its own file. */
import { evaluate } from './evaluate';
import { backward } from './backward';
import { solveTridiagonal } from './tridiagonal';

export function rationalQuadraticF32(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, y: usize, logs: usize, scratch: usize): void {
  evaluate<f32>(false, rows, n, k, reduce, x, xk, yk, dk, y, logs, scratch);
}
export function rationalQuadraticF64(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, y: usize, logs: usize, scratch: usize): void {
  evaluate<f64>(false, rows, n, k, reduce, x, xk, yk, dk, y, logs, scratch);
}

export function rationalQuadraticInverseF32(rows: i32, n: i32, k: i32, reduce: i32, y: usize, xk: usize, yk: usize, dk: usize, x: usize, logs: usize, scratch: usize): void {
  evaluate<f32>(true, rows, n, k, reduce, y, xk, yk, dk, x, logs, scratch);
}
export function rationalQuadraticInverseF64(rows: i32, n: i32, k: i32, reduce: i32, y: usize, xk: usize, yk: usize, dk: usize, x: usize, logs: usize, scratch: usize): void {
  evaluate<f64>(true, rows, n, k, reduce, y, xk, yk, dk, x, logs, scratch);
}

export function rationalQuadraticVjpF32(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, gy: usize, gl: usize, gx: usize, gxk: usize, gyk: usize, gdk: usize, scratch: usize): void {
  backward<f32>(rows, n, k, reduce, x, xk, yk, dk, gy, gl, gx, gxk, gyk, gdk, scratch);
}
export function rationalQuadraticVjpF64(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, gy: usize, gl: usize, gx: usize, gxk: usize, gyk: usize, gdk: usize, scratch: usize): void {
  backward<f64>(rows, n, k, reduce, x, xk, yk, dk, gy, gl, gx, gxk, gyk, gdk, scratch);
}

export function solveTridiagonalF32(rows: i32, n: i32, lower: usize, diagonal: usize, upper: usize, right: usize, x: usize, scratch: usize): void {
  solveTridiagonal<f32>(rows, n, lower, diagonal, upper, right, x, scratch);
}
export function solveTridiagonalF64(rows: i32, n: i32, lower: usize, diagonal: usize, upper: usize, right: usize, x: usize, scratch: usize): void {
  solveTridiagonal<f64>(rows, n, lower, diagonal, upper, right, x, scratch);
}
