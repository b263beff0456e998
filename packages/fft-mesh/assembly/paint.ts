/**
 * Painting of particles onto a periodic mesh and reading of meshes at particles, with the B-spline windows of order
 * 1 to 4 (NGP, CIC, TSC, PCS) or derivatives of them along each axis. Particles in their order: the same bytes always.
 * Weights are computed in float64 for both dtypes.
 */

import { paintCic, readCic3 } from './paint-cic';

/** Bytes of an axis in scratch: four indices (i32), four weights (f64). */
const AXIS: usize = 48;

@inline function put(at: usize, a: f64, b: f64, c: f64, d: f64): void {
  store<f64>(at, a, 16);
  store<f64>(at, b, 24);
  store<f64>(at, c, 32);
  store<f64>(at, d, 40);
}

/** The weights of the window of `support` points at distance t from its reference point, `order` times differentiated. */
function windowWeights(at: usize, support: i32, order: i32, t: f64): void {
  const s = 1 - t;
  if (support == 1) put(at, order ? 0 : 1, 0, 0, 0);
  else if (support == 2) {
    if (order == 0) put(at, s, t, 0, 0);
    else if (order == 1) put(at, -1, 1, 0, 0);
    else put(at, 0, 0, 0, 0);
  } else if (support == 3) {
    if (order == 0) put(at, 0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t), 0);
    else if (order == 1) put(at, t - 0.5, -2 * t, t + 0.5, 0);
    else if (order == 2) put(at, 1, -2, 1, 0);
    else put(at, 0, 0, 0, 0);
  } else {
    if (order == 0) put(at, s * s * s / 6, (4 + t * t * (3 * t - 6)) / 6, (4 + s * s * (3 * s - 6)) / 6, t * t * t / 6);
    else if (order == 1) put(at, -0.5 * s * s, t * (1.5 * t - 2), s * (2 - 1.5 * s), 0.5 * t * t);
    else if (order == 2) put(at, s, 3 * t - 2, 3 * s - 2, t);
    else if (order == 3) put(at, -1, 3, -3, 1);
    else put(at, 0, 0, 0, 0);
  }
}

/** Fills the indices (times `stride`) and weights of one axis for a coordinate u in cells. */
@inline function fillAxis(at: usize, u: f64, n: i32, stride: i32, support: i32, order: i32, scale: f64): void {
  u -= floor<f64>(u / <f64>n) * <f64>n;
  const near = floor<f64>(support & 1 ? u + 0.5 : u);
  windowWeights(at, support, order, u - near);
  for (let j = 0; j < order; j++) {
    for (let w: usize = 16; w < 48; w += 8) store<f64>(at + w, load<f64>(at + w) * scale);
  }
  const first = <i32>near - ((support - 1) >> 1);
  for (let j = 0; j < support; j++) {
    let i = first + j;
    if (i < 0 || i >= n) i = ((i % n) + n) % n;
    store<i32>(at + (<usize>j << 2), i * stride);
  }
}

/** Axes that the mesh does not have: one point of weight 1. */
function fillMissing(scratch: usize): void {
  for (let axis: usize = 0; axis < 3; axis++) {
    store<i32>(scratch + axis * AXIS, 0);
    put(scratch + axis * AXIS, 1, 0, 0, 0);
  }
}

/** Fills the axes of one particle; its coordinates belong to the last `d` axes. */
@inline function fillAxes<T>(
  scratch: usize, position: usize, d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32,
): void {
  const last = position + <usize>(d - 1) * sizeof<T>();
  const s2 = <f64>n2 / boxSize;
  fillAxis(scratch + 2 * AXIS, <f64>load<T>(last) * s2, n2, 1, support, o2, s2);
  if (d > 1) {
    const s1 = <f64>n1 / boxSize;
    fillAxis(scratch + AXIS, <f64>load<T>(last - sizeof<T>()) * s1, n1, n2, support, o1, s1);
  }
  if (d > 2) {
    const s0 = <f64>n0 / boxSize;
    fillAxis(scratch, <f64>load<T>(position) * s0, n0, n1 * n2, support, o0, s0);
  }
}

export function paintParticles<T>(
  positions: usize, weights: usize, mesh: usize, scratch: usize, count: usize,
  d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32,
): void {
  memory.fill(mesh, 0, <usize>n0 * <usize>n1 * <usize>n2 * sizeof<T>());
  if (d == 3 && support == 2 && (o0 | o1 | o2) == 0) {
    paintCic<T>(positions, weights, mesh, count, n0, n1, n2, boxSize);
    return;
  }
  fillMissing(scratch);
  const p0: usize = d > 2 ? support : 1, p1: usize = d > 1 ? support : 1, p2: usize = support;
  for (let particle: usize = 0; particle < count; particle++) {
    fillAxes<T>(scratch, positions + particle * <usize>d * sizeof<T>(), d, n0, n1, n2, boxSize, support, o0, o1, o2);
    const weight = <f64>load<T>(weights + particle * sizeof<T>());
    for (let a: usize = 0; a < p0; a++) {
      const wa = weight * load<f64>(scratch + (a << 3), 16);
      const ia = load<i32>(scratch + (a << 2));
      for (let b: usize = 0; b < p1; b++) {
        const wb = wa * load<f64>(scratch + (b << 3), 64);
        const ib = ia + load<i32>(scratch + (b << 2), 48);
        for (let c: usize = 0; c < p2; c++) {
          const at = mesh + <usize>(ib + load<i32>(scratch + (c << 2), 96)) * sizeof<T>();
          store<T>(at, <T>(<f64>load<T>(at) + wb * load<f64>(scratch + (c << 3), 112)));
        }
      }
    }
  }
}

