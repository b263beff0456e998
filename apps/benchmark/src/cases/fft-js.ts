/**
 * fft.js (npm), which has one-dimensional transforms of powers of two in double precision, as a peer for real
 * transforms in more dimensions: its real transform along the last axis, its complex transform along each other axis,
 * line by line through a gathered buffer, as a user of it would write it.
 */
import FFT from 'fft.js';
import type { Workload } from '../case.ts';
import { normalValues, requireClose } from './random-values.ts';

/** A real transform and back over the last `axes` axes of `shape`. */
export function fftJs(shape: readonly number[], axes: number): Workload {
  const last = shape.at(-1)!;
  const half = last / 2 + 1;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const x = normalValues(rows * last, 0);
  const y = new Float32Array(rows * last);
  const spectrum = new Float64Array(2 * rows * half);
  const along = new FFT(last);
  const row: number[] = new Array(last).fill(0);
  const full = along.createComplexArray();
  const back = along.createComplexArray();

  // Other transformed axes, with the distance between neighbours along them, in complex numbers.
  const others = Array.from({ length: axes - 1 }, (_, i) => {
    const axis = shape.length - 2 - i;
    const stride = shape.slice(axis + 1, -1).reduce((a, b) => a * b, half);
    const fft = new FFT(shape[axis]!);
    return {
      length: shape[axis]!,
      stride,
      fft,
      from: fft.createComplexArray(),
      to: fft.createComplexArray(),
    };
  });

  const transformAxis = (axis: (typeof others)[number], inverse: boolean): void => {
    const { length, stride, fft, from, to } = axis;
    for (let block = 0; block < rows * half; block += length * stride) {
      for (let offset = block; offset < block + stride; offset++) {
        for (let i = 0, at = 2 * offset; i < length; i++, at += 2 * stride) {
          from[2 * i] = spectrum[at]!;
          from[2 * i + 1] = spectrum[at + 1]!;
        }
        if (inverse) fft.inverseTransform(to, from);
        else fft.transform(to, from);
        for (let i = 0, at = 2 * offset; i < length; i++, at += 2 * stride) {
          spectrum[at] = to[2 * i]!;
          spectrum[at + 1] = to[2 * i + 1]!;
        }
      }
    }
  };

  return {
    bytes: () => x.byteLength + y.byteLength + spectrum.byteLength,
    run(): void {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < last; i++) row[i] = x[r * last + i]!;
        along.realTransform(full, row);
        for (let i = 0; i < 2 * half; i++) spectrum[2 * r * half + i] = full[i]!;
      }
      for (const axis of others) transformAxis(axis, false);
      for (const axis of others) transformAxis(axis, true);
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < 2 * half; i++) full[i] = spectrum[2 * r * half + i]!;
        along.completeSpectrum(full);
        along.inverseTransform(back, full);
        for (let i = 0; i < last; i++) y[r * last + i] = back[2 * i]!;
      }
    },
    check(): void {
      requireClose(y, x, 1e-4);
    },
  };
}
