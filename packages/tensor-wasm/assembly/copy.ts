/**
 * Copying between strided boxes: what transposes, broadcasts, slices, pads and concatenations come down to.
 *
 * A table holds `rank` lengths, then the strides of the source, then those of the destination (int32, in
 * elements; 0 repeats). Two element sizes do for all dtypes.
 */

/** One run of n elements. */
// @ts-ignore: decorator
@inline
function run<T>(to: usize, toStride: i32, from: usize, fromStride: i32, n: i32): void {
  if (toStride == 1 && fromStride == 1) {
    if (n >= 64) {
      memory.copy(to, from, <usize>n * sizeof<T>());
      return;
    }
    const whole = to + ((<usize>n * sizeof<T>()) & ~15);
    const end = to + <usize>n * sizeof<T>();
    for (; to < whole; to += 16, from += 16) v128.store(to, v128.load(from));
    for (; to < end; to += sizeof<T>(), from += sizeof<T>()) store<T>(to, load<T>(from));
  } else if (toStride == 1 && fromStride == 0) {
    const x = load<T>(from);
    const v = sizeof<T>() == 8 ? v128.load64_splat(from) : v128.load32_splat(from);
    const whole = to + ((<usize>n * sizeof<T>()) & ~15);
    const end = to + <usize>n * sizeof<T>();
    for (; to < whole; to += 16) v128.store(to, v);
    for (; to < end; to += sizeof<T>()) store<T>(to, x);
  } else {
    const toStep = <usize>toStride * sizeof<T>();
    const fromStep = <usize>fromStride * sizeof<T>();
    for (; n > 0; n--, to += toStep, from += fromStep) store<T>(to, load<T>(from));
  }
}

// @ts-ignore: decorator
@inline
function box<T>(to: usize, from: usize, table: usize, rank: i32): void {
  const fromStrides = table + <usize>rank * 4;
  const toStrides = table + <usize>rank * 8;
  if (rank == 1) {
    run<T>(to, load<i32>(toStrides), from, load<i32>(fromStrides), load<i32>(table));
    return;
  }
  const inner = <usize>(rank - 1) << 2;
  const n = load<i32>(table + inner);
  const m = load<i32>(table + inner - 4);
  const from1 = load<i32>(fromStrides + inner);
  const to1 = load<i32>(toStrides + inner);
  const from0 = <usize>load<i32>(fromStrides + inner - 4) * sizeof<T>();
  const to0 = <usize>load<i32>(toStrides + inner - 4) * sizeof<T>();
  let outer = 1;
  for (let axis = 0; axis < rank - 2; axis++) outer *= load<i32>(table + (<usize>axis << 2));
  for (let block = 0; block < outer; block++) {
    // Mixed-radix digits of the block number are the indices of the outer axes.
    let rest = block;
    let source = from;
    let target = to;
    for (let axis = rank - 3; axis >= 0; axis--) {
      const at = <usize>axis << 2;
      const length = load<i32>(table + at);
      const index = rest % length;
      rest /= length;
      source += <usize>(index * load<i32>(fromStrides + at)) * sizeof<T>();
      target += <usize>(index * load<i32>(toStrides + at)) * sizeof<T>();
    }
    if (to1 == 1 && from0 == sizeof<T>() && from1 > 1) {
      tiles<T>(target, to0, source, <usize>from1 * sizeof<T>(), m, n);
    } else {
      for (let i = 0; i < m; i++, source += from0, target += to0) run<T>(target, to1, source, from1, n);
    }
  }
}

/** A transpose: rows of the target are contiguous, columns of the source are. Square tiles of one vector. */
// @ts-ignore: decorator
@inline
function tiles<T>(to: usize, toRow: usize, from: usize, fromRow: usize, m: i32, n: i32): void {
  const width: i32 = <i32>(16 / sizeof<T>());
  const mWhole = m & ~(width - 1);
  const nWhole = n & ~(width - 1);
  // Eight rows of the target at a time, so that the lines of the source are used while they are in the cache.
  for (let i0 = 0; i0 < mWhole; i0 += 16) {
    const i1 = min(i0 + 16, mWhole);
    for (let j = 0; j < nWhole; j += width) {
      for (let i = i0; i < i1; i += width) {
        const s = from + <usize>j * fromRow + <usize>i * sizeof<T>();
        const t = to + <usize>i * toRow + <usize>j * sizeof<T>();
        if (sizeof<T>() == 4) {
          const a = v128.load(s);
          const b = v128.load(s + fromRow);
          const c = v128.load(s + 2 * fromRow);
          const d = v128.load(s + 3 * fromRow);
          const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
          const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
          const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
          const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
          v128.store(t, v128.shuffle<i64>(ab0, cd0, 0, 2));
          v128.store(t + toRow, v128.shuffle<i64>(ab0, cd0, 1, 3));
          v128.store(t + 2 * toRow, v128.shuffle<i64>(ab1, cd1, 0, 2));
          v128.store(t + 3 * toRow, v128.shuffle<i64>(ab1, cd1, 1, 3));
        } else {
          const a = v128.load(s);
          const b = v128.load(s + fromRow);
          v128.store(t, v128.shuffle<i64>(a, b, 0, 2));
          v128.store(t + toRow, v128.shuffle<i64>(a, b, 1, 3));
        }
      }
    }
  }
  for (let i = 0; i < m; i++) {
    for (let j = i < mWhole ? nWhole : 0; j < n; j++) {
      store<T>(to + <usize>i * toRow + <usize>j * sizeof<T>(), load<T>(from + <usize>j * fromRow + <usize>i * sizeof<T>()));
    }
  }
}

export function copy32(to: usize, from: usize, table: usize, rank: i32): void {
  box<u32>(to, from, table, rank);
}
export function copy64(to: usize, from: usize, table: usize, rank: i32): void {
  box<u64>(to, from, table, rank);
}
/** Sets bytes to zero. */
export function clear(to: usize, bytes: usize): void {
  memory.fill(to, 0, bytes);
}
