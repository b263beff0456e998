/** Transforms along the axes of row-major arrays in double precision: what the reference kernels are made of. */
import { type Shape, sizeOf } from '@equiflow/tensor';
import { halfLength } from '../shells.ts';
import { fftPlan } from './complex.ts';
import { fillHermitian } from './real.ts';

/** Complex transforms along some axes, in place; the inverse with 1/n. */
export function transformAxes(
  re: Float64Array,
  im: Float64Array,
  shape: Shape,
  axes: readonly number[],
  inverse: boolean,
): void {
  for (const axis of axes) {
    const n = shape[axis]!;
    const inner = sizeOf(shape.slice(axis + 1));
    const plan = fftPlan(n);
    const lineRe = new Float64Array(n);
    const lineIm = new Float64Array(n);
    for (let outer = 0; outer < re.length; outer += n * inner) {
      for (let start = outer; start < outer + inner; start++) {
        for (let j = 0; j < n; j++) {
          lineRe[j] = re[start + j * inner]!;
          lineIm[j] = im[start + j * inner]!;
        }
        if (inverse) plan.inverse(lineRe, lineIm);
        else plan.forward(lineRe, lineIm);
        for (let j = 0; j < n; j++) {
          re[start + j * inner] = lineRe[j]!;
          im[start + j * inner] = lineIm[j]!;
        }
      }
    }
  }
}

/** The last `count` axes of a shape. */
export function lastAxes(shape: Shape, count: number): number[] {
  return Array.from({ length: count }, (_, i) => shape.length - count + i);
}

/** Real to half-complex over the last `count` axes. */
export function realTransformAxes(
  x: ArrayLike<number>,
  shape: Shape,
  count: number,
): { re: Float64Array; im: Float64Array } {
  const re = Float64Array.from(x);
  const im = new Float64Array(re.length);
  transformAxes(re, im, shape, lastAxes(shape, count), false);
  const n = shape[shape.length - 1]!;
  const half = halfLength(n);
  const halfRe = new Float64Array((re.length / n) * half);
  const halfIm = new Float64Array(halfRe.length);
  for (let row = 0; row * n < re.length; row++) {
    halfRe.set(re.subarray(row * n, row * n + half), row * half);
    halfIm.set(im.subarray(row * n, row * n + half), row * half);
  }
  return { re: halfRe, im: halfIm };
}

/** Half-complex to real over the last `count` axes, with 1/n; `shape` is that of the result. */
export function inverseRealTransformAxes(
  re: ArrayLike<number>,
  im: ArrayLike<number>,
  shape: Shape,
  count: number,
): Float64Array {
  const n = shape[shape.length - 1]!;
  const half = halfLength(n);
  const workRe = Float64Array.from(re);
  const workIm = Float64Array.from(im);
  const axes = lastAxes(shape, count);
  transformAxes(workRe, workIm, [...shape.slice(0, -1), half], axes.slice(0, -1), true);
  const x = new Float64Array(sizeOf(shape));
  const lineRe = new Float64Array(n);
  const lineIm = new Float64Array(n);
  const plan = fftPlan(n);
  for (let row = 0; row * n < x.length; row++) {
    fillHermitian(workRe, workIm, row * half, n, lineRe, lineIm);
    plan.inverse(lineRe, lineIm);
    x.set(lineRe, row * n);
  }
  return x;
}
