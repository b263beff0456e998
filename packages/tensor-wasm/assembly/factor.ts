/** Cholesky factors and triangular solves of small matrices, batched, in float64 inside. */

/** Lower factor of (a + aᵀ)/2; all NaN where that is not positive definite. `factor` takes n² float64. */
// @ts-ignore: decorator
@inline
function cholesky<T>(out: usize, a: usize, factor: usize, batch: i32, n: i32): void {
  const bytes = <usize>(n * n) * sizeof<T>();
  const row = <usize>n << 3;
  for (; batch > 0; batch--, a += bytes, out += bytes) {
    memory.fill(factor, 0, <usize>(n * n) << 3);
    let definite = true;
    for (let j = 0; j < n && definite; j++) {
      const rowJ = factor + <usize>j * row;
      let pivot: f64 = 0;
      for (let i = j; i < n; i++) {
        const rowI = factor + <usize>i * row;
        const upper = <f64>load<T>(a + <usize>(j * n + i) * sizeof<T>());
        let total = (<f64>load<T>(a + <usize>(i * n + j) * sizeof<T>()) + upper) / 2;
        for (let k: usize = 0; k < <usize>j << 3; k += 8) total -= load<f64>(rowI + k) * load<f64>(rowJ + k);
        if (i == j) {
          pivot = Math.sqrt(total);
          definite = pivot > 0;
          if (!definite) break;
        }
        store<f64>(rowI + (<usize>j << 3), i == j ? pivot : total / pivot);
      }
    }
    for (let i = 0; i < n * n; i++) {
      store<T>(out + <usize>i * sizeof<T>(), definite ? <T>load<f64>(factor + (<usize>i << 3)) : <T>NaN);
    }
  }
}

export function choleskyF32(out: usize, a: usize, factor: usize, batch: i32, n: i32): void {
  cholesky<f32>(out, a, factor, batch, n);
}
export function choleskyF64(out: usize, a: usize, factor: usize, batch: i32, n: i32): void {
  cholesky<f64>(out, a, factor, batch, n);
}

/** a x = b (or aᵀ x = b), a [n, n], b [n, m]. `solution` takes n·m float64. */
// @ts-ignore: decorator
@inline
function triangularSolve<T>(
  out: usize, a: usize, b: usize, solution: usize, batch: i32, n: i32, m: i32, lower: i32, transpose: i32,
): void {
  const rowStride = transpose ? 1 : n;
  const columnStride = transpose ? n : 1;
  const forward = lower != transpose;
  const row = <usize>m << 3;
  for (; batch > 0; batch--) {
    for (let step = 0; step < n; step++) {
      const i = forward ? step : n - 1 - step;
      const first = forward ? 0 : i + 1;
      const last = forward ? i : n;
      const to = solution + <usize>i * row;
      for (let c = 0; c < m; c++) store<f64>(to + (<usize>c << 3), <f64>load<T>(b + <usize>(i * m + c) * sizeof<T>()));
      for (let k = first; k < last; k++) {
        const factor = <f64>load<T>(a + <usize>(i * rowStride + k * columnStride) * sizeof<T>());
        const from = solution + <usize>k * row;
        for (let c: usize = 0; c < row; c += 8) store<f64>(to + c, load<f64>(to + c) - factor * load<f64>(from + c));
      }
      const diagonal = <f64>load<T>(a + <usize>(i * (n + 1)) * sizeof<T>());
      for (let c: usize = 0; c < row; c += 8) store<f64>(to + c, load<f64>(to + c) / diagonal);
    }
    for (let i = 0; i < n * m; i++) store<T>(out + <usize>i * sizeof<T>(), <T>load<f64>(solution + (<usize>i << 3)));
    a += <usize>(n * n) * sizeof<T>();
    b += <usize>(n * m) * sizeof<T>();
    out += <usize>(n * m) * sizeof<T>();
  }
}

export function triangularSolveF32(
  out: usize, a: usize, b: usize, solution: usize, batch: i32, n: i32, m: i32, lower: i32, transpose: i32,
): void {
  triangularSolve<f32>(out, a, b, solution, batch, n, m, lower, transpose);
}
export function triangularSolveF64(
  out: usize, a: usize, b: usize, solution: usize, batch: i32, n: i32, m: i32, lower: i32, transpose: i32,
): void {
  triangularSolve<f64>(out, a, b, solution, batch, n, m, lower, transpose);
}
