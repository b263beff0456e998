/** Conversions between element types; to int32 they truncate towards zero (NaN gives 0). */

// @ts-ignore: decorator
@inline
function cast<A, B>(out: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    store<B>(out + <usize>i * sizeof<B>(), <B>load<A>(x + <usize>i * sizeof<A>()));
  }
}

export function castF32F64(out: usize, x: usize, n: i32): void {
  cast<f32, f64>(out, x, n);
}
export function castF64F32(out: usize, x: usize, n: i32): void {
  cast<f64, f32>(out, x, n);
}
export function castI32F32(out: usize, x: usize, n: i32): void {
  cast<i32, f32>(out, x, n);
}
export function castI32F64(out: usize, x: usize, n: i32): void {
  cast<i32, f64>(out, x, n);
}
export function castF32I32(out: usize, x: usize, n: i32): void {
  cast<f32, i32>(out, x, n);
}
export function castF64I32(out: usize, x: usize, n: i32): void {
  cast<f64, i32>(out, x, n);
}
