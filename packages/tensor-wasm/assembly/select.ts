/** Choice by a condition, with the broadcasting of the functions of two tensors. */
import { lanes, loadStrided, storePart } from './lanes';

/** x where c is not 0 (NaN is not), y elsewhere. */
// @ts-ignore: decorator
@inline
function select<T>(
  out: usize, c: usize, x: usize, y: usize, n0: i32, n1: i32, n2: i32,
  c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  const zero = v128.splat<T>(0);
  for (let i0 = 0; i0 < n0; i0++) {
    for (let i1 = 0; i1 < n1; i1++) {
      let condition = c + <usize>(i0 * c0 + i1 * c1) * sizeof<T>();
      let a = x + <usize>(i0 * x0 + i1 * x1) * sizeof<T>();
      let b = y + <usize>(i0 * y0 + i1 * y1) * sizeof<T>();
      for (let left = n2; left > 0; left -= lanes<T>()) {
        const taken = v128.ne<T>(loadStrided<T>(condition, c2), zero);
        const value = v128.bitselect(loadStrided<T>(a, x2), loadStrided<T>(b, y2), taken);
        if (left >= lanes<T>()) v128.store(out, value);
        else {
          storePart<T>(out, value, left);
          out += <usize>left * sizeof<T>();
          break;
        }
        out += 16;
        condition += <usize>c2 << 4;
        a += <usize>x2 << 4;
        b += <usize>y2 << 4;
      }
    }
  }
}

export function selectF32(
  out: usize, c: usize, x: usize, y: usize, n0: i32, n1: i32, n2: i32,
  c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  select<f32>(out, c, x, y, n0, n1, n2, c0, c1, c2, x0, x1, x2, y0, y1, y2);
}
export function selectF64(
  out: usize, c: usize, x: usize, y: usize, n0: i32, n1: i32, n2: i32,
  c0: i32, c1: i32, c2: i32, x0: i32, x1: i32, x2: i32, y0: i32, y1: i32, y2: i32,
): void {
  select<f64>(out, c, x, y, n0, n1, n2, c0, c1, c2, x0, x1, x2, y0, y1, y2);
}