/** Σ over the window's cells of mesh times weights; the axes must be filled. */
@inline function gatherWindow<T>(scratch: usize, mesh: usize, p0: usize, p1: usize, p2: usize): f64 {
  let total: f64 = 0;
  for (let a: usize = 0; a < p0; a++) {
    const wa = load<f64>(scratch + (a << 3), 16);
    const ia = load<i32>(scratch + (a << 2));
    for (let b: usize = 0; b < p1; b++) {
      const wb = wa * load<f64>(scratch + (b << 3), 64);
      const ib = ia + load<i32>(scratch + (b << 2), 48);
      let row: f64 = 0;
      for (let c: usize = 0; c < p2; c++) {
        row += <f64>load<T>(mesh + <usize>(ib + load<i32>(scratch + (c << 2), 96)) * sizeof<T>()) * load<f64>(scratch + (c << 3), 112);
      }
      total += wb * row;
    }
  }
  return total;
}

export function readParticles<T>(
  positions: usize, mesh: usize, values: usize, scratch: usize, count: usize,
  d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32, o0: i32, o1: i32, o2: i32,
): void {
  fillMissing(scratch);
  const p0: usize = d > 2 ? support : 1, p1: usize = d > 1 ? support : 1, p2: usize = support;
  for (let particle: usize = 0; particle < count; particle++) {
    fillAxes<T>(scratch, positions + particle * <usize>d * sizeof<T>(), d, n0, n1, n2, boxSize, support, o0, o1, o2);
    store<T>(values + particle * sizeof<T>(), <T>gatherWindow<T>(scratch, mesh, p0, p1, p2));
  }
}

/** The gradient of the readout in the position, [count][d]; `scratch` holds the axes twice, the second once differentiated. */
export function readGradients<T>(
  positions: usize, mesh: usize, gradients: usize, scratch: usize, count: usize,
  d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32,
): void {
  const slopes = scratch + 3 * AXIS;
  fillMissing(scratch);
  fillMissing(slopes);
  const p0: usize = d > 2 ? support : 1, p1: usize = d > 1 ? support : 1, p2: usize = support;
  for (let particle: usize = 0; particle < count; particle++) {
    const position = positions + particle * <usize>d * sizeof<T>();
    fillAxes<T>(scratch, position, d, n0, n1, n2, boxSize, support, 0, 0, 0);
    fillAxes<T>(slopes, position, d, n0, n1, n2, boxSize, support, 1, 1, 1);
    let g0: f64 = 0, g1: f64 = 0, g2: f64 = 0;
    for (let a: usize = 0; a < p0; a++) {
      const ia = load<i32>(scratch + (a << 2));
      // Sums over the last two axes: of the value, and of its slopes along them.
      let value: f64 = 0, slope1: f64 = 0, slope2: f64 = 0;
      for (let b: usize = 0; b < p1; b++) {
        const ib = ia + load<i32>(scratch + (b << 2), 48);
        let row: f64 = 0, slope: f64 = 0;
        for (let c: usize = 0; c < p2; c++) {
          const m = <f64>load<T>(mesh + <usize>(ib + load<i32>(scratch + (c << 2), 96)) * sizeof<T>());
          row += m * load<f64>(scratch + (c << 3), 112);
          slope += m * load<f64>(slopes + (c << 3), 112);
        }
        const wb = load<f64>(scratch + (b << 3), 64);
        value += wb * row;
        slope1 += load<f64>(slopes + (b << 3), 64) * row;
        slope2 += wb * slope;
      }
      const wa = load<f64>(scratch + (a << 3), 16);
      g0 += load<f64>(slopes + (a << 3), 16) * value;
      g1 += wa * slope1;
      g2 += wa * slope2;
    }
    if (d > 2) {
      store<T>(gradients, <T>g0);
      gradients += sizeof<T>();
    }
    if (d > 1) {
      store<T>(gradients, <T>g1);
      gradients += sizeof<T>();
    }
    store<T>(gradients, <T>g2);
    gradients += sizeof<T>();
  }
}

/** Meshes of as many fields as there are axes at every particle, [count][d]; the third is not looked at in two dimensions. */
export function readVectors<T>(
  positions: usize, m0: usize, m1: usize, m2: usize, values: usize, scratch: usize, count: usize,
  d: i32, n0: i32, n1: i32, n2: i32, boxSize: f64, support: i32,
): void {
  if (d == 3 && support == 2) {
    readCic3<T>(positions, m0, m1, m2, values, count, n0, n1, n2, boxSize);
    return;
  }
  fillMissing(scratch);
  const p0: usize = d > 2 ? support : 1, p1: usize = d > 1 ? support : 1, p2: usize = support;
  for (let particle: usize = 0; particle < count; particle++) {
    fillAxes<T>(scratch, positions + particle * <usize>d * sizeof<T>(), d, n0, n1, n2, boxSize, support, 0, 0, 0);
    store<T>(values, <T>gatherWindow<T>(scratch, m0, p0, p1, p2));
    if (d > 1) store<T>(values, <T>gatherWindow<T>(scratch, m1, p0, p1, p2), sizeof<T>());
    if (d > 2) store<T>(values, <T>gatherWindow<T>(scratch, m2, p0, p1, p2), 2 * sizeof<T>());
    values += <usize>d * sizeof<T>();
  }
}
