/** Batched tridiagonal systems by elimination without pivoting; the pivots' arithmetic is in float64. */

/** Solution x [rows, n] of lower, diagonal, upper, right [rows, n]; `ratios` is scratch of n float64. */
// @ts-ignore: decorator
@inline
export function solveTridiagonal<T>(rows: i32, n: i32, lower: usize, diagonal: usize, upper: usize, right: usize, x: usize, ratios: usize): void {
  const bytes = <usize>n * sizeof<T>();
  for (let row = 0; row < rows; row++) {
    let ratio: f64 = 0, before: f64 = 0;
    for (let i = 0; i < n; i++) {
      const at = <usize>i * sizeof<T>();
      // What lower[0] and upper[n - 1] hold means nothing, so they are left out, not multiplied by zero.
      const l: f64 = i > 0 ? <f64>load<T>(lower + at) : 0;
      const u: f64 = i < n - 1 ? <f64>load<T>(upper + at) : 0;
      const pivot = <f64>load<T>(diagonal + at) - l * ratio;
      before = (<f64>load<T>(right + at) - l * before) / pivot;
      ratio = u / pivot;
      store<f64>(ratios + (<usize>i << 3), ratio);
      store<T>(x + at, <T>before);
    }
    let after: f64 = before;
    for (let i = n - 2; i >= 0; i--) {
      const at = <usize>i * sizeof<T>();
      after = <f64>load<T>(x + at) - load<f64>(ratios + (<usize>i << 3)) * after;
      store<T>(x + at, <T>after);
    }
    lower += bytes, diagonal += bytes, upper += bytes, right += bytes, x += bytes;
  }
}
