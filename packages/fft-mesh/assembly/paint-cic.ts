/**
 * Painting and reading with CIC in three dimensions, the commonest case, without tables: two points an axis and eight cells
 * a particle, all held in registers. The sums are those of the general kernels in the same order.
 */

/** Lower cell of a coordinate u in cells, in 0 … n − 1. */
@inline function lower(floored: f64, n: i32): i32 {
  const i = <i32>floored;
  return <u32>i < <u32>n ? i : ((i % n) + n) % n;
}

@inline function upper(i: i32, n: i32): i32 {
  return i + 1 == n ? 0 : i + 1;
}

@inline function deposit<T>(at: usize, value: f64): void {
  store<T>(at, <T>(<f64>load<T>(at) + value));
}

export function paintCic<T>(
  positions: usize, weights: usize, mesh: usize, count: usize, n0: i32, n1: i32, n2: i32, boxSize: f64,
): void {
  const s0 = <f64>n0 / boxSize, s1 = <f64>n1 / boxSize, s2 = <f64>n2 / boxSize;
  for (let particle: usize = 0; particle < count; particle++) {
    const position = positions + particle * 3 * sizeof<T>();
    const x = <f64>load<T>(position) * s0, y = <f64>load<T>(position, sizeof<T>()) * s1, z = <f64>load<T>(position, 2 * sizeof<T>()) * s2;
    const fx = floor<f64>(x), fy = floor<f64>(y), fz = floor<f64>(z);
    const tx = x - fx, ty = y - fy, tz = z - fz;
    const a0 = lower(fx, n0), b0 = lower(fy, n1), c0 = lower(fz, n2);
    const a1 = upper(a0, n0), b1 = upper(b0, n1), c1 = upper(c0, n2);
    const weight = <f64>load<T>(weights + particle * sizeof<T>());
    const low = <usize>c0 * sizeof<T>(), high = <usize>c1 * sizeof<T>();
    const w0 = weight * (1 - tx), w1 = weight * tx;
    const r00 = mesh + <usize>((a0 * n1 + b0) * n2) * sizeof<T>(), r01 = mesh + <usize>((a0 * n1 + b1) * n2) * sizeof<T>();
    const r10 = mesh + <usize>((a1 * n1 + b0) * n2) * sizeof<T>(), r11 = mesh + <usize>((a1 * n1 + b1) * n2) * sizeof<T>();
    const w00 = w0 * (1 - ty), w01 = w0 * ty, w10 = w1 * (1 - ty), w11 = w1 * ty;
    const sz = 1 - tz;
    deposit<T>(r00 + low, w00 * sz);
    deposit<T>(r00 + high, w00 * tz);
    deposit<T>(r01 + low, w01 * sz);
    deposit<T>(r01 + high, w01 * tz);
    deposit<T>(r10 + low, w10 * sz);
    deposit<T>(r10 + high, w10 * tz);
    deposit<T>(r11 + low, w11 * sz);
    deposit<T>(r11 + high, w11 * tz);
  }
}

/** Σ over the eight cells, addressed within one mesh. */
@inline function gather<T>(
  mesh: usize, o00: usize, o01: usize, o10: usize, o11: usize, low: usize, high: usize,
  w00: f64, w01: f64, w10: f64, w11: f64, sz: f64, tz: f64,
): f64 {
  return w00 * (<f64>load<T>(mesh + o00 + low) * sz + <f64>load<T>(mesh + o00 + high) * tz)
    + w01 * (<f64>load<T>(mesh + o01 + low) * sz + <f64>load<T>(mesh + o01 + high) * tz)
    + w10 * (<f64>load<T>(mesh + o10 + low) * sz + <f64>load<T>(mesh + o10 + high) * tz)
    + w11 * (<f64>load<T>(mesh + o11 + low) * sz + <f64>load<T>(mesh + o11 + high) * tz);
}

/** Three meshes at every particle: [count][3]. */
export function readCic3<T>(
  positions: usize, m0: usize, m1: usize, m2: usize, values: usize, count: usize, n0: i32, n1: i32, n2: i32, boxSize: f64,
): void {
  const s0 = <f64>n0 / boxSize, s1 = <f64>n1 / boxSize, s2 = <f64>n2 / boxSize;
  for (let particle: usize = 0; particle < count; particle++) {
    const position = positions + particle * 3 * sizeof<T>();
    const x = <f64>load<T>(position) * s0, y = <f64>load<T>(position, sizeof<T>()) * s1, z = <f64>load<T>(position, 2 * sizeof<T>()) * s2;
    const fx = floor<f64>(x), fy = floor<f64>(y), fz = floor<f64>(z);
    const tx = x - fx, ty = y - fy, tz = z - fz;
    const a0 = lower(fx, n0), b0 = lower(fy, n1), c0 = lower(fz, n2);
    const a1 = upper(a0, n0), b1 = upper(b0, n1), c1 = upper(c0, n2);
    const low = <usize>c0 * sizeof<T>(), high = <usize>c1 * sizeof<T>();
    const o00 = <usize>((a0 * n1 + b0) * n2) * sizeof<T>(), o01 = <usize>((a0 * n1 + b1) * n2) * sizeof<T>();
    const o10 = <usize>((a1 * n1 + b0) * n2) * sizeof<T>(), o11 = <usize>((a1 * n1 + b1) * n2) * sizeof<T>();
    const w00 = (1 - tx) * (1 - ty), w01 = (1 - tx) * ty, w10 = tx * (1 - ty), w11 = tx * ty;
    const sz = 1 - tz;
    const out = values + particle * 3 * sizeof<T>();
    store<T>(out, <T>gather<T>(m0, o00, o01, o10, o11, low, high, w00, w01, w10, w11, sz, tz));
    store<T>(out, <T>gather<T>(m1, o00, o01, o10, o11, low, high, w00, w01, w10, w11, sz, tz), sizeof<T>());
    store<T>(out, <T>gather<T>(m2, o00, o01, o10, o11, low, high, w00, w01, w10, w11, sz, tz), 2 * sizeof<T>());
  }
}
