/** y = x σ(x) with s = σ(x), and the gradient: four vectors a pass, over the padding of the buffers too. */
import { sigmoid } from '../../../tools/kernels/lib/simd-math';

// @ts-ignore: decorator
@inline
function forward<T>(y: usize, s: usize, x: usize, n: i32): void {
  const end = y + <usize>n * sizeof<T>();
  for (; y < end; y += 64, s += 64, x += 64) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    const s0 = sigmoid<T>(x0);
    const s1 = sigmoid<T>(x1);
    const s2 = sigmoid<T>(x2);
    const s3 = sigmoid<T>(x3);
    v128.store(s, s0);
    v128.store(s, s1, 16);
    v128.store(s, s2, 32);
    v128.store(s, s3, 48);
    v128.store(y, v128.mul<T>(x0, s0));
    v128.store(y, v128.mul<T>(x1, s1), 16);
    v128.store(y, v128.mul<T>(x2, s2), 32);
    v128.store(y, v128.mul<T>(x3, s3), 48);
  }
}

/** c (s + y (1 − s)) */
// @ts-ignore: decorator
@inline
function backward<T>(out: usize, y: usize, s: usize, c: usize, n: i32): void {
  const end = out + <usize>n * sizeof<T>();
  const one = v128.splat<T>(1);
  for (; out < end; out += 16, y += 16, s += 16, c += 16) {
    const gate = v128.load(s);
    const slope = v128.add<T>(gate, v128.mul<T>(v128.load(y), v128.sub<T>(one, gate)));
    v128.store(out, v128.mul<T>(v128.load(c), slope));
  }
}

export function siluF32(y: usize, s: usize, x: usize, n: i32): void {
  forward<f32>(y, s, x, n);
}
export function siluF64(y: usize, s: usize, x: usize, n: i32): void {
  forward<f64>(y, s, x, n);
}
export function siluVjpF32(out: usize, y: usize, s: usize, c: usize, n: i32): void {
  backward<f32>(out, y, s, c, n);
}
export function siluVjpF64(out: usize, y: usize, s: usize, c: usize, n: i32): void {
  backward<f64>(out, y, s, c, n);
}
