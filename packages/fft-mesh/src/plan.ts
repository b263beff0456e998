/**
 * Plans for the WebAssembly transforms: integers that say which passes an axis takes, and one table of real
 * numbers (twiddles, chirps), computed in float64 and rounded to the dtype. The layout is that of `assembly/lanes.ts`.
 */
import type { DType } from '@equiflow/tensor';
import { checkLength, convolutionLength, radices } from './factor.ts';
import { chirpSpectrum } from './plain/complex.ts';
import { chirp, passTwiddles, unitRoot } from './plain/twiddles.ts';

/** Integers of the plan of one axis. */
export const axisPlanLength = 32;

/** Integers and real numbers that a transform's kernels read. */
export interface TransformPlan {
  readonly integers: Int32Array;
  readonly table: Float32Array | Float64Array;
  /** For each axis, the elements that one lane of a buffer must hold. */
  readonly bufferLengths: readonly number[];
}

/** Length of the complex transform that does a real one of length n: n/2 for even n, else n. */
export function complexLength(n: number): number {
  return n % 2 === 0 ? n / 2 : n;
}

/**
 * Plans complex transforms of the axes, in order.
 * @param real the axis of a real transform (even lengths go through one of half length), or −1 for none
 * @throws TensorError when a length is out of range.
 */
export function planTransform(lengths: readonly number[], real: number, dtype: DType): TransformPlan {
  const integers = new Int32Array(axisPlanLength * lengths.length);
  const parts: Float64Array[] = [];
  let size = 0;
  const append = (values: Float64Array): number => {
    const offset = size;
    parts.push(values);
    size += values.length;
    return offset;
  };
  const bufferLengths = lengths.map((full, axis) => {
    checkLength('transform', full);
    const n = axis === real ? complexLength(full) : full;
    const base = axis * axisPlanLength;
    const direct = radices(n);
    const m = direct ? n : convolutionLength(n);
    const passes = direct ?? radices(m)!;
    integers.set([n, direct ? 0 : m, append(passTwiddles(m, passes)), passes.length, ...passes], base);
    if (!direct) {
      integers[base + 24] = append(chirp(n));
      integers[base + 25] = append(chirpSpectrum(n, m));
    }
    if (axis === real && full % 2 === 0) {
      const roots = new Float64Array(n + 2);
      for (let k = 0; 2 * k <= n; k++) roots.set(unitRoot(k, full), 2 * k);
      integers[base + 26] = append(roots);
    }
    return m + 1;
  });
  const table = dtype === 'float64' ? new Float64Array(size) : new Float32Array(size);
  let at = 0;
  for (const values of parts) {
    table.set(values, at);
    at += values.length;
  }
  return { integers, table, bufferLengths };
}
