/**
 * The gradient of y and ln y' in one pass over x: cotangents of y and of the (summed) logarithm to cotangents
 * of x and of the row's knots, values and slopes.
 *
 * Per element, with the notation of table.ts, R_a = tau (1 - R) / D, R_b = -R tau / D, and
 *   L_a = (1 - xi)^2 / P - 2 tau / D,  L_b = xi^2 / P - 2 tau / D,
 *   dL/dx = 2/w [ ((b - 1) xi + (1 - a) (1 - xi)) / P - (a + b - 2) (1 - 2 xi) / D ].
 * Seven sums per bin carry everything: of gy, gy R, gy h R_a + gl L_a, gy h R_b + gl L_b, gx, gx xi, gl. Each
 * lane adds into sums of its own (so that no lane waits for another), and they are folded into float64 every
 * few thousand elements, in a fixed order.
 */
import {
  binOffsets, fillTable, innerKnots, lanes, paddingAt, splatKnots, sumsAt, tableAt, totalsAt,
} from './table';

/** One vector: stores gx, adds to the sums of its lanes. */
// @ts-ignore: decorator
@inline
function backwardVector<T>(xAt: usize, gyAt: usize, glAt: usize, gxAt: usize, scratch: usize, innerEnd: usize, table: usize, sums: usize, laneBytes: usize, rightTail: usize): void {
  const x = v128.load(xAt);
  const clipped = v128.pmin<T>(v128.pmax<T>(x, v128.load(scratch)), v128.load(scratch, 16));
  const offsets = binOffsets<T>(x, scratch + 32, innerEnd);
  let o0: usize, o1: usize, o2: usize = 0, o3: usize = 0;
  let x0: v128, iw: v128, a: v128, b: v128, h: v128, c: v128, s: v128;
  if (sizeof<T>() == 4) {
    o0 = <usize>i32x4.extract_lane(offsets, 0);
    o1 = <usize>i32x4.extract_lane(offsets, 1);
    o2 = <usize>i32x4.extract_lane(offsets, 2);
    o3 = <usize>i32x4.extract_lane(offsets, 3);
    let u0 = v128.load(table + o0), u1 = v128.load(table + o1);
    let u2 = v128.load(table + o2), u3 = v128.load(table + o3);
    let t0 = v128.shuffle<i32>(u0, u1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(u0, u1, 2, 6, 3, 7);
    let t2 = v128.shuffle<i32>(u2, u3, 0, 4, 1, 5), t3 = v128.shuffle<i32>(u2, u3, 2, 6, 3, 7);
    x0 = v128.shuffle<i64>(t0, t2, 0, 2), iw = v128.shuffle<i64>(t0, t2, 1, 3);
    a = v128.shuffle<i64>(t1, t3, 0, 2), b = v128.shuffle<i64>(t1, t3, 1, 3);
    u0 = v128.load(table + o0, 16), u1 = v128.load(table + o1, 16);
    u2 = v128.load(table + o2, 16), u3 = v128.load(table + o3, 16);
    t0 = v128.shuffle<i32>(u0, u1, 0, 4, 1, 5), t1 = v128.shuffle<i32>(u0, u1, 2, 6, 3, 7);
    t2 = v128.shuffle<i32>(u2, u3, 0, 4, 1, 5), t3 = v128.shuffle<i32>(u2, u3, 2, 6, 3, 7);
    h = v128.shuffle<i64>(t0, t2, 1, 3);
    c = v128.shuffle<i64>(t1, t3, 0, 2), s = v128.shuffle<i64>(t1, t3, 1, 3);
  } else {
    o0 = <usize>i64x2.extract_lane(offsets, 0);
    o1 = <usize>i64x2.extract_lane(offsets, 1);
    let u0 = v128.load(table + o0), u1 = v128.load(table + o1);
    x0 = v128.shuffle<i64>(u0, u1, 0, 2), iw = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(table + o0, 16), u1 = v128.load(table + o1, 16);
    a = v128.shuffle<i64>(u0, u1, 0, 2), b = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(table + o0, 32), u1 = v128.load(table + o1, 32);
    h = v128.shuffle<i64>(u0, u1, 1, 3);
    u0 = v128.load(table + o0, 48), u1 = v128.load(table + o1, 48);
    c = v128.shuffle<i64>(u0, u1, 0, 2), s = v128.shuffle<i64>(u0, u1, 1, 3);
  }
  const gy = v128.load(gyAt);
  const gl = v128.load(glAt);
  const one = v128.splat<T>(1);
  const xi = v128.mul<T>(v128.sub<T>(clipped, x0), iw);
  const omega = v128.sub<T>(one, xi);
  const tau = v128.mul<T>(xi, omega);
  const xi2 = v128.mul<T>(xi, xi);
  const omega2 = v128.mul<T>(omega, omega);
  const r = v128.div<T>(one, v128.add<T>(one, v128.mul<T>(c, tau)));
  const ratio = v128.mul<T>(v128.add<T>(xi2, v128.mul<T>(a, tau)), r);
  const numerator = v128.add<T>(v128.add<T>(v128.mul<T>(b, xi2), v128.add<T>(tau, tau)), v128.mul<T>(a, omega2));
  const q = v128.div<T>(one, numerator);
  const slope = v128.mul<T>(v128.mul<T>(s, r), v128.mul<T>(numerator, r));
  // dL/dx, which is zero in the tails
  const tilt = v128.sub<T>(omega, xi);
  const bend = v128.sub<T>(v128.add<T>(v128.mul<T>(b, xi), tilt), v128.mul<T>(a, omega));
  let lx = v128.sub<T>(v128.mul<T>(bend, q), v128.mul<T>(c, v128.mul<T>(tilt, r)));
  lx = v128.and(v128.mul<T>(v128.add<T>(iw, iw), lx), v128.eq<T>(x, clipped));
  const gx = v128.add<T>(v128.mul<T>(gy, slope), v128.mul<T>(gl, lx));
  v128.store(gxAt, gx);

  const tr = v128.mul<T>(tau, r);
  const scaled = v128.mul<T>(v128.mul<T>(gy, h), tr);
  const twice = v128.add<T>(tr, tr);
  const gyRatio = v128.mul<T>(gy, ratio);
  const ga = v128.add<T>(
    v128.mul<T>(scaled, v128.sub<T>(one, ratio)),
    v128.mul<T>(gl, v128.sub<T>(v128.mul<T>(omega2, q), twice)),
  );
  const gb = v128.sub<T>(v128.mul<T>(gl, v128.sub<T>(v128.mul<T>(xi2, q), twice)), v128.mul<T>(scaled, ratio));
  const gxXi = v128.mul<T>(gx, xi);
  // What the end slopes get from the tails; zero inside. Where one bin has both, the right one is kept apart.
  const excess = v128.mul<T>(gy, v128.sub<T>(x, clipped));
  if (rightTail) {
    v128.store(rightTail, v128.add<T>(v128.load(rightTail), v128.and(excess, v128.gt<T>(x, clipped))));
  }
  if (sizeof<T>() == 4) {
    let t0 = v128.shuffle<i32>(gy, gyRatio, 0, 4, 1, 5), t1 = v128.shuffle<i32>(gy, gyRatio, 2, 6, 3, 7);
    let t2 = v128.shuffle<i32>(ga, gb, 0, 4, 1, 5), t3 = v128.shuffle<i32>(ga, gb, 2, 6, 3, 7);
    const s0 = sums + o0, s1 = sums + laneBytes + o1;
    const s2 = sums + 2 * laneBytes + o2, s3 = sums + 3 * laneBytes + o3;
    v128.store(s0, f32x4.add(v128.load(s0), v128.shuffle<i64>(t0, t2, 0, 2)));
    v128.store(s1, f32x4.add(v128.load(s1), v128.shuffle<i64>(t0, t2, 1, 3)));
    v128.store(s2, f32x4.add(v128.load(s2), v128.shuffle<i64>(t1, t3, 0, 2)));
    v128.store(s3, f32x4.add(v128.load(s3), v128.shuffle<i64>(t1, t3, 1, 3)));
    t0 = v128.shuffle<i32>(gx, gxXi, 0, 4, 1, 5), t1 = v128.shuffle<i32>(gx, gxXi, 2, 6, 3, 7);
    t2 = v128.shuffle<i32>(gl, excess, 0, 4, 1, 5), t3 = v128.shuffle<i32>(gl, excess, 2, 6, 3, 7);
    v128.store(s0, f32x4.add(v128.load(s0, 16), v128.shuffle<i64>(t0, t2, 0, 2)), 16);
    v128.store(s1, f32x4.add(v128.load(s1, 16), v128.shuffle<i64>(t0, t2, 1, 3)), 16);
    v128.store(s2, f32x4.add(v128.load(s2, 16), v128.shuffle<i64>(t1, t3, 0, 2)), 16);
    v128.store(s3, f32x4.add(v128.load(s3, 16), v128.shuffle<i64>(t1, t3, 1, 3)), 16);
  } else {
    const s0 = sums + o0, s1 = sums + laneBytes + o1;
    v128.store(s0, f64x2.add(v128.load(s0), v128.shuffle<i64>(gy, gyRatio, 0, 2)));
    v128.store(s1, f64x2.add(v128.load(s1), v128.shuffle<i64>(gy, gyRatio, 1, 3)));
    v128.store(s0, f64x2.add(v128.load(s0, 16), v128.shuffle<i64>(ga, gb, 0, 2)), 16);
    v128.store(s1, f64x2.add(v128.load(s1, 16), v128.shuffle<i64>(ga, gb, 1, 3)), 16);
    v128.store(s0, f64x2.add(v128.load(s0, 32), v128.shuffle<i64>(gx, gxXi, 0, 2)), 32);
    v128.store(s1, f64x2.add(v128.load(s1, 32), v128.shuffle<i64>(gx, gxXi, 1, 3)), 32);
    v128.store(s0, f64x2.add(v128.load(s0, 48), v128.shuffle<i64>(gl, excess, 0, 2)), 48);
    v128.store(s1, f64x2.add(v128.load(s1, 48), v128.shuffle<i64>(gl, excess, 1, 3)), 48);
  }
}

/** Adds the sums of the lanes to the totals and clears them. */
// @ts-ignore: decorator
@inline
function fold<T>(bins: i32, sums: usize, totals: usize): void {
  const count = bins * 8;
  const laneBytes = <usize>count * sizeof<T>();
  for (let i = 0; i < count; i++) {
    const at = sums + <usize>i * sizeof<T>();
    let total: f64 = load<f64>(totals + (<usize>i << 3));
    for (let lane = 0; lane < lanes<T>(); lane++) total += <f64>load<T>(at + <usize>lane * laneBytes);
    store<f64>(totals + (<usize>i << 3), total);
  }
  memory.fill(sums, 0, laneBytes * <usize>lanes<T>());
}

/** Turns the totals of the bins into the gradients of a row's knots, values and slopes. */
// @ts-ignore: decorator
@inline
function finish<T>(k: i32, totals: usize, table: usize, right: f64, gxk: usize, gyk: usize, gdk: usize): void {
  let carryX: f64 = 0, carryY: f64 = 0, carryD: f64 = 0;
  for (let bin = 0; bin < k - 1; bin++) {
    const t = totals + (<usize>bin << 6);
    const row = table + <usize>bin * 8 * sizeof<T>();
    const iw = <f64>load<T>(row + sizeof<T>());
    const a = <f64>load<T>(row + 2 * sizeof<T>());
    const b = <f64>load<T>(row + 3 * sizeof<T>());
    const h = <f64>load<T>(row + 5 * sizeof<T>());
    const s = <f64>load<T>(row + 7 * sizeof<T>());
    const sumGa = load<f64>(t, 16), sumGb = load<f64>(t, 24), sumGl = load<f64>(t, 48);
    // ln s, a and b depend on the bin's height and width through s = h / w.
    const scale = sumGl - a * sumGa - b * sumGb;
    const height = load<f64>(t, 8) + scale / h;
    const width = -load<f64>(t, 40) - scale * iw;
    let d0 = sumGa / s, d1 = sumGb / s;
    const excess = load<f64>(t, 56);
    if (bin == 0) d0 += excess - right;
    if (bin == k - 2) d1 += k == 2 ? right : excess;
    const at = <usize>bin * sizeof<T>();
    store<T>(gxk + at, <T>(carryX - load<f64>(t, 32) - width));
    store<T>(gyk + at, <T>(carryY + load<f64>(t) - height));
    store<T>(gdk + at, <T>(carryD + d0));
    carryX = width, carryY = height, carryD = d1;
  }
  const end = <usize>(k - 1) * sizeof<T>();
  store<T>(gxk + end, <T>carryX);
  store<T>(gyk + end, <T>carryY);
  store<T>(gdk + end, <T>carryD);
}

/** Sum of the lanes. */
// @ts-ignore: decorator
@inline
function sumLanes<T>(at: usize): f64 {
  let total: f64 = 0;
  for (let lane = 0; lane < lanes<T>(); lane++) total += <f64>load<T>(at + <usize>lane * sizeof<T>());
  return total;
}

/**
 * Cotangents gy (per element) and gl (per row with `reduce`, else per element) to cotangents of x, of the
 * knots, of their values and of the slopes.
 */
// @ts-ignore: decorator
@inline
export function backward<T>(rows: i32, n: i32, k: i32, reduce: i32, x: usize, xk: usize, yk: usize, dk: usize, gy: usize, gl: usize, gx: usize, gxk: usize, gyk: usize, gdk: usize, scratch: usize): void {
  const bins = k - 1;
  const table = tableAt(k, scratch);
  const padding = paddingAt<T>(k, scratch);
  const rightTail = padding + 64, shared = padding + 80;
  const sums = sumsAt<T>(k, scratch);
  const totals = totalsAt<T>(k, scratch);
  const innerEnd = scratch + 32 + (<usize>innerKnots(k) << 4);
  const laneBytes = <usize>bins * 8 * sizeof<T>();
  const rowBytes = <usize>n * sizeof<T>();
  const parameterBytes = <usize>k * sizeof<T>();
  const foldBytes: usize = <usize>(bins > 16 ? bins : 16) << 10;
  const kept = k == 2 ? rightTail : 0;
  for (let row = 0; row < rows; row++) {
    splatKnots<T>(k, xk, scratch);
    fillTable<T>(k, xk, yk, dk, table);
    memory.fill(sums, 0, laneBytes * <usize>lanes<T>());
    memory.fill(totals, 0, <usize>bins << 6);
    v128.store(rightTail, v128.splat<T>(0));
    if (reduce) v128.store(shared, v128.splat<T>(load<T>(gl)));
    for (let start: usize = 0; start < rowBytes; start += foldBytes) {
      const end = start + foldBytes < rowBytes ? start + foldBytes : rowBytes;
      const whole = end & ~15;
      for (let at = start; at < whole; at += 16) {
        backwardVector<T>(x + at, gy + at, reduce ? shared : gl + at, gx + at, scratch, innerEnd, table, sums, laneBytes, kept);
      }
      if (whole < end) {
        const bytes = end - whole;
        v128.store(padding, v128.load(scratch));
        v128.store(padding, v128.splat<T>(0), 16);
        v128.store(padding, v128.splat<T>(0), 32);
        memory.copy(padding, x + whole, bytes);
        memory.copy(padding + 16, gy + whole, bytes);
        if (reduce) v128.store(padding, v128.load(shared), 48);
        memory.copy(padding + 32, reduce ? padding + 48 : gl + whole, bytes);
        backwardVector<T>(padding, padding + 16, padding + 32, padding + 48, scratch, innerEnd, table, sums, laneBytes, kept);
        memory.copy(gx + whole, padding + 48, bytes);
      }
      fold<T>(bins, sums, totals);
    }
    finish<T>(k, totals, table, k == 2 ? sumLanes<T>(rightTail) : 0, gxk, gyk, gdk);
    x += rowBytes, gy += rowBytes, gx += rowBytes;
    gl += reduce ? sizeof<T>() : rowBytes;
    xk += parameterBytes, yk += parameterBytes, dk += parameterBytes;
    gxk += parameterBytes, gyk += parameterBytes, gdk += parameterBytes;
  }
}
