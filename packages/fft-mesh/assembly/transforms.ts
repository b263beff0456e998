/**
 * Transforms over the last one to three axes, batched; map by map, so that a plane stays in cache between axes.
 * `plan` holds the plans of the axes, outermost first, `rank` of them; lengths of missing axes are 1.
 */
import { columns } from './columns';
import { complexRows, inverseRealRows, realRows } from './row-transforms';

/** Bytes of an axis plan. */
const PLAN: usize = 128;

export function realTransform<T>(
  x: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize,
  rank: i32, batch: usize, n0: usize, n1: usize, n2: i32,
): void {
  const half = <usize>(n2 / 2 + 1);
  const rowBytes = <usize>n2 * sizeof<T>(), halfBytes = half * sizeof<T>();
  const lastPlan = plan + <usize>(rank - 1) * PLAN;
  if (rank == 1) {
    realRows<T>(lastPlan, table, scratch, n2, batch, x, rowBytes, re, im, halfBytes);
    return;
  }
  for (let map: usize = 0; map < batch; map++) {
    const r = re, i = im;
    for (let plane: usize = 0; plane < n0; plane++) {
      realRows<T>(lastPlan, table, scratch, n2, n1, x, rowBytes, re, im, halfBytes);
      columns<T>(lastPlan - PLAN, table, scratch, re, im, halfBytes, re, im, halfBytes, half);
      x += n1 * rowBytes;
      re += n1 * halfBytes;
      im += n1 * halfBytes;
    }
    if (rank == 3) columns<T>(plan, table, scratch, r, i, n1 * halfBytes, r, i, n1 * halfBytes, n1 * half);
  }
}

/** `spectrum`: room for re and im of one map (rank 2, 3). */
export function inverseRealTransform<T>(
  re: usize, im: usize, x: usize, plan: usize, table: usize, scratch: usize, spectrum: usize,
  rank: i32, batch: usize, n0: usize, n1: usize, n2: i32,
): void {
  const half = <usize>(n2 / 2 + 1);
  const rowBytes = <usize>n2 * sizeof<T>(), halfBytes = half * sizeof<T>();
  const lastPlan = plan + <usize>(rank - 1) * PLAN;
  const scale = <T>1 / <T>(n0 * n1 * <usize>n2);
  if (rank == 1) {
    inverseRealRows<T>(lastPlan, table, scratch, n2, batch, scale, re, im, halfBytes, x, rowBytes);
    return;
  }
  const planeBytes = n1 * halfBytes;
  // A margin: reading whole vectors at the end of a row goes a little past it.
  const workRe = spectrum, workIm = spectrum + n0 * planeBytes + 64;
  for (let map: usize = 0; map < batch; map++) {
    if (rank == 3) columns<T>(plan, table, scratch, im, re, planeBytes, workIm, workRe, planeBytes, n1 * half);
    for (let plane: usize = 0; plane < n0; plane++) {
      const offset = plane * planeBytes;
      const r = workRe + offset, i = workIm + offset;
      if (rank == 3) columns<T>(lastPlan - PLAN, table, scratch, i, r, halfBytes, i, r, halfBytes, half);
      else columns<T>(lastPlan - PLAN, table, scratch, im, re, halfBytes, i, r, halfBytes, half);
      inverseRealRows<T>(lastPlan, table, scratch, n2, n1, scale, r, i, halfBytes, x, rowBytes);
      x += n1 * rowBytes;
    }
    re += n0 * planeBytes;
    im += n0 * planeBytes;
  }
}

/** Exchange re and im, of source and target, for the inverse; `scale` is 1 over the number of cells then. */
export function complexTransform<T>(
  sourceRe: usize, sourceIm: usize, re: usize, im: usize, plan: usize, table: usize, scratch: usize, scale: T,
  rank: i32, batch: usize, n0: usize, n1: usize, n2: usize,
): void {
  const rowBytes = n2 * sizeof<T>(), planeBytes = n1 * rowBytes;
  const lastPlan = plan + <usize>(rank - 1) * PLAN;
  if (rank == 1) {
    complexRows<T>(lastPlan, table, scratch, batch, scale, sourceRe, sourceIm, re, im, rowBytes);
    return;
  }
  for (let map: usize = 0; map < batch; map++) {
    const r = re, i = im;
    for (let plane: usize = 0; plane < n0; plane++) {
      complexRows<T>(lastPlan, table, scratch, n1, scale, sourceRe, sourceIm, re, im, rowBytes);
      columns<T>(lastPlan - PLAN, table, scratch, re, im, rowBytes, re, im, rowBytes, n2);
      sourceRe += planeBytes;
      sourceIm += planeBytes;
      re += planeBytes;
      im += planeBytes;
    }
    if (rank == 3) columns<T>(plan, table, scratch, r, i, planeBytes, r, i, planeBytes, n1 * n2);
  }
}
