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

/** c (s + y (1 − s)) + d s (1 − s) */
// @ts-ignore: decorator
@inline
function backwardBoth<T>(out: usize, y: usize, s: usize, c: usize, d: usize, n: i32): void {
  const end = out + <usize>n * sizeof<T>();
  const one = v128.splat<T>(1);
  for (; out < end; out += 16, y += 16, s += 16, c += 16, d += 16) {
    const gate = v128.load(s);
    const rest = v128.sub<T>(one, gate);
    const slope = v128.add<T>(gate, v128.mul<T>(v128.load(y), rest));
    const through = v128.mul<T>(v128.load(d), v128.mul<T>(gate, rest));
    v128.store(out, v128.add<T>(v128.mul<T>(v128.load(c), slope), through));
  }
}

/** g c (1 − s), g c (1 − y), g (s + y (1 − s)) */
// @ts-ignore: decorator
@inline
function twice<T>(ofY: usize, ofS: usize, ofC: usize, y: usize, s: usize, c: usize, g: usize, n: i32): void {
  const end = ofY + <usize>n * sizeof<T>();
  const one = v128.splat<T>(1);
  for (; ofY < end; ofY += 16, ofS += 16, ofC += 16, y += 16, s += 16, c += 16, g += 16) {
    const value = v128.load(y);
    const gate = v128.load(s);
    const cotangent = v128.load(g);
    const rest = v128.sub<T>(one, gate);
    const both = v128.mul<T>(cotangent, v128.load(c));
    v128.store(ofY, v128.mul<T>(both, rest));
    v128.store(ofS, v128.mul<T>(both, v128.sub<T>(one, value)));
    v128.store(ofC, v128.mul<T>(cotangent, v128.add<T>(gate, v128.mul<T>(value, rest))));
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
export function siluBothVjpF32(out: usize, y: usize, s: usize, c: usize, d: usize, n: i32): void {
  backwardBoth<f32>(out, y, s, c, d, n);
}
export function siluBothVjpF64(out: usize, y: usize, s: usize, c: usize, d: usize, n: i32): void {
  backwardBoth<f64>(out, y, s, c, d, n);
}
export function siluVjpVjpF32(ofY: usize, ofS: usize, ofC: usize, y: usize, s: usize, c: usize, g: usize, n: i32): void {
  twice<f32>(ofY, ofS, ofC, y, s, c, g, n);
}
export function siluVjpVjpF64(ofY: usize, ofS: usize, ofC: usize, y: usize, s: usize, c: usize, g: usize, n: i32): void {
  twice<f64>(ofY, ofS, ofC, y, s, c, g, n);
}
